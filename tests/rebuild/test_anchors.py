"""Anchors against the real tables: the indices that symbols of a fixture name, and what lies there."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from elfkit.abi.segments import PT_TLS
from elfkit.rebuild.anchors import Anchor, find_anchors, mapped_values
from tests.elfwriter import LAYOUTS, Elf, Sym
from tests.rebuild.samples import (
    DYNAMIC,
    FUNCTION,
    Extra,
    cut,
    dynsyms,
    gathered,
    in_a_section,
    library,
    name_of,
    table_of,
)

OBJECT, FUNC, SECTION, TLS, IFUNC = 0x11, 0x12, 0x03, 0x16, 0x1A


def anchors(content: bytes) -> tuple[Anchor, ...]:
    found = gathered(content)
    return find_anchors(found.image, found.symbols)


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_anchors_are_the_indices_that_symbols_name_and_lie_in_those_sections(path: Path) -> None:
    table = table_of(path)
    symbols = defaultdict(list)
    for symbol in dynsyms(path.read_bytes(), table):
        if in_a_section(symbol):
            symbols[symbol.shndx].append(symbol)
    found = {one.number: one for one in anchors(cut(path))}
    assert list(found) == sorted(symbols)
    for number, named in symbols.items():
        one, row = found[number], table.rows[number]
        values = [symbol.value for symbol in named]
        assert (one.first, one.last, one.symbols) == (min(values), max(values), len(values))
        assert one.code == any(symbol.info & 15 == 2 for symbol in named) == bool(row.flags & 4)
        assert row.addr <= one.first <= one.end <= row.addr + row.size
        assert not one.thread


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_symbols_of_one_index_are_one_anchor(where: tuple[int, int]) -> None:
    built = library(
        9, 4, 9, elf=Elf(*where, sysv_words=4, symbols=(Sym(b"puts", shndx=0), Sym(b"abs", 7, shndx=0xFFF1)))
    )
    start = built.blobs["code"][0] + 0x400000
    # 9, 4, 9 by address: what one symbol says against two is left out
    (one,) = anchors(built.data)
    assert one[:5] == (9, start, start + 2 * FUNCTION, start + 3 * FUNCTION, 2)


def test_what_most_symbols_say_of_the_order_counts() -> None:
    assert [one.number for one in anchors(library(7, 8, 3, 9, 9).data)] == [7, 8, 9]
    assert [one.number for one in anchors(library(7, 3, 3, 9, 9).data)] == [3, 9]


def test_a_file_whose_symbols_name_no_section_has_no_anchors() -> None:
    assert anchors(library(0, 0xFFF1, 0xFF00, 0xFFF2).data) == ()


def test_reserved_indices_are_no_sections() -> None:
    assert [one.number for one in anchors(library(0xFEFF, 0xFF00).data)] == [0xFEFF]


def test_a_section_symbol_states_where_its_section_begins() -> None:
    def one(info: int) -> Anchor:
        return anchors(library(elf=Elf(sysv_words=4, symbols=(Sym(b"s", 0x400100, 4, info, shndx=5),))).data)[0]

    assert one(SECTION).exact
    assert not one(OBJECT).exact


def test_an_indirect_function_is_code() -> None:
    elf = Elf(sysv_words=4, symbols=(Sym(b"s", 0x400100, 4, IFUNC, shndx=5),))
    assert anchors(library(elf=elf).data)[0].code


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_thread_local_symbols_count_from_the_start_of_their_segment(where: tuple[int, int]) -> None:
    elf = Elf(*where, sysv_words=4, symbols=(Sym(b"t", 8, 4, TLS, shndx=30),))
    built = library(2, elf=elf, extras=(Extra(PT_TLS, bytes(range(1, 17)), 4, more=16),))
    start = int.from_bytes(
        built.data[slice(*span(built.place("extra 0", "p_vaddr")))], "little" if where[1] == 1 else "big"
    )
    by_number = {one.number: one for one in anchors(built.data)}
    assert (by_number[30].first, by_number[30].end, by_number[30].thread) == (start + 8, start + 12, True)
    found = gathered(built.data)
    assert start + 8 in mapped_values(found.image, found.symbols).tolist()


def span(place: tuple[int, int]) -> tuple[int, int]:
    return place[0], sum(place)
