"""Where one section ends and the next begins, of which only the symbols are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.rebuild.cuts import cuts_between
from tests.rebuild.samples import DYNAMIC, anchor, cut, gathered, name_of, table_of


def test_one_section_is_not_cut() -> None:
    assert cuts_between([]) == cuts_between([anchor(1, 0x1000)]) == []


@pytest.mark.parametrize(
    ("end", "first", "where"),
    [
        (0x1000, 0x1010, 0x1010),
        (0x1001, 0x1014, 0x1010),  # the next multiple of 16 below the symbol
        (0x1011, 0x1014, 0x1014),
        (0x1012, 0x101C, 0x1018),  # there is none behind the symbols before: of 8
        (0x1011, 0x1017, 0x1014),
        (0x1015, 0x1017, 0x1017),  # none at all
        (0x1017, 0x1017, 0x1017),
        (0x1040, 0x1017, 0x1017),  # a size that reaches into the next section counts for nothing
    ],
)
def test_a_section_begins_aligned_and_behind_the_symbols_before(end: int, first: int, where: int) -> None:
    assert cuts_between([anchor(1, 0xFF0, end=end), anchor(2, first)]) == [where]


def test_a_section_symbol_is_taken_at_its_word() -> None:
    assert cuts_between([anchor(1, 0xFF0), anchor(2, 0x1017, exact=True)]) == [0x1017]


@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 60)), min_size=2, max_size=6, unique_by=lambda row: row[0])
)
def test_every_section_begins_at_or_before_its_symbols_and_behind_those_before(rows: list[tuple[int, int]]) -> None:
    anchors = [anchor(at, first, end=first + size) for at, (first, size) in enumerate(sorted(rows), 1)]
    for place, where in enumerate(cuts_between(anchors)):
        assert anchors[place].first < where <= anchors[place + 1].first


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_cuts_of_real_files_lie_between_the_real_sections(path: Path) -> None:
    rows = table_of(path).rows
    anchors = gathered(cut(path)).anchors
    for before, after, where in zip(anchors, anchors[1:], cuts_between(anchors), strict=False):
        assert rows[before.number].addr <= before.last < where <= after.first
        assert where < rows[after.number].addr + rows[after.number].size
