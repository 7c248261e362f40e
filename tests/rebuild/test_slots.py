"""Runs of adjacent words; what find_slots tells apart is held against linked files in tests/rebuild/passes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from elfkit.rebuild.slots import run_end, run_start, within

ADDRESSES = st.lists(st.integers(0, 40).map(lambda number: number * 4), max_size=30).map(
    lambda numbers: np.unique(np.array(numbers, np.uint64))
)
PLACE = st.integers(0, 44).map(lambda number: number * 4)


@given(ADDRESSES, PLACE, PLACE)
def test_a_run_goes_on_while_the_next_word_is_there(words: npt.NDArray[np.uint64], start: int, limit: int) -> None:
    there, end = set(words.tolist()), start
    while end in there and end < limit:
        end += 4
    assert run_end(words, start, 4, max(limit, start)) == end


@given(ADDRESSES, PLACE)
def test_a_run_goes_back_while_the_word_before_is_there(words: npt.NDArray[np.uint64], end: int) -> None:
    there, start = set(words.tolist()), end
    while start - 4 in there:
        start -= 4
    assert run_start(words, end, 4, 0) == start


@given(ADDRESSES, PLACE, PLACE)
def test_words_within_a_range_are_those_that_lie_in_it(words: npt.NDArray[np.uint64], start: int, end: int) -> None:
    assert within(words, start, end).tolist() == [word for word in words.tolist() if start <= word < end]


def test_addresses_beyond_64_bits_are_no_words() -> None:
    words = np.array([0, 2**64 - 8], np.uint64)
    assert run_end(words, 2**64 + 8, 8, 2**65) == 2**64 + 8
    assert within(words, 2**64, 2**65).tolist() == []
    assert run_start(words, -8, 8, 0) == 0
