"""Libraries dumped from memory, made as a loader lays them out; the truth is the file that was loaded."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from benchmarks.fidelity_tables import Row
from elfkit.abi import dynamic as dt
from elfkit.errors import RefusedError
from elfkit.image.image import load
from elfkit.rebuild.memory_dump import memory_dump_patches, patched
from elfkit.rebuild.report import Action
from elfkit.rebuild.write import Patch
from tests.image.proofs import FIXTURES
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


def test_a_value_that_is_no_address_of_the_dump_stays() -> None:
    """DT_STRTAB below the end of the library is relative already; DT_SYMTAB far above is nobody's."""
    path, base = FIXTURES / "x86_64" / "libgreet.so", BASES[64]
    memory = dumped(path, base, (dt.DT_SYMTAB,))
    with load(memory) as found:
        touched = {found_patch.offset for found_patch in memory_dump_patches(found, base)}
        elsewhere = {found_patch.offset for found_patch in memory_dump_patches(found, base + (1 << 32))}
        start = found.dynamic_segment.vaddr if found.dynamic_segment else 0
    assert len([place for place in touched if place >= start]) == 1
    assert not [place for place in elsewhere if place >= start]


def test_a_dump_without_dynamic_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="it has no PT_DYNAMIC, by which a dump is understood"):
        rebuilt(cut(STATIC[0]), tmp_path, memory_dump=0x1000)
    assert list(tmp_path.iterdir()) == []


def test_patches_replace_bytes() -> None:
    assert patched(b"abcdef", (Patch(0, b"x"), Patch(4, b"yz"))) == b"xbcdyz"
