"""Sections that never overlap, whatever is added, in whatever order."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.abi.header import EM_X86_64
from elfkit.evidence import Certainty, Evidence
from elfkit.rebuild.planned import Bounds, PlannedSection, Sections
from tests.rebuild.samples import planned

BOUNDS = Bounds(((0, 200), (300, 400)), 1000)
TBSS = {"type": 8, "flags": 0x403}

ROWS = st.lists(st.tuples(st.integers(0, 450), st.integers(0, 60)), max_size=12)


def added(*rows: PlannedSection, bounds: Bounds = BOUNDS) -> Sections:
    sections = Sections()
    for row in rows:  # one pass each
        sections = sections.adding([row], bounds=bounds)
    return sections


@given(ROWS)
def test_sections_are_in_order_within_the_loads_and_clear_of_each_other(rows: list[tuple[int, int]]) -> None:
    asked = [planned(f".{at}", addr, size) for at, (addr, size) in enumerate(rows)]
    found = added(*asked)
    owners: dict[int, str] = {}
    for row in found.mapped:
        assert any(low <= row.addr and row.end <= high for low, high in BOUNDS.spans)
        for place in range(row.addr, row.end):
            assert owners.setdefault(place, row.name) == row.name
    assert [row.addr for row in found.mapped] == sorted(row.addr for row in found.mapped)
    assert sorted([*found.mapped, *[lost.section for lost in found.rejected]], key=str) == sorted(asked, key=str)


@given(ROWS)
def test_the_earlier_wins_and_nothing_is_rejected_without_need(rows: list[tuple[int, int]]) -> None:
    asked = [planned(f".{at}", addr, size) for at, (addr, size) in enumerate(rows) if size]
    kept: list[PlannedSection] = []
    for row in asked:
        inside = any(low <= row.addr and row.end <= high for low, high in BOUNDS.spans)
        if inside and not any(row.addr < other.end and other.addr < row.end for other in kept):
            kept.append(row)
    assert sorted(added(*asked).mapped, key=str) == sorted(kept, key=str)


@given(ROWS, st.integers(0, 450), st.integers(0, 450))
def test_gaps_are_the_addresses_that_no_section_takes(rows: list[tuple[int, int]], start: int, end: int) -> None:
    found = added(*[planned(f".{at}", addr, size) for at, (addr, size) in enumerate(rows)])
    free = {place for low, high in found.gaps(start, end) for place in range(low, high)}
    taken = {place for row in found.mapped for place in range(row.addr, row.end)}
    assert free == set(range(start, end)) - taken
    for place in range(0, 450, 7):
        row = found.at(place)
        assert (row is not None) == (place in taken)
        assert row is None or row.addr <= place < row.end


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (planned(".late", 10, 20, offset=990), "it ends behind the file"),
        (planned(".between", 190, 20), "it lies in no PT_LOAD"),
        (planned(".nowhere", 500, 1), "it lies in no PT_LOAD"),
        (planned(".same", 20, 20), "it overlaps .first"),
        (planned(".around", 10, 50), "it overlaps .first"),
        (planned(".within", 25, 1), "it overlaps .first"),
        (planned(".empty", 25, 0), "it overlaps .first"),
    ],
)
def test_what_is_rejected_is_told(row: PlannedSection, why: str) -> None:
    found = added(planned(".first", 20, 20), row)
    assert [(lost.section, lost.why) for lost in found.rejected] == [(row, why)]


def test_zeros_end_behind_no_file() -> None:
    assert added(planned(".bss", 10, 20, offset=1000, type=8)).rejected == ()


def test_thread_zeros_take_no_addresses() -> None:
    found = added(planned(".tbss", 20, 20, **TBSS), planned(".data", 20, 20), planned(".comment", 0, 9, flags=0))
    assert [row.name for row in found.mapped] == [".data"]
    assert [row.name for row in found.allocated()] == [".tbss", ".data"]
    assert [row.name for row in found.outside_memory()] == [".comment"]
    assert found.gaps(0, 30) == [(0, 20)]


def test_an_empty_section_hides_none() -> None:
    found = added(planned(".a", 0, 100), planned(".empty", 0, 0), planned(".b", 50, 10))
    assert [(lost.section.name, lost.why) for lost in found.rejected] == [(".b", "it overlaps .a")]


def test_a_section_is_found_by_its_name() -> None:
    found = added(planned(".a", 0, 8), planned(".b", 8, 8, flags=0))
    assert [found.named(name) is not None for name in (".a", ".b", ".c")] == [True, True, False]


def test_what_is_published_is_json() -> None:
    row = planned(".a", 16, 8, evidence=(Evidence("DT_HASH", 4, b"\x01", 1),), certainty=Certainty.BOUNDED)
    shown = json.loads(json.dumps(row.numbered(4).to_dict(EM_X86_64)))
    assert (shown["index"], shown["type"], shown["certainty"]) == (4, "SHT_PROGBITS", "bounded")
    assert shown["evidence"][0]["source"] == "DT_HASH"
