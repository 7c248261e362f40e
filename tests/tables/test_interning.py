"""Names as numbers, held against a dictionary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.tables import interning
from elfkit.tables.interning import intern_names

PLENTY = 1 << 20
NAMES = st.lists(st.text("ab\xe9", max_size=20).map(lambda text: text.encode()), max_size=30)


def laid_out(names: list[bytes]) -> tuple[bytes, np.ndarray]:
    """The names one after the other, each with its NUL, and where each begins."""
    strings = b"".join([name + b"\0" for name in names]) + bytes(8)
    lengths = [len(name) + 1 for name in names]
    return strings, np.array([sum(lengths[:number]) for number in range(len(names))], np.intp)


@given(NAMES, NAMES)
def test_equal_names_get_equal_numbers_and_unwanted_ones_none(wanted: list[bytes], offered: list[bytes]) -> None:
    strings, places = laid_out([*wanted, *offered])
    found = intern_names(strings, places[: len(wanted)], places[len(wanted) :], most_words=PLENTY)
    by_name = dict(zip(wanted, found.wanted.tolist(), strict=True))
    assert len(set(by_name.values())) == len(by_name)
    assert [by_name[name] for name in wanted] == found.wanted.tolist()
    assert found.offered.tolist() == [by_name.get(name, -1) for name in offered]
    for name, number in by_name.items():
        place = int(found.places[number])
        assert strings[place : strings.index(b"\0", place)] == name


@given(NAMES, NAMES)
def test_names_with_one_hash_are_told_apart_by_their_bytes(wanted: list[bytes], offered: list[bytes]) -> None:
    strings, places = laid_out([*wanted, *offered])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(interning, "FACTOR", np.uint64(0))  # every name has the hash 0
        found = intern_names(strings, places[: len(wanted)], places[len(wanted) :], most_words=PLENTY)
    by_name = dict(zip(wanted, found.wanted.tolist(), strict=True))
    assert len(set(by_name.values())) == len(by_name)
    assert found.offered.tolist() == [by_name.get(name, -1) for name in offered]


def test_names_inside_other_names_are_names_of_their_own() -> None:
    found = intern_names(b"unlink\0" + bytes(8), np.array([0, 2, 6]), np.array([2, 4]), most_words=PLENTY)
    assert len({*found.wanted.tolist()}) == 3
    assert found.offered.tolist() == [found.wanted[1], -1]


def test_what_takes_too_long_to_spell_has_no_number() -> None:
    strings, places = laid_out([b"short", b"long" * 20, b"long" * 20])
    found = intern_names(strings, places[:2], places[2:], most_words=5)
    assert found.wanted.tolist() == [0, -1]
    assert found.unread.tolist() == [False, True]
    assert found.offered.tolist() == [-1]
    assert found.offered_unread.tolist() == [True]
