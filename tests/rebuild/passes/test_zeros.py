"""Zeros that the file does not hold: from p_filesz to p_memsz."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfkit.evidence import Certainty
from elfkit.rebuild.passes.zeros import zero_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import bounds_of
from tests.elfwriter import BASE, LAYOUTS, Elf, Sym, Written
from tests.image.proofs import unproven
from tests.rebuild.samples import WHOLE, cut, data_segment, gathered, library, name_of, planned, table_of

OBJECT = 0x11


def of(content: bytes, *taken: PlannedSection) -> list[PlannedSection]:
    found = gathered(content)
    return zero_sections(found, Sections().adding(taken, bounds=bounds_of(found)))


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_zeros_are_the_sections_of_the_linker(path: Path) -> None:
    """Of these files lld fills the page behind PT_GNU_RELRO with them; .plt of PowerPC is another pass's."""
    rows = [row for row in table_of(path).rows if row.type == "SHT_NOBITS" and row.flags & 2 and row.size]
    taken = [planned(row.name, row.addr, row.size, type=8) for row in rows if row.name == ".plt"]
    found = of(cut(path), *taken)
    real = [row for row in rows if row.name != ".plt"]
    assert [(row.name, row.addr, row.size, row.flags) for row in found] == [
        (row.name, row.addr, row.size, row.flags) for row in real
    ]
    assert unproven(cut(path), [row.evidence for row in found]) == []


def with_zeros(more: int, *symbols: tuple[int, int, int], where: tuple[int, int] = (2, 1)) -> tuple[Written, int]:
    """A library with zeros behind data, symbols (index, distance from the end of the data, size), and that end."""

    def build(end: int) -> Written:
        made = [
            Sym(b"v%d" % at, end + value, size, OBJECT, shndx=index) for at, (index, value, size) in enumerate(symbols)
        ]
        elf = Elf(*where, sysv_words=4, symbols=tuple(made))
        return library(3, elf=elf, extras=(data_segment(b"data" * 10, more),))

    end = BASE + len(build(0).data)
    return build(end), end


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_zeros_end_where_the_segment_does(where: tuple[int, int]) -> None:
    built, end = with_zeros(0x123, where=where)
    (row,) = of(built.data)
    assert (row.name, row.type, row.flags, row.end) == (".bss", 8, 3, end + 0x123)
    assert end <= row.addr < end + 64
    assert row.certainty is Certainty.BOUNDED


def test_a_symbol_lies_in_them() -> None:
    built, end = with_zeros(0x100, (9, 4, 8))
    (row,) = of(built.data)
    assert end <= row.addr <= end + 4
    assert row.end == end + 0x100


def test_symbols_of_two_sections_cut_them() -> None:
    built, end = with_zeros(0x400, (8, 0x10, 0x20), (9, 0x100, 0x40))
    one, two = of(built.data)
    assert end <= one.addr <= end + 0x10
    assert end + 0x30 <= one.end == two.addr <= end + 0x100
    assert two.end == end + 0x400


def test_no_zeros_no_section() -> None:
    assert of(with_zeros(0)[0].data) == []


def test_what_is_taken_already_is_left_out() -> None:
    built, end = with_zeros(0x100)
    (row,) = of(built.data, planned(".dynbss", end, 0x80, type=8, flags=3))
    assert end + 0x80 <= row.addr < end + 0x80 + 64
    assert row.end == end + 0x100


def test_zeros_of_a_segment_that_is_not_writable_are_not() -> None:
    built = library(3, extras=(data_segment(b"data", 0x100, flags=4),))
    (row,) = of(built.data)
    assert row.flags == 2


def test_a_byte_of_zeros_is_a_section() -> None:
    (row,) = of(with_zeros(1)[0].data)
    assert row.size == 1
