"""Sections that a program header delimits, against the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfkit.abi.segments import PT_INTERP, PT_MIPS_REGINFO, PT_RISCV_ATTRIBUTES
from elfkit.evidence import Certainty
from elfkit.rebuild.passes.segments import ROWS, delimited_sections, dynamic_section, thread_local_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from tests.elfwriter import LAYOUTS, Elf
from tests.image.proofs import unproven
from tests.rebuild.samples import (
    DYNAMIC,
    STATIC,
    WHOLE,
    Extra,
    cut,
    data_segment,
    gathered,
    library,
    name_of,
    table_of,
    thread_local,
)

TYPES = {1: "SHT_PROGBITS", 6: "SHT_DYNAMIC", 0x70000006: "SHT_MIPS_REGINFO", 0x7000002A: "SHT_MIPS_ABIFLAGS"}
TYPES |= {0x7000000D: "SHT_MIPS_OPTIONS", 0x70000003: "SHT_RISCV_ATTRIBUTES"}
EXACT = {".interp", ".MIPS.abiflags", ".reginfo", ".riscv.attributes", ".dynamic"}


def delimited(content: bytes) -> list[PlannedSection]:
    found = gathered(content)
    return [*delimited_sections(found, Sections()), *dynamic_section(found, Sections())]


def spans(rows: list[PlannedSection]) -> dict[str, tuple[int, int, int]]:
    return {row.name: (row.addr, row.offset, row.size) for row in rows}


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_what_a_segment_delimits_is_the_section_of_the_linker(path: Path) -> None:
    found = delimited(cut(path))
    real = {row.name: row for row in table_of(path).rows}
    assert {row.name for row in found} == real.keys() & (EXACT | {".MIPS.options"})
    for row in found:
        wanted = real[row.name]
        assert (row.addr, row.offset, row.size) == (wanted.addr, wanted.offset, wanted.size)
        assert TYPES[row.type] == wanted.type or wanted.type == row.type
        if row.name in EXACT:  # of .MIPS.options bfd says that strip keeps it, lld does not
            assert row.flags == wanted.flags
        assert row.certainty is Certainty.STATED
        assert unproven(cut(path), row.evidence) == []


def test_no_machine_lends_another_its_segments() -> None:
    """0x70000000 is PT_MIPS_REGINFO, and on ARM something else."""
    assert PT_MIPS_REGINFO == 0x70000000
    built = library(3, extras=(Extra(PT_MIPS_REGINFO, bytes(24), 4), Extra(PT_RISCV_ATTRIBUTES, b"A", 4)))
    assert [row.name for row in delimited(built.data)] == [".dynamic"]
    assert {row.machines for row in ROWS if row.segment >= 0x70000000} & {()} == set()


def test_an_empty_segment_is_no_section() -> None:
    built = library(3, extras=(Extra(PT_INTERP, b"", 4),))
    assert ".interp" not in spans(delimited(built.data))


@pytest.mark.parametrize("path", STATIC, ids=name_of)
def test_without_dynamic_segment_there_is_no_dynamic_section(path: Path) -> None:
    assert dynamic_section(gathered(cut(path)), Sections()) == []


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_the_dynamic_section_is_writable_where_its_segment_is(path: Path) -> None:
    (row,) = dynamic_section(gathered(cut(path)), Sections())
    real = table_of(path).named(".dynamic")
    assert real is not None
    assert (row.flags, row.entsize, row.link, row.addralign) == (real.flags, real.entsize, ".dynstr", real.addralign)


def thread(built: bytes) -> list[PlannedSection]:
    return thread_local_sections(gathered(built), Sections())


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_thread_local_data_and_zeros_are_two_sections(where: tuple[int, int]) -> None:
    built = library(3, elf=Elf(*where, sysv_words=4), extras=thread_local(bytes(16), more=40))
    data, zeros = thread(built.data)
    assert (data.name, data.type, data.flags, data.size, data.addralign) == (".tdata", 1, 0x403, 16, 8)
    assert (zeros.name, zeros.type, zeros.flags, zeros.addr, zeros.size) == (".tbss", 8, 0x403, data.end, 40)
    assert zeros.offset == data.offset + 16
    assert {data.certainty, zeros.certainty} == {Certainty.STATED}


def test_either_may_be_missing() -> None:
    only_data = library(3, extras=thread_local(bytes(16)))
    only_zeros = library(3, extras=(data_segment(b"d" * 8), *thread_local(b"", more=40)))
    assert [row.name for row in thread(only_data.data)] == [".tdata"]
    assert [row.name for row in thread(only_zeros.data)] == [".tbss"]
    assert thread(library(3).data) == []


def test_padding_before_the_zeros_is_not_known() -> None:
    """.tdata of 17 bytes, aligned to 32: .tbss begins anywhere up to the next multiple of 32."""
    data, zeros = thread(library(3, extras=thread_local(bytes(17), more=47, align=32)).data)
    assert data.end < zeros.addr <= -(-data.end // 32) * 32
    assert zeros.end == data.addr + 17 + 47
    assert (data.certainty, zeros.certainty) == (Certainty.STATED, Certainty.BOUNDED)
