"""How many relocations write where the program headers forbid it: nothing but those, whatever class and byte order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

from elfkit.abi.dynamic import (
    DT_ANDROID_REL,
    DT_JMPREL,
    DT_PLTREL,
    DT_PLTRELSZ,
    DT_REL,
    DT_RELA,
    DT_RELASZ,
    DT_RELR,
    DT_RELRSZ,
    DT_RELSZ,
)
from elfkit.abi.header import EM_AARCH64, EM_MIPS
from elfkit.evidence import Certainty, Fact
from elfkit.facts import relocations
from elfkit.facts.facts import conclude
from elfkit.facts.relocations import relocation_tables, text_relocation_count_fact
from elfkit.image.image import load
from tests.elfwriter import BASE, LAYOUTS, RW, Elf, Sym, build, write
from tests.image.proofs import FIXTURES

CLOSED = BASE  # the first segment of every file that the writer makes is read-only
CODE = bytes(64)
each_layout = pytest.mark.parametrize(("elf_class", "data"), LAYOUTS)

Entry = tuple[int, int]  # r_offset, r_info


def packed(elf: Elf, words: Sequence[int]) -> bytes:
    return pack((">" if elf.data == 2 else "<") + str(len(words)) + ("Q" if elf.elf_class == 2 else "I"), *words)


def table(elf: Elf, words: Sequence[int], tag: int, size_tag: int, more: tuple[tuple[int, int], ...] = ()) -> Elf:
    """`elf` with a table of these words, and the dynamic entries that name it."""
    raw = packed(elf, words)
    shape = replace(elf, extra=(("table", raw),), tags=((tag, 0), (size_tag, len(raw)), *more))
    return replace(shape, tags=((tag, BASE + write(shape).blobs["table"][0]), (size_tag, len(raw)), *more))


def rel(elf: Elf, *entries: Entry, tag: int = DT_REL, size_tag: int = DT_RELSZ) -> Elf:
    return table(elf, [word for entry in entries for word in entry], tag, size_tag)


def writable_at(elf: Elf) -> int:
    """Where the one writable segment begins in a file that has the same tables."""
    return BASE + write(replace(elf, code=CODE, code_flags=RW)).blobs["code"][0]


def count(elf: Elf) -> Fact[int]:
    with load(build(elf)) as image:
        return text_relocation_count_fact(image, relocation_tables(image))[0]


@each_layout
def test_a_relocation_of_a_read_only_segment_is_counted_and_proved(elf_class: int, data: int) -> None:
    elf = rel(Elf(elf_class=elf_class, data=data), (CLOSED + 8, 0x107))
    written = write(elf)
    fact = count(elf)
    assert (fact.value, fact.certainty) == (1, Certainty.DERIVED)
    (proof,) = fact.evidence
    offset, size = written.blobs["table"]
    assert (proof.source, proof.offset, proof.value) == ("DT_REL r_offset", offset, CLOSED + 8)
    assert proof.raw == written.data[offset : offset + size]


@each_layout
def test_relocations_of_writable_segments_are_none(elf_class: int, data: int) -> None:
    base = Elf(elf_class=elf_class, data=data, code=CODE, code_flags=RW)
    entries = [(0, 0), *[(8 * number, 0x107) for number in range(5)]]
    start = writable_at(rel(base, *entries))
    assert count(rel(base, (0, 0), *[(start + at, info) for at, info in entries[1:]])) == (0, Certainty.DERIVED, (), "")


@each_layout
@pytest.mark.parametrize("first", [True, False])
def test_relocations_of_type_none_write_nothing(elf_class: int, data: int, first: bool) -> None:  # noqa: FBT001
    base = Elf(elf_class=elf_class, data=data, code=CODE, code_flags=RW)
    start = writable_at(rel(base, (0, 0), (0, 0)))
    entries = ((CLOSED, 0), (start, 0x107))
    assert count(rel(base, *(entries if first else reversed(entries)))).value == 0


@pytest.mark.parametrize(("data", "info"), [(1, 0x03 << 56), (2, 0x03)], ids=["little", "big"])
def test_mips64_keeps_its_type_in_the_last_byte(data: int, info: int) -> None:
    base = Elf(elf_class=2, data=data, machine=EM_MIPS)
    assert count(rel(base, (CLOSED, info))).value == 1
    symbol_only = 0x00000007 if data == 1 else 7 << 32
    assert count(rel(base, (CLOSED, symbol_only))).value == 0


def test_a_symbol_without_a_type_is_no_relocation() -> None:
    assert count(rel(Elf(machine=EM_AARCH64), (CLOSED, 7 << 32))).value == 0
    assert count(rel(Elf(elf_class=1), (CLOSED, 7 << 8))).value == 0


@each_layout
def test_entries_with_addends_are_read_as_such(elf_class: int, data: int) -> None:
    elf = Elf(elf_class=elf_class, data=data)
    # an addend that looks like a closed address is none
    words = [CLOSED + 4, 0x107, CLOSED, 1 << 20, 0x107, CLOSED]
    fact = count(table(elf, words, DT_RELA, DT_RELASZ))
    assert (fact.value, fact.evidence[0].source) == (1, "DT_RELA r_offset")


@pytest.mark.parametrize(("kind", "words"), [(DT_REL, 2), (DT_RELA, 3)], ids=["REL", "RELA"])
def test_the_plt_s_table_has_the_form_that_dt_pltrel_says(kind: int, words: int) -> None:
    entry = [CLOSED, 0x107, CLOSED][:words]
    fact = count(table(Elf(), entry * 2, DT_JMPREL, DT_PLTRELSZ, ((DT_PLTREL, kind),)))
    assert (fact.value, fact.evidence[0].source) == (2, "DT_JMPREL r_offset")


def test_a_plt_table_within_the_other_is_counted_once() -> None:
    elf = rel(Elf(), (CLOSED, 0x107), (CLOSED + 8, 0x107))
    at = dict(elf.tags)[DT_REL]
    doubled = replace(elf, tags=(*elf.tags, (DT_JMPREL, at + 16), (DT_PLTRELSZ, 16), (DT_PLTREL, DT_REL)))
    # two more dynamic entries move nothing that lies before them
    assert count(doubled).value == 2


@pytest.mark.parametrize("behind", [48, 32], ids=["where a read ends", "within a read"])
def test_what_a_plt_table_has_beyond_the_other_is_read_though_that_takes_several_reads(
    behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocations, "CHUNK", 48)
    elf = rel(Elf(), *[(CLOSED + number, 0x107) for number in range(8)])
    at = dict(elf.tags)[DT_REL]
    plt = ((DT_JMPREL, at + 16), (DT_PLTRELSZ, 7 * 16), (DT_PLTREL, DT_REL))
    assert count(replace(elf, tags=((DT_REL, at), (DT_RELSZ, 16 + behind), *plt))).value == 8


@each_layout
def test_relr_stands_for_an_address_and_for_the_bits_after_it(elf_class: int, data: int) -> None:
    elf = Elf(elf_class=elf_class, data=data)
    fact = count(table(elf, [CLOSED, 0b1011], DT_RELR, DT_RELRSZ))
    assert (fact.value, fact.certainty) == (3, Certainty.DERIVED)  # the address, and bits 1 and 3
    width = 8 if elf_class == 2 else 4
    assert [proof.value for proof in fact.evidence] == [CLOSED, CLOSED + width, CLOSED + 3 * width]


def test_relr_in_writable_memory_is_none() -> None:
    base = Elf(code=CODE, code_flags=RW)
    start = writable_at(table(base, [0, 3], DT_RELR, DT_RELRSZ))
    assert count(table(base, [start, 0b11], DT_RELR, DT_RELRSZ)) == (0, Certainty.DERIVED, (), "")


def test_an_address_that_a_writable_segment_maps_too_is_writable() -> None:
    written = write(replace(rel(Elf(code=CODE, code_flags=RW), (CLOSED, 0x107))))
    with load(written.patched("PT_LOAD code", "p_vaddr", CLOSED)) as image:
        assert text_relocation_count_fact(image, relocation_tables(image))[0].value == 0


def test_only_the_first_few_are_evidence_and_all_are_counted() -> None:
    fact = count(rel(Elf(), *[(CLOSED + number, 0x107) for number in range(40)]))
    assert (fact.value, len(fact.evidence)) == (40, relocations.SHOWN)


def test_a_table_longer_than_one_read_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relocations, "CHUNK", 48)
    fact = count(rel(Elf(), *[(CLOSED + number, 0x107) for number in range(40)]))
    assert fact.value == 40


def test_an_entry_cut_by_the_end_of_the_table_is_none() -> None:
    elf = rel(Elf(), (CLOSED, 0x107), (CLOSED, 0x107))
    short = replace(elf, tags=(elf.tags[0], (DT_RELSZ, 31)))
    assert count(short).value == 1


def test_a_table_that_is_not_in_the_file_leaves_the_count_a_least_one() -> None:
    elf = rel(Elf(), (CLOSED, 0x107))
    assert count(replace(elf, tags=((DT_REL, 0x7FFF0000), (DT_RELSZ, 16)))).certainty is Certainty.BOUNDED


def test_a_packed_table_leaves_the_count_a_least_one() -> None:
    assert count(Elf(tags=((DT_ANDROID_REL, BASE),))) == (0, Certainty.BOUNDED, (), "")


def test_the_nearest_symbol_below_is_named() -> None:
    symbols = (Sym(b"first", value=CLOSED), Sym(b"near", value=CLOSED + 16), Sym(b"far", value=CLOSED + 99))
    elf = replace(Elf(sysv_words=4, symbols=(*symbols, Sym(b"elsewhere", value=CLOSED + 20, shndx=0))))
    assert count(rel(elf, (CLOSED + 24, 0x107))).detail == "near"
    assert count(rel(Elf(), (CLOSED + 24, 0x107))).detail == ""


def test_the_fact_is_dear_and_concluded_only_when_asked_for() -> None:
    with load(build(rel(Elf(), (CLOSED, 0x107)))) as image:
        assert conclude(image, frozenset()).text_relocation_count is None
        fact = conclude(image).text_relocation_count
    assert fact is not None
    assert fact.value == 1


def machines() -> list[Path]:
    return sorted(path for path in FIXTURES.glob("*/*") if path.read_bytes()[:4] == b"\x7fELF")


@pytest.mark.parametrize("path", machines(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_real_linkers_write_has_none(path: Path) -> None:
    with load(path) as image:
        fact, _ = text_relocation_count_fact(image, relocation_tables(image))
    assert fact.value == 0
    assert fact.certainty is Certainty.DERIVED
