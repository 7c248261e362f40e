"""Relocations of every sort as columns, against decoders of plain Python and tables built by construct."""

from __future__ import annotations

import resource
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_MIPS, EM_S390, EM_SPARCV9
from elfkit.formats.relocations import rel, rela
from elfkit.formats.words import words
from elfkit.image.image import Image
from elfkit.tables.relative_relocations import relr_offsets
from elfkit.tables.relocations import Relocations, read_relocations, split_info
from tests.elfwriter import BASE, Elf, Sym, build
from tests.image.proofs import at_most, unproven
from tests.image.samples import every_layout
from tests.tables.relocationwriter import with_table


def opened(elf_class: int = 2, data: int = 1, machine: int = EM_S390) -> Image:
    return elfkit.load(build(Elf(elf_class, data, machine=machine, tags=((dt.DT_RELR, BASE),))))


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


@every_layout
@given(symbol=st.integers(0, 2**32 - 1), extra=st.integers(0, 2**24 - 1), kind=st.integers(0, 255))
def test_r_info_of_sparc64_has_data_between_symbol_and_type(
    elf_class: int, data: int, symbol: int, extra: int, kind: int
) -> None:
    """ELF64_R_TYPE_DATA, the second addend of R_SPARC_OLO10 (type 33)."""
    order = "<" if data == 1 else ">"
    info = symbol << 32 | extra << 8 | kind if elf_class == 2 else (symbol & 0xFFFFFF) << 8 | kind
    with opened(elf_class, data, EM_SPARCV9) as image:
        found, kinds = split_info(image, np.array([info], f"{order}u{4 * elf_class}"))
    assert (found.tolist(), kinds.tolist()) == ([symbol if elf_class == 2 else symbol & 0xFFFFFF], [kind])


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
