"""The numbering keeps what symbols name: gaps are filled with rows that linkers and strip leave alone."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.rebuild.anchors import Anchor
from elfkit.rebuild.numbering import FILLER, fits, matched, number
from elfkit.rebuild.planned import PlannedSection
from tests.rebuild.samples import anchor, dynsyms, in_a_section, library, planned, rebuilt

AX, WA, TLS = 6, 3, 0x403


def names(sections: tuple[PlannedSection, ...]) -> list[str]:
    assert [section.index for section in sections] == list(range(1, len(sections) + 1))
    return [section.name for section in sections]


A, B, C, D = (planned(f".{letter}", 0x1000 * at, 0x800) for at, letter in enumerate("abcd", 1))
OUTSIDE = planned(".outside", 0, 5, flags=0)


def test_without_anchors_sections_are_numbered_by_address() -> None:
    assert names(number((), (A, B), (OUTSIDE,)).sections) == [".a", ".b", ".outside"]


def test_a_section_that_symbols_name_gets_its_old_index() -> None:
    numbering = number((anchor(3, 0x2000),), (A, B, C), (OUTSIDE,))
    assert names(numbering.sections) == [".a", ".filler", ".b", ".c", ".outside"]
    assert numbering.unmatched == ()


def test_more_sections_than_free_places_go_behind_the_last() -> None:
    numbering = number((anchor(2, 0x4000),), (A, B, C, D), (OUTSIDE,))
    assert names(numbering.sections) == [".a", ".d", ".b", ".c", ".outside"]


def test_places_between_two_anchors_are_for_what_lies_between() -> None:
    numbering = number((anchor(1, 0x1000), anchor(9, 0x4000)), (A, B, C, D), ())
    assert names(numbering.sections) == [".a", ".b", ".c", *[".filler"] * 5, ".d"]


def test_no_more_than_fits_between_two_anchors() -> None:
    numbering = number((anchor(1, 0x1000), anchor(3, 0x4000)), (A, B, C, D), ())
    assert names(numbering.sections) == [".a", ".b", ".d", ".c"]


def test_an_anchor_that_no_section_holds_is_told() -> None:
    stray = anchor(5, 0x9000)
    numbering = number((anchor(1, 0x1000), stray), (A, B), ())
    assert numbering.unmatched == (stray,)
    assert names(numbering.sections) == [".a", ".b"]


def test_filler_survives_strip_and_divides() -> None:
    """SHT_PROGBITS, for strip drops SHT_NULL; not loaded, no size; alignment 1, for linkers divide by it."""
    assert (FILLER.type, FILLER.flags, FILLER.addr, FILLER.size, FILLER.addralign) == (1, 0, 0, 0, 1)


@pytest.mark.parametrize("indices", [(4, 9, 30), (1, 2, 3), (2, 2, 200), (65,)], ids=str)
def test_gaps_are_filled_in_the_written_table(indices: tuple[int, ...], tmp_path: Path) -> None:
    """Each index holds its symbols, and every row that a symbol can name may be divided by its alignment."""
    result = rebuilt(library(*indices).data, tmp_path, independent=True)
    rows = result.table.rows
    symbols = [symbol for symbol in dynsyms(result.content, result.table) if in_a_section(symbol)]
    assert [symbol.shndx for symbol in symbols] == list(indices)
    for symbol in symbols:
        row = rows[symbol.shndx]
        assert row.addr <= symbol.value <= symbol.value + symbol.size <= row.addr + row.size
        assert (row.type, row.flags) == ("SHT_PROGBITS", AX)
    for row in rows[1:]:
        assert row.type != "SHT_NULL"
        assert row.addralign > 0
    fillers = [row for row in rows if row.name == ".filler"]
    assert len(fillers) >= max(indices) - 12
    assert {(row.type, row.flags, row.addr, row.size, row.addralign) for row in fillers} <= {
        ("SHT_PROGBITS", 0, 0, 0, 1)
    }


@pytest.mark.parametrize(
    ("one", "section", "fit"),
    [
        (anchor(1, 0x1000), A, True),
        (anchor(1, 0x1000, 0x1800), A, True),  # a symbol may mark the end
        (anchor(1, 0x1800), A, True),
        (anchor(1, 0x0FFF), A, False),
        (anchor(1, 0x1000, 0x1801), A, False),
        (anchor(1, 0x1000, thread=True), A, False),
        (anchor(1, 0x1000), planned(".tdata", 0x1000, 8, flags=TLS), False),
        (anchor(1, 0x1000, thread=True), planned(".tdata", 0x1000, 8, flags=TLS), True),
    ],
)
def test_a_section_fits_the_symbols_it_holds(one: Anchor, section: PlannedSection, fit: bool) -> None:  # noqa: FBT001
    assert bool(fits(one, section)) is fit


def test_inside_fits_better_than_at_the_end() -> None:
    after = planned(".after", 0x1800, 0x100)
    assert matched((anchor(1, 0x1800),), (A, after)) == {1: anchor(1, 0x1800)}


def test_functions_fit_code_better() -> None:
    code = planned(".text", 0x1800, 0, flags=AX)
    data = planned(".rodata", 0x1800, 0)
    function = anchor(1, 0x1800, code=True, end=0x1800)
    assert list(matched((function,), (data, code))) == [1]
    assert list(matched((function._replace(code=False),), (data, code))) == [0]


def best_by_trial(anchors: list[Anchor], sections: list[PlannedSection]) -> int:
    """The highest sum of fits over all ways to match that keep the order."""
    best = 0
    for count in range(1, min(len(anchors), len(sections)) + 1):
        for some in combinations(anchors, count):
            for places in combinations(sections, count):
                each = [fits(one, place) for one, place in zip(some, places, strict=True)]
                best = max(best, sum(each)) if all(each) else best
    return best


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.booleans()), max_size=4),
    st.lists(st.integers(1, 9), max_size=4),
)
def test_the_match_is_the_best_of_all(spans: list[tuple[int, int, bool]], sizes: list[int]) -> None:
    starts = sorted(first for first, _, _ in spans)
    anchors = [
        anchor(at, first, first + more, code=code)
        for at, (first, (_, more, code)) in enumerate(zip(starts, spans, strict=True), 1)
    ]
    sections, addr = [], 0
    for at, size in enumerate(sizes):
        sections.append(planned(f".s{at}", addr, size, flags=AX if at % 2 else 2))
        addr += size
    found = matched(anchors, sections)
    assert sum(fits(one, sections[place]) for place, one in found.items()) == best_by_trial(anchors, sections)
    assert [one.number for _, one in sorted(found.items())] == sorted(one.number for one in found.values())


@given(st.sets(st.integers(1, 40), max_size=4), st.integers(0, 6))
def test_every_section_is_numbered_once(indices: set[int], count: int) -> None:
    sections = [planned(f".s{at}", 0x100 * at, 0x80) for at in range(count)]
    anchors = [anchor(index, 0x100 * at) for at, index in enumerate(sorted(indices))]
    numbering = number(anchors, sections, (OUTSIDE,))
    rows = numbering.sections
    found = names(rows)
    assert sorted(name for name in found if name != ".filler") == sorted(
        [section.name for section in sections] + [".outside"]
    )
    for at, index in enumerate(sorted(indices)):
        if at < count:
            assert rows[index - 1].name == f".s{at}"
    assert found[-1] != ".filler"
