"""Tables that the dynamic section points to, against the real ones and against the words of the gABI."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from elfkit.abi import dynamic as dt
from elfkit.abi import sections as sh
from elfkit.abi.header import EM_S390
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.dynamic import (
    SIZED,
    hash_sections,
    relocation_sections,
    sized_sections,
    symbol_sections,
    version_sections,
)
from elfkit.rebuild.planned import PlannedSection, Sections
from tests.elfwriter import BASE, LAYOUTS, Elf, Sym, Written, write
from tests.image.proofs import unproven
from tests.rebuild.samples import DYNAMIC, LIBRARY, cut, dynsyms, gathered, image, name_of, table_of

PASSES = (symbol_sections, sized_sections, version_sections, hash_sections, relocation_sections)
# these passes alone; DT_PLTGOT, DT_INIT... are others'
REAL = {"SHT_DYNSYM", "SHT_GNU_versym", "SHT_GNU_verdef", "SHT_GNU_verneed", "SHT_HASH", "SHT_GNU_HASH"}
REAL |= {"SHT_REL", "SHT_RELA", "SHT_RELR", "SHT_INIT_ARRAY", "SHT_FINI_ARRAY", "SHT_PREINIT_ARRAY"}
SYMBOLS = (Sym(b"puts", shndx=0), Sym(b"greet", 0x400200), Sym(b"part", 0x400210))


def planned(found: Gathered) -> dict[str, PlannedSection]:
    rows = [row for find in PASSES for row in find(found, Sections())]
    return {row.name: row for row in rows}


def of(content: bytes) -> dict[str, PlannedSection]:
    return planned(gathered(content))


def span(row: PlannedSection) -> tuple[int, int, int]:
    return (row.addr, row.offset, row.size)


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_the_tables_are_those_of_the_linker(path: Path) -> None:
    found = of(cut(path))
    real = {row.name: row for row in table_of(path).rows if row.type in REAL or row.name == ".dynstr"}
    assert found.keys() == real.keys()
    for name, row in found.items():
        wanted = real[name]
        assert span(row) == (wanted.addr, wanted.offset, wanted.size)
        assert row.link == wanted.link
        if name != ".gnu.hash":  # of which bfd says 4 in 32 bits, lld 0
            assert row.entsize == wanted.entsize
        if not name.startswith(".rel"):  # whose flag and sh_info wait for the section of the slots
            assert (row.info, row.flags) == (wanted.info, wanted.flags)
        assert unproven(cut(path), row.evidence) == []
        assert row.certainty in (Certainty.STATED, Certainty.DERIVED)


# s390x and alpha alone have words of eight bytes, both in 64 bits
@pytest.mark.parametrize(("where", "words"), [*[(where, 4) for where in LAYOUTS], ((2, 1), 8), ((2, 2), 8)], ids=str)
def test_a_hash_table_has_words_of_four_or_eight_bytes(where: tuple[int, int], words: int) -> None:
    built = write(Elf(*where, machine=EM_S390, symbols=SYMBOLS, sysv_words=words))
    found = of(built.data)
    start, size = built.blobs["hash"]
    assert span(found[".hash"]) == (BASE + start, start, size)
    assert (found[".hash"].entsize, found[".hash"].link, found[".hash"].type) == (words, ".dynsym", sh.SHT_HASH)
    assert found[".dynsym"].size == built.blobs["dynsym"][1]


@pytest.mark.parametrize("kind", ["gnu", "lld", "bfd"])
@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_a_gnu_hash_table_is_as_long_as_its_parts(where: tuple[int, int], kind: str) -> None:
    hidden = (Sym(b"puts", shndx=0), Sym(b"exit", shndx=0))
    built = write(Elf(*where, symbols=SYMBOLS if kind == "gnu" else hidden, gnu=kind))
    found = of(built.data)
    start, size = built.blobs["gnu_hash"]
    assert span(found[".gnu.hash"]) == (BASE + start, start, size)
    assert found[".dynsym"].size == built.blobs["dynsym"][1]


@pytest.mark.parametrize("stated", [1, 2, 4, 9])
def test_the_count_that_the_user_states_is_taken(stated: int) -> None:
    built = write(Elf(symbols=SYMBOLS, sysv_words=4))
    row = planned(Gathered(image(built.data), stated))[".dynsym"]
    assert row.size == stated * row.entsize
    assert row.certainty is Certainty.STATED
    assert row.because == f"DT_SYMTAB, {stated} symbols by the user's count {stated}"


def test_a_count_that_is_only_bounded_makes_the_table_bounded() -> None:
    """No hash table; a relocation names symbol 3, and what follows the symbols lies at no whole number of them."""

    def build(start: int) -> Written:
        tags = ((dt.DT_RELA, start), (dt.DT_RELASZ, 24))
        relocation = struct.pack("<QQq", BASE, 3 << 32 | 1025, 0)
        return write(Elf(symbols=SYMBOLS, extra=(("rela", relocation),), tags=tags))

    built = build(BASE + build(0).blobs["rela"][0])
    found = gathered(built.patched("DT_STRTAB", "d_val", BASE + built.blobs["dynamic"][0] + 7))
    assert (found.count.total, found.count.low) == (None, 4)
    row = planned(found)[".dynsym"]
    assert (row.size, row.certainty) == (4 * 24, Certainty.BOUNDED)


def test_first_global_follows_the_last_local() -> None:
    """sh_info is "one greater than the symbol table index of the last local symbol" (gABI, "sh_link and sh_info")."""
    local = Sym(b"", 0x400100, 0, 0x03)
    built = write(Elf(symbols=(local, local, *SYMBOLS), sysv_words=4))
    assert of(built.data)[".dynsym"].info == 3
    assert of(cut(LIBRARY))[".dynsym"].info == 1


def test_versions_are_as_long_as_the_symbols() -> None:
    row = of(cut(LIBRARY))[".gnu.version"]
    assert row.size == 2 * len(dynsyms(LIBRARY.read_bytes(), table_of(LIBRARY)))
    assert (row.because, row.link, row.addralign) == ("DT_VERSYM, 2 bytes a symbol", ".dynsym", 2)


def tagged(*tags: tuple[int, int], size: int = 240) -> Written:
    """A file with a blob, and tags whose values below 0x1000 count from its address."""

    def build(start: int) -> Written:
        entries = tuple((tag, value if tag in SIZES else start + value) for tag, value in tags)
        return write(Elf(symbols=SYMBOLS, sysv_words=4, extra=(("blob", bytes(range(1, 241))[:size]),), tags=entries))

    return build(BASE + build(0).blobs["blob"][0])


SIZES = {row.size_tag for row in SIZED} | {dt.DT_RELSZ, dt.DT_RELASZ, dt.DT_PLTRELSZ, dt.DT_PLTREL}


@pytest.mark.parametrize("row", SIZED[1:], ids=lambda row: row.name + hex(row.tag))
def test_every_table_with_two_tags_is_a_section(row: object) -> None:
    assert isinstance(row, type(SIZED[0]))
    built = tagged((row.tag, 16), (row.size_tag, 40))
    (found,) = [one for one in sized_sections(gathered(built.data), Sections()) if one.name != ".dynstr"]
    start = built.blobs["blob"][0] + 16
    assert (found.name, found.type, *span(found)) == (row.name, row.type, BASE + start, start, 40)
    assert [proof.source for proof in found.evidence] == [dt.tag_name(row.tag, 183), dt.tag_name(row.size_tag, 183)]


def test_tags_and_types_are_those_of_the_specifications() -> None:
    """gABI figure 5-10 and 4-9; Android bionic libc/include/elf.h; GNU elf.h."""
    shown = {(row.tag, row.size_tag, row.type) for row in SIZED}
    assert shown == {
        (5, 10, 3),
        (36, 35, 19),
        (0x6FFFE000, 0x6FFFE001, 0x6FFFFF00),
        (0x6000000F, 0x60000010, 0x60000001),
        (0x60000011, 0x60000012, 0x60000002),
        (32, 33, 16),
        (25, 27, 14),
        (26, 28, 15),
        (0x6FFFFEF9, 0x6FFFFDF7, 0x6FFFFFF7),
        (0x6FFFFEF8, 0x6FFFFDF6, 4),
    }


def test_a_table_that_its_segment_does_not_hold_is_cut_and_said() -> None:
    built = tagged((dt.DT_INIT_ARRAY, 0), (dt.DT_INIT_ARRAYSZ, 1 << 20))
    row = of(built.data)[".init_array"]
    end = built.blobs["mapped"][0] + built.blobs["mapped"][1]
    assert row.offset + row.size == end
    assert row.certainty is Certainty.BOUNDED
    assert row.because.endswith(f", cut from {1 << 20} bytes to what its segment holds")


@pytest.mark.parametrize("value", [0x900000, (1 << 64) - 0x500000, 1 << 63], ids=hex)
def test_a_table_outside_every_segment_is_no_section(value: int) -> None:
    assert ".init_array" not in of(tagged((dt.DT_INIT_ARRAY, value), (dt.DT_INIT_ARRAYSZ, 8)).data)


@pytest.mark.parametrize("size", [0, 1 << 63])
def test_a_size_that_is_none_is_no_section(size: int) -> None:
    found = of(tagged((dt.DT_RELA, 0), (dt.DT_RELASZ, size)).data)
    assert ".rela.dyn" not in found or found[".rela.dyn"].size < 1 << 32


def relocations(*tags: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Name, start from the blob, and size."""
    built = tagged(*tags)
    start = BASE + built.blobs["blob"][0]
    rows = relocation_sections(gathered(built.data), Sections())
    return {row.name: (row.addr - start, row.size) for row in rows}


@pytest.mark.parametrize(
    ("dyn", "plt", "split"),
    [
        ((0, 96), (96, 48), {".rela.dyn": (0, 96), ".rela.plt": (96, 48)}),  # side by side
        ((0, 144), (96, 48), {".rela.dyn": (0, 96), ".rela.plt": (96, 48)}),  # DT_RELASZ covers the tail too
        ((0, 144), (0, 48), {".rela.dyn": (48, 96), ".rela.plt": (0, 48)}),  # or the head
        ((0, 48), (0, 48), {".rela.plt": (0, 48)}),  # or nothing else
    ],
)
def test_relocations_of_the_plt_are_apart(
    dyn: tuple[int, int], plt: tuple[int, int], split: dict[str, tuple[int, int]]
) -> None:
    tags = ((dt.DT_RELA, dyn[0]), (dt.DT_RELASZ, dyn[1]), (dt.DT_JMPREL, plt[0]), (dt.DT_PLTRELSZ, plt[1]))
    assert relocations(*tags, (dt.DT_PLTREL, dt.DT_RELA)) == split


def test_both_kinds_of_relocations_are_sections() -> None:
    tags = ((dt.DT_REL, 0), (dt.DT_RELSZ, 32), (dt.DT_RELA, 48), (dt.DT_RELASZ, 48))
    assert relocations(*tags) == {".rel.dyn": (0, 32), ".rela.dyn": (48, 48)}


@pytest.mark.parametrize(("kind", "name", "size"), [(dt.DT_REL, ".rel.plt", 16), (dt.DT_RELA, ".rela.plt", 24)])
def test_what_dt_pltrel_says_is_the_kind(kind: int, name: str, size: int) -> None:
    built = tagged((dt.DT_JMPREL, 0), (dt.DT_PLTRELSZ, 48), (dt.DT_PLTREL, kind))
    row = of(built.data)[name]
    assert (row.entsize, row.link) == (size, ".dynsym")
    assert row.type == (sh.SHT_REL if kind == dt.DT_REL else sh.SHT_RELA)


@pytest.mark.parametrize("find", PASSES)
def test_without_dynamic_section_there_are_none(find: Callable[[Gathered, Sections], list[PlannedSection]]) -> None:
    assert find(gathered(write(Elf(dynamic=False)).data), Sections()) == []
