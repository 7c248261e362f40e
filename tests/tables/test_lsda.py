"""LSDAs written by hand, as the Itanium C++ ABI lays them out; each case says what its bytes are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.formats.layout import layout
from elfkit.tables.lsda import Lsda, lsdas_end, read_lsda
from tests.image.proofs import at_most

LITTLE = layout(2, 1)
NO_TYPES = b"\xff\xff\x01"  # landing pads from the function's start, no types, call sites in unsigned LEB128
BEHIND = b"\xee" * 16

AREAS = {
    # one call site of 4 bytes: start 1, length 2, landing pad 3, action 0
    "a cleanup": (NO_TYPES + b"\x04" + b"\x01\x02\x03\x00", 0),
    # no call site at all
    "nothing": (NO_TYPES + b"\x00", 0),
    # the call site's action is the first; it is: type 0, none follows
    "an action without types": (NO_TYPES + b"\x04" + b"\x01\x02\x03\x01" + b"\x00\x00", 0),
    # types 0x9b (indirect, pcrel, sdata4) end 15 bytes on: call site, action (type 1, none follows), padding, type 1
    "a handler": (b"\xff\x9b\x0d\x01\x04" + b"\x01\x02\x03\x01" + b"\x01\x00" + b"\0" + b"\1\2\3\4", 4),
    # two call sites; action 3 (type 2) leads to action 1 (type 1), 3 bytes back from where that is said
    "a chain of actions": (
        b"\xff\x9b\x19\x01\x08" + b"\x01\x02\x03\x01\x04\x05\x06\x03" + b"\x01\x00\x02\x7d" + b"\0\0\0" + bytes(8),
        4,
    ),
    # the action's type is -1: behind the types a list, which is 1 and 0
    "an exception specification": (
        b"\xff\x9b\x0d\x01\x04" + b"\x01\x02\x03\x01" + b"\x7f\x00" + b"\0" + b"\1\2\3\4" + b"\x01\x00",
        4,
    ),
    # throw(): no call site names its action; padding, no type, and a list that is empty
    "a specification no call site asks for": (b"\xff\x9b\x09\x01\x04" + b"\x01\x02\x00\x00" + b"\x7f\x00" + b"\0\0", 4),
    # call sites in udata4: 13 bytes
    "call sites of fixed width": (b"\xff\xff\x03\x0d" + b"\1\0\0\0" + b"\2\0\0\0" + b"\0\0\0\0" + b"\0", 0),
    # landing pads are relative to an address, which is written absolute in 8 bytes
    "an address of landing pads": (b"\x00" + b"\1\2\3\4\5\6\7\x08" + b"\xff\x01\x00", 0),
    # the length of the call sites in two bytes, 0x84 0x00
    "a long way to say 4": (NO_TYPES + b"\x84\x00" + b"\x01\x02\x03\x00", 0),
}
"""Bytes of one LSDA, all of them, and the width of its addresses of types."""


@pytest.mark.parametrize("case", AREAS)
def test_an_lsda_ends_behind_all_that_it_refers_to(case: str) -> None:
    raw, width = AREAS[case]
    assert read_lsda(raw + BEHIND, 0x1000, LITTLE) == Lsda(len(raw), width)


@pytest.mark.parametrize("case", AREAS)
def test_an_lsda_that_is_cut_is_none(case: str) -> None:
    raw, _ = AREAS[case]
    for size in range(len(raw)):
        found = read_lsda(raw[:size], 0x1000, LITTLE)
        assert found is None or found.size <= size


def test_lsdas_that_nothing_points_to_belong_to_the_table() -> None:
    """The second begins right behind the first, the third at a multiple of 4."""
    cleanup, handler = AREAS["a cleanup"][0], AREAS["a handler"][0]
    raw = cleanup + cleanup + handler
    raw += bytes(-len(raw) % 4) + handler
    assert lsdas_end(raw + BEHIND, 0x1000, LITTLE) == len(raw)
    assert lsdas_end(raw, 0x1000, LITTLE) == len(raw)


def test_what_is_no_lsda_has_no_end() -> None:
    assert lsdas_end(b"", 0, LITTLE) is None
    assert lsdas_end(b"\xff", 0, LITTLE) is None


def test_a_chain_of_actions_that_leads_into_itself_ends() -> None:
    """The action is followed by the one 1 byte back from where that is said: itself."""
    assert read_lsda(NO_TYPES + b"\x04\x01\x02\x03\x01" + b"\x00\x7f" + BEHIND, 0, LITTLE) == Lsda(10, 0)


@given(raw=st.binary(max_size=200), vaddr=st.integers(0, 2**64 - 1))
def test_reading_any_lsda_ends_within_its_bytes(raw: bytes, vaddr: int) -> None:
    for elf_class, data in ((1, 2), (2, 1)):
        for head in (b"", b"\xff", NO_TYPES, b"\xff\x9b"):
            end = lsdas_end(head + raw, vaddr, layout(elf_class, data))
            assert end is None or 0 < end <= len(head + raw)


def test_actions_and_lists_that_share_their_bytes_cost_no_more_than_they_are() -> None:
    """64 KB of call sites whose actions differ, each of which names a list of types that ends far away."""
    count = 1 << 14
    sites = b"".join(b"\0\0\0" + bytes([1 + number & 0x7F | 0x80, number >> 7]) for number in range(count - 130))
    size = len(sites)
    head = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    raw = b"\xff\x9b\x80\x80\x08\x01" + head + sites + b"\x7f\x01" * count
    with at_most(5):
        lsdas_end(raw.ljust(1 << 18, b"\x7f"), 0, LITTLE)
