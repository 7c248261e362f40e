from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.limits import DEFAULT_LIMITS, Budget, Limits


@given(left=st.integers(0, 1000), wishes=st.lists(st.integers(0, 400)))
def test_a_budget_never_grants_more_than_it_has(left: int, wishes: list[int]) -> None:
    budget = Budget(left)
    granted = [budget.spend(wish) for wish in wishes]
    assert sum(granted) == min(left, sum(wishes))
    assert all(grant <= wish for grant, wish in zip(granted, wishes, strict=True))
    assert budget.left == left - sum(granted)
    assert budget.exhausted is (sum(wishes) > left)


def test_a_budget_that_is_spent_to_the_last_byte_is_not_exhausted() -> None:
    budget = Budget(4)
    assert (budget.spend(4), budget.exhausted) == (4, False)
    assert (budget.spend(1), budget.exhausted) == (0, True)


def test_limits_are_positive_and_cannot_be_changed() -> None:
    assert all(getattr(DEFAULT_LIMITS, field.name) > 0 for field in fields(Limits))
    with pytest.raises(FrozenInstanceError):
        DEFAULT_LIMITS.bytes_read = 1  # type: ignore[misc]


def test_limits_differ_where_one_is_given() -> None:
    assert Limits(string_bytes=7).string_bytes == 7
    assert Limits(string_bytes=7) != DEFAULT_LIMITS
    assert Limits() == DEFAULT_LIMITS
