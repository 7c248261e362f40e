"""Libraries dumped from memory, made as a loader lays them out; the truth is the file that was loaded."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import elfkit
from benchmarks.fidelity_tables import Row
from elfkit.abi import dynamic as dt
from elfkit.errors import RefusedError
from elfkit.image.image import load
from elfkit.rebuild.memory_dump import memory_dump_patches, patched
from elfkit.rebuild.report import Action
from elfkit.rebuild.write import Patch
from tests.elfwriter import patch
from tests.image.proofs import FIXTURES, at_most
from tests.rebuild.samples import STATIC, cut, data_segment, image, library, name_of, rebuilt, table_of, thread_local

BASES = {32: 0x7654_0000, 64: 0x7F12_3456_0000}
# glibc adds the load address to these when it maps a library (elf/get-dynamic-info.h: ADJUST_DYN_INFO)
GLIBC = (
    *(dt.DT_HASH, dt.DT_PLTGOT, dt.DT_STRTAB, dt.DT_SYMTAB, dt.DT_RELA, dt.DT_REL, dt.DT_JMPREL),
    *(dt.DT_VERSYM, dt.DT_GNU_HASH),
)
LIBRARIES = tuple(sorted(FIXTURES.glob("*/libgreet.so")))
TABLES = (".dynsym", ".dynstr", ".dynamic", ".hash", ".gnu.hash", ".gnu.version", ".gnu.version_d", ".rela.dyn")


def dumped(path: Path, base: int, relocated: tuple[int, ...]) -> bytes:
    """The memory of a loaded library: bytes at their addresses, and the tags that a loader changed."""
    with load(cut(path)) as found:
        loads, dynamic, layout = found.loads, found.dynamic, found.layout
        assert dynamic is not None
        memory = bytearray(max(load.vaddr + load.memsz for load in loads))
        for load_ in loads:
            raw = cut(path)[load_.offset : load_.offset + load_.filesz]
            memory[load_.vaddr : load_.vaddr + len(raw)] = raw
        segment = found.dynamic_segment
        assert segment is not None
    word = "Q" if layout.word_size == 8 else "I"
    entries = struct.Struct(f"{table_of(path).order}2{word}")
    for place in range(segment.vaddr, segment.vaddr + segment.filesz, entries.size):
        tag, value = entries.unpack_from(memory, place)
        if tag in relocated:
            entries.pack_into(memory, place, tag, value + base)
    return bytes(memory)


def shape(row: Row) -> tuple[object, ...]:
    """What a row says of memory: offsets are those of the dump."""
    entsize = 0 if row.name == ".gnu.hash" else row.entsize
    return (row.name, row.type, row.flags, row.addr, row.size, entsize, row.link, row.info)


@pytest.mark.parametrize("relocated", [(), GLIBC, (dt.DT_STRTAB, dt.DT_GNU_HASH)], ids=["musl", "glibc", "some"])
@pytest.mark.parametrize("path", LIBRARIES, ids=name_of)
def test_a_dump_gives_the_tables_of_the_library(path: Path, relocated: tuple[int, ...], tmp_path: Path) -> None:
    base = BASES[table_of(path).elf_class]
    memory = dumped(path, base, relocated)
    result = rebuilt(memory, tmp_path, memory_dump=base, independent=True)
    assert result.report.action is Action.REBUILT
    wanted = sorted(shape(row) for row in table_of(path).rows if row.name in TABLES)
    assert sorted(shape(row) for row in result.table.rows if row.name in TABLES) == wanted
    for row in result.table.rows:
        if row.name in TABLES:
            assert row.offset == row.addr
    # what the loader changed is as the file had it again
    dynamic, real = result.table.named(".dynamic"), table_of(path).named(".dynamic")
    assert dynamic is not None
    assert real is not None
    assert result.content[dynamic.offset :][: real.size] == path.read_bytes()[real.offset :][: real.size]


@pytest.mark.parametrize("path", LIBRARIES, ids=name_of)
def test_what_was_never_mapped_is_not_in_the_dump(path: Path, tmp_path: Path) -> None:
    """.riscv.attributes has a segment without memory: in the dump lies something else at its offset."""
    base = BASES[table_of(path).elf_class]
    result = rebuilt(dumped(path, base, ()), tmp_path, memory_dump=base)
    assert all(row.flags & 2 for row in result.table.rows if row.name not in ("", ".shstrtab", ".filler"))


def test_zeros_of_memory_are_bytes_of_the_dump() -> None:
    path = FIXTURES / "x86_64" / "libgreet.so"
    memory = dumped(path, 0, ())
    with load(patched(memory, memory_dump_patches(image(memory), 0))) as found:
        for segment in found.loads:
            assert (segment.offset, segment.filesz) == (segment.vaddr, segment.memsz)
        assert not found.anomalies


def test_thread_local_zeros_are_a_template_that_is_mapped_nowhere(tmp_path: Path) -> None:
    """p_memsz of PT_TLS goes beyond what is mapped: what lies there in memory is something else."""
    built = library(3, extras=(*thread_local(bytes(range(1, 17)), more=16), data_segment(b"behind it", more=7)))
    result = rebuilt(built.data + bytes(7), tmp_path, memory_dump=0x7F00_0000_0000)  # its bytes lie at their addresses
    sizes = {row.name: row.size for row in result.table.rows if row.flags & 0x400}
    assert sizes == {".tdata": 16, ".tbss": 16}
    data = result.table.named(".data")
    assert data is not None
    assert data.size >= len(b"behind it")


def test_a_dump_that_is_cut_holds_what_is_there() -> None:
    path = FIXTURES / "x86_64" / "libgreet.so"
    memory = dumped(path, 0, ())[:0x37C4]
    with load(patched(memory, memory_dump_patches(image(memory), 0))) as found:
        assert found.loads[-1].filesz == 4


def test_a_value_that_is_relative_already_stays() -> None:
    path, base = FIXTURES / "x86_64" / "libgreet.so", BASES[64]
    with load(dumped(path, base, (dt.DT_SYMTAB,))) as found:
        touched = {found_patch.offset for found_patch in memory_dump_patches(found, base)}
        start = found.dynamic_segment.vaddr if found.dynamic_segment else 0
    assert len([place for place in touched if place >= start]) == 1


def test_nothing_is_patched_that_is_as_it_should_be() -> None:
    memory = dumped(LIBRARIES[-1], 0, ())
    with load(memory) as found:
        patches = memory_dump_patches(found, 0)
        assert patches
        assert all(memory[offset : offset + len(data)] != data for offset, data in patches)
    with load(patched(memory, patches)) as found:
        assert memory_dump_patches(found, 0) == ()


@pytest.mark.parametrize("path", LIBRARIES, ids=name_of)
@pytest.mark.parametrize("away", [-0x1000, 0x1000, 1 << 28])
def test_another_base_is_refused_and_the_right_one_is_named(path: Path, away: int, tmp_path: Path) -> None:
    base = BASES[table_of(path).elf_class]
    with pytest.raises(RefusedError) as caught:
        rebuilt(dumped(path, base, GLIBC), tmp_path, memory_dump=base + away)
    said = str(caught.value)
    assert ", which no PT_LOAD of the dump holds" in said or "there is no " in said
    assert said.endswith(f"; it was loaded at {base:#x}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", LIBRARIES, ids=name_of)
def test_a_file_that_is_no_dump_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        rebuilt(cut(path), tmp_path, memory_dump=BASES[table_of(path).elf_class])
    said = str(caught.value)
    assert said.endswith("; it is no dump: its tables lie where the program headers have them in the file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (dt.DT_STRTAB, "there is no string table where DT_STRTAB says"),
        (dt.DT_SYMTAB, "there is no symbol table where DT_SYMTAB says: its first entry is not zero"),
        (dt.DT_NULL, "there is no dynamic section where PT_DYNAMIC lies in memory"),
    ],
)
def test_tables_that_are_not_there_are_named(tag: int, said: str, tmp_path: Path) -> None:
    path = FIXTURES / "x86_64" / "libgreet.so"
    memory = bytearray(dumped(path, 0, ()))
    with load(cut(path)) as found:
        assert found.dynamic is not None
        place = found.dynamic.values.get(tag, found.dynamic_segment.vaddr if found.dynamic_segment else 0)
    memory[place : place + 2] = b"\x00\x00" if tag == dt.DT_NULL else b"\x01\x01"
    with pytest.raises(RefusedError) as caught:
        rebuilt(bytes(memory), tmp_path, memory_dump=0)
    assert str(caught.value) == f"<bytes>: {said}"


def test_a_hash_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = FIXTURES / "x86_64" / "libgreet.so"
    memory = bytearray(dumped(path, 0, ()))
    for name in (".hash", ".gnu.hash"):
        row = table_of(path).named(name)
        assert row is not None
        memory[row.addr : row.addr + row.size] = bytes(row.size)
    with pytest.raises(RefusedError, match=r"there is no hash table where DT_HASH or DT_GNU_HASH say$"):
        rebuilt(bytes(memory), tmp_path, memory_dump=0)


def test_a_dump_without_a_page_that_fits_names_none(tmp_path: Path) -> None:
    memory = dumped(FIXTURES / "x86_64" / "libgreet.so", BASES[64] + 8, GLIBC)
    with pytest.raises(RefusedError, match=r"which no PT_LOAD of the dump holds$"):
        rebuilt(memory, tmp_path, memory_dump=BASES[64] << 1)


def test_zeros_are_no_tables_at_any_base(tmp_path: Path) -> None:
    path = FIXTURES / "x86_64" / "libgreet.so"
    memory = bytearray(dumped(path, BASES[64], GLIBC))
    memory[0x270:0x690] = bytes(0x690 - 0x270)
    with at_most(5), pytest.raises(RefusedError, match="which no PT_LOAD"):
        rebuilt(bytes(memory), tmp_path, memory_dump=0)


@pytest.mark.parametrize("path", LIBRARIES, ids=name_of)
def test_a_dump_that_was_rebuilt_needs_nothing(path: Path, tmp_path: Path) -> None:
    base = BASES[table_of(path).elf_class]
    result = rebuilt(dumped(path, base, GLIBC), tmp_path, memory_dump=base)
    again = elfkit.rebuild_sections(result.path, tmp_path / "again", memory_dump=base)
    assert again.action is Action.NOTHING
    assert not (tmp_path / "again").exists()


def test_the_report_says_that_it_was_a_dump(tmp_path: Path) -> None:
    """The ELF header of a file with sections is dumped too, and what it points to may lie in the dump."""
    path = FIXTURES / "x86_64" / "libgreet.so"
    memory = dumped(path, 0, ())
    made = rebuilt(memory, tmp_path, memory_dump=0).content
    with load(made) as found:
        row = (
            found.layout.phdr.size * found.loads[-1].number
            + found.header.phoff
            + found.layout.phdr.spans["p_filesz"][0]
        )
        less = patch(made, row, (found.loads[-1].filesz - 8).to_bytes(8, "little"))
        less = patch(less, row - 24, (found.loads[-1].offset + 1).to_bytes(8, "little"))
    report = elfkit.rebuild_sections(less, memory_dump=0)
    assert report.action is Action.REVIVED  # the table that the ELF header points to is left as it is
    assert report.reason == "it was dumped from memory"


def test_a_dump_without_dynamic_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="it has no PT_DYNAMIC, by which a dump is understood"):
        rebuilt(cut(STATIC[0]), tmp_path, memory_dump=0x1000)
    assert list(tmp_path.iterdir()) == []


def test_patches_replace_bytes() -> None:
    assert patched(b"abcdef", (Patch(0, b"x"), Patch(4, b"yz"))) == b"xbcdyz"
