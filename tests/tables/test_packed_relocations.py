"""Android's packed relocations, against an encoder and a decoder of plain Python."""

from __future__ import annotations

import tracemalloc
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.evidence import Damage
from elfkit.image.image import Image, load
from elfkit.limits import Limits
from elfkit.tables import packed_relocations
from elfkit.tables.packed_relocations import signed_leb128, unpack_aps2
from elfkit.tables.relocations import read_relocations
from tests.elfwriter import Elf, build
from tests.image.proofs import at_most, unproven
from tests.tables.relocationwriter import with_table

SIGNED = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-70_000, 70_000)


def opened() -> Image:
    return elfkit.load(build(Elf()))


def decoded_leb(raw: bytes) -> list[int]:
    """The scalar twin (DWARF 5, 7.6); of a number longer than 64 bits the low ones."""
    found, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            value -= (byte >> 6 & 1) << shift
            found.append((value + 2**63) % 2**64 - 2**63)
            value = shift = 0
    return found


def leb(value: int) -> bytes:
    """The shortest signed LEB128 of a number."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value & 127])


@given(numbers=st.lists(SIGNED, max_size=20), tail=st.sampled_from([b"", b"\x80", b"\xff\xff"]))
@example([2**63 - 1, -(2**63), 0, -1, 63, 64, -64, -65], b"")
def test_signed_leb128_gives_back_what_was_encoded(numbers: list[int], tail: bytes) -> None:
    assert signed_leb128(b"".join(map(leb, numbers)) + tail).tolist() == numbers


@given(raw=st.lists(st.sampled_from([0, 1, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xFF]), max_size=40).map(bytes))
def test_signed_leb128_equals_its_scalar_twin_on_any_bytes(raw: bytes) -> None:
    assert signed_leb128(raw).tolist() == decoded_leb(raw)


class Group(NamedTuple):
    """A group of an APS2 table: what is shared stands once, an addend of None is none at all."""

    rows: list[tuple[int, int, int]]  # offset step, r_info, addend step
    share_step: bool
    share_info: bool
    addend: str  # "none", "own", "shared"


def encoded(start: int, groups: list[Group]) -> bytes:
    """Ten lines of an encoder (bionic, linker_reloc_iterators.h)."""
    numbers = [sum(len(group.rows) for group in groups), start]
    for rows, share_step, share_info, addend in groups:
        flags = share_info + 2 * share_step + 4 * (addend == "shared") + 8 * (addend != "none")
        numbers += [len(rows), flags]
        first = rows[0]
        numbers += [first[0]] * share_step + [first[1]] * share_info + [first[2]] * (addend == "shared")
        for step, info, more in rows:
            own = [(not share_step, step), (not share_info, info), (addend == "own", more)]
            numbers += [value for there, value in own if there]
    return b"APS2" + b"".join(map(leb, numbers))


def unpacked(start: int, groups: list[Group]) -> list[tuple[int, int, int]]:
    """The scalar twin: what a loader makes of the same groups."""
    offset, addend, found = start, 0, []
    for rows, share_step, share_info, kind in groups:
        addend = addend + rows[0][2] if kind == "shared" else 0 if kind == "none" else addend
        for step, info, more in rows:
            offset += rows[0][0] if share_step else step
            addend += more if kind == "own" else 0
            found.append((offset % 2**64, (rows[0][1] if share_info else info) % 2**64, addend))
    return [(offset, info, (addend + 2**63) % 2**64 - 2**63) for offset, info, addend in found]


ROWS = st.lists(st.tuples(SMALL, SIGNED, st.one_of(SMALL, SIGNED)), min_size=1, max_size=5)
GROUPS = st.lists(
    st.builds(Group, ROWS, st.booleans(), st.booleans(), st.sampled_from(["none", "own", "shared"])), max_size=5
)


@given(start=SMALL, groups=GROUPS)
@example(0, [Group([(0, 0, 2**63 - 1)], share_step=True, share_info=True, addend="shared")] * 3)
def test_packed_relocations_are_those_that_were_packed(start: int, groups: list[Group]) -> None:
    with opened() as image:
        columns, anomalies = unpack_aps2(image, "DT_ANDROID_RELA", encoded(start, groups), 0)
    found = zip(columns.offset.tolist(), columns.info.tolist(), columns.addend.tolist(), strict=True)
    assert (list(found), anomalies) == (unpacked(start, groups), ())


@given(raw=st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(b"APS2".__add__)))
def test_unpacking_never_crashes(raw: bytes) -> None:
    with at_most(10), load(build(Elf()), limits=Limits(relocations=10_000)) as image:
        columns, anomalies = unpack_aps2(image, "DT_ANDROID_REL", raw, 0)
    assert len(columns.offset) == len(columns.info) == len(columns.addend) <= 10_000
    assert len(anomalies) <= 1


@given(start=SMALL, groups=GROUPS.filter(bool), keep=st.floats(0, 1, exclude_max=True))
def test_a_packed_table_that_is_cut_keeps_the_groups_before_it(start: int, groups: list[Group], keep: float) -> None:
    raw = encoded(start, groups)
    with opened() as image:
        columns, anomalies = unpack_aps2(image, "DT_ANDROID_REL", raw[: int(len(raw) * keep)], 0)
    found = list(zip(columns.offset.tolist(), columns.info.tolist(), columns.addend.tolist(), strict=True))
    assert found == unpacked(start, groups)[: len(found)]
    assert [anomaly.damage for anomaly in anomalies] == [Damage.RELOCATIONS]


@pytest.mark.parametrize("tag", [dt.DT_ANDROID_REL, dt.DT_ANDROID_RELA])
def test_packed_relocations_are_found_in_the_file(tag: int) -> None:
    groups = [Group([(8, 3 << 32 | 7, 5), (8, 4 << 32 | 7, 5)], share_step=True, share_info=False, addend="own")]
    raw = encoded(0x1000, groups)
    size = dt.DT_ANDROID_RELSZ if tag == dt.DT_ANDROID_REL else dt.DT_ANDROID_RELASZ
    with elfkit.load(with_table(raw, {tag: None, size: len(raw)}, Elf()).data) as image:
        (table,) = read_relocations(image)
    assert (table.offset.tolist(), table.symbol.tolist(), table.type.tolist()) == ([0x1008, 0x1010], [3, 4], [7, 7])
    assert (table.addend is None) == (tag == dt.DT_ANDROID_REL)
    assert table.addend is None or table.addend.tolist() == [5, 10]


# --- hostile tables: each ends in time, and is an anomaly where it lies

# APS2 | count 2^40 | offset 0 | a group of 2^40 of one step and one r_info: 22 bytes that claim 24 TB
HUGE = b"APS2" + leb(1 << 40) + leb(0) + leb(1 << 40) + leb(3) + leb(8) + leb(7)
# a count within the limit, a group beyond it
GROUP = b"APS2" + leb(10) + leb(0) + leb(1 << 40) + leb(3) + leb(8) + leb(7)
# a negative count, a group of no relocations, one of a negative number of them
NEGATIVE = b"APS2" + leb(-1) + leb(0)
EMPTY = b"APS2" + leb(10) + leb(0) + leb(0) + leb(3) + leb(8) + leb(7)
BACK = b"APS2" + leb(10) + leb(0) + leb(-5) + leb(3) + leb(8) + leb(7)
# the numbers end: before the count, within a group
NOTHING = b"APS2"
CUT = b"APS2" + leb(2) + leb(0) + leb(2) + leb(0) + leb(8)
# another magic
APS1 = b"APS1" + leb(1) + leb(0) + leb(1) + leb(3) + leb(8) + leb(7)


@pytest.mark.parametrize("raw", [HUGE, GROUP, NEGATIVE, EMPTY, BACK, NOTHING, CUT, APS1])
def test_a_packed_table_that_cannot_be_is_an_anomaly_where_it_lies(raw: bytes) -> None:
    built = with_table(raw, {dt.DT_ANDROID_RELA: None, dt.DT_ANDROID_RELASZ: len(raw)}, Elf())
    with at_most(2), elfkit.load(built.data) as image:
        (table,) = read_relocations(image)
    (anomaly,) = table.anomalies
    assert (anomaly.damage, anomaly.evidence.offset) == (Damage.RELOCATIONS, built.blobs["table"][0])
    assert unproven(built.data, anomaly.evidence) == []
    assert len(table.offset) == 0


def test_a_packed_table_claims_no_more_relocations_than_its_file_has_bytes() -> None:
    """One group, all of it shared: 22 bytes for as many relocations as one likes, each of 24 bytes of memory."""

    def packed(count: int) -> bytes:
        return b"APS2" + leb(count) + leb(0) + leb(count) + leb(3) + leb(8) + leb(7)

    def unpacked_of(count: int) -> tuple[int, list[str], int]:
        raw = packed(count).ljust(22, b"\0")
        built = with_table(raw, {dt.DT_ANDROID_RELA: None, dt.DT_ANDROID_RELASZ: len(raw)}, Elf())
        with elfkit.load(built.data) as image:
            (table,) = read_relocations(image)
        return len(table.offset), [anomaly.detail for anomaly in table.anomalies], len(built.data)

    size = unpacked_of(1)[2]
    assert unpacked_of(size)[:2] == (size, [])
    assert unpacked_of(size + 1)[:2] == (
        0,
        [f"the packed table claims {size + 1} relocations, a file of {size} bytes has room for {size}"],
    )
    assert unpacked_of(8 << 20)[0] == 0


@pytest.mark.parametrize("groups", [1 << 15, 1 << 20])
def test_small_groups_end_in_time(groups: int) -> None:
    """Groups of one relocation each, in four bytes: a million of them took 20 seconds and a gigabyte."""
    raw = b"APS2" + leb(groups) + leb(0) + (leb(1) + leb(3) + leb(8) + leb(7)) * groups
    built = with_table(raw, {dt.DT_ANDROID_REL: None, dt.DT_ANDROID_RELSZ: len(raw)}, Elf())
    with at_most(6), elfkit.load(built.data) as image:
        (table,) = read_relocations(image)
    assert table.offset.tolist() == list(range(8, 8 * (1 << 15) + 1, 8))
    told = [(anomaly.damage, anomaly.detail) for anomaly in table.anomalies]
    assert told == ([(Damage.LIMIT, "more than 32,768 groups of packed relocations")] if groups > 1 << 15 else [])


def test_a_packed_table_is_decoded_no_further_than_it_is_read() -> None:
    """Each of its bytes took sixty of memory, whatever its count said."""
    raw = b"APS2" + leb(1 << 40) + bytes(64 << 20)
    with opened() as image:
        tracemalloc.start()
        columns, anomalies = unpack_aps2(image, "DT_ANDROID_RELA", raw, 0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (len(columns.offset), len(anomalies)) == (0, 1)
    assert peak < 32 << 20


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_numbers_that_reach_into_the_next_block_are_whole(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at every byte: whatever a block is, the relocations are the same."""
    groups = leb(3) + leb(0) + leb(1 << 40) + leb(70) + leb(-(1 << 39)) + leb(71) + leb(300) + leb(72)
    raw = b"APS2" + leb(4) + leb(1 << 33) + groups + leb(1) + leb(3) + leb(8) + leb(7)
    with opened() as image:
        whole, _ = unpack_aps2(image, "DT_ANDROID_REL", raw, 0)
        monkeypatch.setattr(packed_relocations, "BLOCK", 10 + blocks)
        cut, anomalies = unpack_aps2(image, "DT_ANDROID_REL", raw, 0)
    assert [column.tolist() for column in cut] == [column.tolist() for column in whole]
    assert whole.info.tolist() == [70, 71, 72, 7]
    assert anomalies == ()
