"""Relocations of every sort as columns, against decoders of plain Python and tables built by construct."""

from __future__ import annotations

import resource
import struct
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_MIPS, EM_S390
from elfkit.evidence import Damage
from elfkit.formats.relocations import rel, rela
from elfkit.formats.words import words
from elfkit.image.image import Image, load
from elfkit.limits import Limits
from elfkit.tables.packed_relocations import signed_leb128, unpack_aps2
from elfkit.tables.relative_relocations import relr_offsets
from elfkit.tables.relocations import Relocations, read_relocations, split_info
from tests.elfwriter import BASE, Elf, Sym, Written, build, write
from tests.image.proofs import at_most, unproven
from tests.image.samples import every_layout

SIGNED = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-70_000, 70_000)


def opened(elf_class: int = 2, data: int = 1, machine: int = EM_S390) -> Image:
    return elfkit.load(build(Elf(elf_class, data, machine=machine, tags=((dt.DT_RELR, BASE),))))


def with_table(raw: bytes, tags: dict[int, int | None], elf: Elf) -> Written:
    """A file that holds `raw`; a tag without a value points at it."""
    start = BASE + write(elf_with(raw, tags, 0, elf)).blobs["table"][0]
    return write(elf_with(raw, tags, start, elf))


def elf_with(raw: bytes, tags: dict[int, int | None], start: int, elf: Elf) -> Elf:
    entries = tuple((tag, start if value is None else value) for tag, value in tags.items())
    return Elf(elf.elf_class, elf.data, machine=elf.machine, tags=entries, extra=(("table", raw),), symbols=elf.symbols)


def decoded_relr(entries: list[int], width: int) -> list[int]:
    """The scalar twin, as the gABI words it: "Relative Relocation Table"."""
    where, found = 0, []
    for entry in entries:
        if entry & 1 == 0:
            found.append(entry)
            where = entry + width
        else:
            found += [where + bit * width for bit in range(8 * width - 1) if entry >> bit + 1 & 1]
            where += (8 * width - 1) * width
    return [address % 2**64 for address in found]


@pytest.mark.parametrize("width", [4, 8])
@given(drawn=st.data())
def test_relr_decodes_as_its_scalar_twin_does(width: int, drawn: st.DataObject) -> None:
    top = 2 ** (8 * width) - 1
    number = st.one_of(st.integers(0, top), st.integers(0, 4096).map(lambda value: value * 2), st.just(1), st.just(top))
    entries = drawn.draw(st.lists(number, max_size=12))
    with opened(width // 4) as image:
        found, anomalies = relr_offsets(image, np.array(entries, f"u{width}"))
    assert found.dtype == np.uint64
    assert found.tolist() == decoded_relr(entries, width)
    assert len(anomalies) == (1 if entries and entries[0] & 1 else 0)


@every_layout
def test_relr_is_read_from_the_file_in_its_byte_order(elf_class: int, data: int) -> None:
    width, order = 4 * elf_class, "<" if data == 1 else ">"
    raw = struct.pack(f"{order}3{'I' if width == 4 else 'Q'}", 0x1000, 0b1011, 0x2000)
    tags = {dt.DT_RELR: None, dt.DT_RELRSZ: len(raw), dt.DT_RELRENT: width}
    with elfkit.load(with_table(raw, tags, Elf(elf_class, data)).data) as image:
        (table,) = read_relocations(image)
    assert table.table == "DT_RELR"
    assert table.offset.tolist() == [0x1000, 0x1000 + width, 0x1000 + 3 * width, 0x2000]
    assert (table.largest_symbol(), table.addend, table.anomalies) == (0, None, ())


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


def plain(elf: Elf, rows: list[tuple[int, int, int]], *, with_addend: bool) -> bytes:
    types = words(elf.elf_class, elf.data)
    if with_addend:
        built = [rela(types).build({"r_offset": a, "r_info": b, "r_addend": c}) for a, b, c in rows]
    else:
        built = [rel(types).build({"r_offset": a, "r_info": b}) for a, b, _ in rows]
    return b"".join(built)


def columns_of(table: Relocations) -> list[tuple[int, int, int, int | None]]:
    addends: list[Any] = [None] * len(table.offset) if table.addend is None else table.addend.tolist()
    return list(zip(table.offset.tolist(), table.symbol.tolist(), table.type.tolist(), addends, strict=True))


@every_layout
@pytest.mark.parametrize("kind", ["DT_REL", "DT_RELA", "DT_JMPREL of REL", "DT_JMPREL of RELA"])
def test_plain_tables_hold_what_was_built(elf_class: int, data: int, kind: str) -> None:
    shift = 8 if elf_class == 1 else 32
    with_addend = kind.endswith("RELA")
    elf = Elf(elf_class, data, machine=EM_S390)
    raw = plain(elf, [(0x10, 5 << shift | 7, -3), (0x18, 0xABCDE << shift | 0xFF, 9)], with_addend=with_addend)
    tags: dict[int, int | None] = {
        "DT_REL": {dt.DT_REL: None, dt.DT_RELSZ: len(raw)},
        "DT_RELA": {dt.DT_RELA: None, dt.DT_RELASZ: len(raw)},
    }.get(kind) or {
        dt.DT_JMPREL: None,
        dt.DT_PLTRELSZ: len(raw),
        dt.DT_PLTREL: dt.DT_RELA if with_addend else dt.DT_REL,
    }
    with elfkit.load(with_table(raw, tags, elf).data) as image:
        (table,) = read_relocations(image)
    addends = (-3, 9) if with_addend else (None, None)
    assert columns_of(table) == [(0x10, 5, 7, addends[0]), (0x18, 0xABCDE, 0xFF, addends[1])]
    assert table.table == kind.split(maxsplit=1)[0]
    assert table.largest_symbol() == 0xABCDE


@pytest.mark.parametrize("data", [1, 2])
@given(symbol=st.integers(0, 2**32 - 1), special=st.integers(0, 255), types=st.tuples(*[st.integers(0, 255)] * 3))
def test_r_info_of_mips64_is_read_byte_by_byte(
    data: int, symbol: int, special: int, types: tuple[int, int, int]
) -> None:
    """Elf64_Mips_Rel: r_sym, r_ssym, r_type3, r_type2, r_type, each in its own bytes in either byte order."""
    raw = symbol.to_bytes(4, "little" if data == 1 else "big") + bytes([special, *types])
    info = np.frombuffer(raw, "<u8" if data == 1 else ">u8")
    with opened(2, data, EM_MIPS) as image:
        found, kinds = split_info(image, info)
    assert found.tolist() == [symbol]
    assert kinds.tolist() == [types[2] | types[1] << 8 | types[0] << 16]


@given(info=st.integers(0, 2**32 - 1), machine=st.sampled_from([EM_MIPS, EM_S390]))
def test_r_info_of_32_bits_has_24_of_symbol_on_every_machine(info: int, machine: int) -> None:
    with opened(1, 1, machine) as image:
        symbol, kind = split_info(image, np.array([info], "<u4"))
    assert (symbol.tolist(), kind.tolist()) == ([info >> 8], [info & 255])


# --- hostile tables: each ends in time, in memory that its file or its limits bound, and says so


def grown() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_relr_of_1_megabyte_of_set_bits_is_decoded_within_bounds() -> None:
    """One address and then bitmaps whose bits are all set: 63 addresses for each 8 bytes."""
    raw = struct.pack("<Q", 0x1000) + b"\xff" * (1 << 20)
    tags = {dt.DT_RELR: None, dt.DT_RELRSZ: len(raw)}
    content = with_table(raw, tags, Elf()).data
    before = grown()
    with at_most(10), elfkit.load(content) as image:
        (table,) = read_relocations(image)
        assert len(table.offset) <= image.source.limits.relocations
    assert len(table.anomalies) == 1  # one word more than 8 Mi addresses allow
    assert unproven(content, table.anomalies) == []
    assert table.offset[-1] == 0x1000 + 8 * (len(table.offset) - 1)
    assert grown() - before < 700 << 20


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


def test_a_packed_table_of_1_megabyte_of_small_groups_ends_in_time() -> None:
    """Groups of one relocation each, in four bytes."""
    groups = (1 << 20) // 4
    raw = b"APS2" + leb(groups) + leb(0) + (leb(1) + leb(3) + leb(8) + leb(7)) * groups
    with at_most(20), opened() as image:
        columns, anomalies = unpack_aps2(image, "DT_ANDROID_REL", raw, 0)
    assert (len(columns.offset), anomalies) == (groups, ())


@pytest.mark.parametrize("tag", ["DT_REL", "DT_RELA", "DT_JMPREL", "DT_RELR", "DT_ANDROID_REL"])
@pytest.mark.parametrize("size", [0, 1, 2**63, 2**64 - 1])
def test_a_table_of_any_claimed_size_is_read_as_far_as_its_segment(tag: str, size: int) -> None:
    number, size_tag = {
        "DT_REL": (dt.DT_REL, dt.DT_RELSZ),
        "DT_RELA": (dt.DT_RELA, dt.DT_RELASZ),
        "DT_JMPREL": (dt.DT_JMPREL, dt.DT_PLTRELSZ),
        "DT_RELR": (dt.DT_RELR, dt.DT_RELRSZ),
        "DT_ANDROID_REL": (dt.DT_ANDROID_REL, dt.DT_ANDROID_RELSZ),
    }[tag]
    built = with_table(bytes(240), {number: None, size_tag: size}, Elf(symbols=(Sym(b"a"),)))
    with at_most(2), elfkit.load(built.data) as image:
        tables = read_relocations(image)
    assert all(len(table.offset) * 8 <= len(built.data) for table in tables)


def test_a_table_that_is_not_mapped_is_left_out() -> None:
    content = build(Elf(tags=((dt.DT_RELA, 0x10), (dt.DT_RELASZ, 240), (dt.DT_RELR, 0x10), (dt.DT_RELRSZ, 8))))
    with elfkit.load(content) as image:
        assert read_relocations(image) == ()
