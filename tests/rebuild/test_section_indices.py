"""st_shndx kept, rewritten, or left: only rewriting changes bytes, and only those two of defined symbols."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfkit.errors import RefusedError
from elfkit.rebuild.section_indices import is_in_a_section, symbols_astray
from tests.elfwriter import LAYOUTS, Elf, Sym
from tests.rebuild.samples import (
    DYNAMIC,
    FUNCTION,
    LIBRARY,
    cut,
    dynsyms,
    gathered,
    image,
    in_a_section,
    library,
    name_of,
    planned,
    rebuilt,
    table_of,
    thread_local,
)

RESERVED = (
    *(Sym(b"undefined", shndx=0), Sym(b"absolute", 5, shndx=0xFFF1), Sym(b"common", 8, shndx=0xFFF2)),
    *(Sym(b"processor", 5, shndx=0xFF01), Sym(b"extended", 5, shndx=0xFFFF)),
)
GARBAGE = (9, 3, 7000, 2, 60000, 1, 65279, 5)


def header_spans(content: bytes) -> tuple[tuple[int, int], ...]:
    return ((0x28, 0x30), (0x3A, 0x40)) if content[4] == 2 else ((0x20, 0x24), (0x2E, 0x34))


def changed(before: bytes, after: bytes) -> set[int]:
    """The places that differ, the fields of the ELF header for the table apart."""
    headers = {place for start, end in header_spans(before) for place in range(start, end)}
    return {place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other} - headers


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_rewriting_changes_the_indices_of_defined_symbols_alone(where: tuple[int, int], tmp_path: Path) -> None:
    built = library(*GARBAGE, elf=Elf(*where, sysv_words=4, symbols=RESERVED))
    result = rebuilt(built.data, tmp_path, shndx="rewrite", independent=True)
    size, within = (16, 14) if where[0] == 1 else (24, 6)
    start = built.blobs["dynsym"][0]
    first = 1 + len(RESERVED)
    fields = {start + number * size + within + half for number in range(first, first + len(GARBAGE)) for half in (0, 1)}
    places = changed(built.data, result.content)
    assert places
    assert places <= fields
    symbols = dynsyms(result.content, result.table)
    assert [symbol.shndx for symbol in symbols[:first]] == [0, *[one.shndx for one in RESERVED]]
    for symbol in symbols[first:]:
        row = result.table.rows[symbol.shndx]
        assert row.addr <= symbol.value < row.addr + row.size
        assert row.flags & 4
    assert result.report.plan is not None
    assert result.report.plan.astray == 0
    (warning,) = result.report.warnings
    assert warning.startswith("the section indices of the dynamic symbols were changed")


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_rewritten_symbols_name_sections_that_hold_them(path: Path, tmp_path: Path) -> None:
    result = rebuilt(cut(path), tmp_path, shndx="rewrite")
    for symbol, real in zip(
        dynsyms(result.content, result.table), dynsyms(path.read_bytes(), table_of(path)), strict=True
    ):
        assert in_a_section(symbol) == in_a_section(real)
        if in_a_section(symbol):
            row = result.table.rows[symbol.shndx]
            assert row.addr <= symbol.value <= row.addr + row.size
            assert row.flags & 7 == table_of(path).rows[real.shndx].flags & 7
        else:
            assert symbol.shndx == real.shndx
    assert ".filler" not in [row.name for row in result.table.rows]


def test_a_symbol_that_no_section_holds_keeps_its_index(tmp_path: Path) -> None:
    stray = Sym(b"stray", 0x900000, shndx=77)
    result = rebuilt(library(5, 5, elf=Elf(sysv_words=4, symbols=(stray,))).data, tmp_path, shndx="rewrite")
    assert dynsyms(result.content, result.table)[1].shndx == 77
    assert result.report.plan is not None
    assert (result.report.plan.astray, result.report.plan.defined) == (1, 3)


def test_thread_local_symbols_get_the_index_of_a_thread_local_section(tmp_path: Path) -> None:
    symbols = (Sym(b"t", 8, 4, 0x16, shndx=3), Sym(b"zero", 20, 4, 0x16, shndx=3))
    built = library(3, elf=Elf(sysv_words=4, symbols=symbols), extras=thread_local(bytes(range(1, 17)), more=16))
    result = rebuilt(built.data, tmp_path, shndx="rewrite", overlay=True)
    one, two = dynsyms(result.content, result.table)[1:3]
    assert [result.table.rows[symbol.shndx].name for symbol in (one, two)] == [".tdata", ".tbss"]


def test_off_changes_nothing_and_warns(tmp_path: Path) -> None:
    content = library(*GARBAGE).data
    result = rebuilt(content, tmp_path, shndx="off")
    assert changed(content, result.content) == set()
    warning, astray = result.report.warnings
    assert astray.startswith("8 of 8 defined symbols name a section that does not hold them, linkers may take them for")
    assert warning == "symbols keep indices of the lost table: only functions will link, variables will not"
    assert max(symbol.shndx for symbol in dynsyms(result.content, result.table)) > len(result.table.rows)


def test_indices_that_are_garbage_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        rebuilt(library(*GARBAGE).data, tmp_path)
    said = str(caught.value)
    assert " of 8 defined symbols name sections that cannot be numbered as they were" in said
    assert said.endswith('; shndx="rewrite" changes the symbols, shndx="off" leaves them')
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shndx", ["keep", "off"])
def test_sound_indices_are_kept(shndx: str, tmp_path: Path) -> None:
    result = rebuilt(cut(LIBRARY), tmp_path, shndx=shndx)
    assert changed(cut(LIBRARY), result.content) == set()
    assert bool(result.report.warnings) == (shndx == "off")


def test_which_symbols_are_in_a_section() -> None:
    found = gathered(library(5, 0xFEFF, elf=Elf(sysv_words=4, symbols=RESERVED)).data)
    assert is_in_a_section(found.symbols).tolist() == [False] * 6 + [True] * 2


def test_symbols_astray_are_those_that_their_row_does_not_hold() -> None:
    built = library(1, 2, 3, 4)
    start = 0x400000 + built.blobs["code"][0]
    found = gathered(built.data)
    rows = [
        planned(".text", start, FUNCTION, flags=6),  # holds the first
        planned(".data", start + FUNCTION + 1, 8),  # begins behind the second
        planned(".tdata", start + 2 * FUNCTION, FUNCTION, flags=0x403),  # the third is not thread-local
    ]  # and there is no row 4
    assert symbols_astray(image(built.data), found.symbols, rows).tolist() == [2, 3, 4]
