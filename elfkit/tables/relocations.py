"""Relocations as columns: DT_REL, DT_RELA, DT_JMPREL (gABI, "Relocation")."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import (
    DT_ANDROID_REL,
    DT_ANDROID_RELA,
    DT_ANDROID_RELASZ,
    DT_ANDROID_RELSZ,
    DT_JMPREL,
    DT_PLTREL,
    DT_PLTRELSZ,
    DT_REL,
    DT_RELA,
    DT_RELASZ,
    DT_RELR,
    DT_RELRSZ,
    DT_RELSZ,
)
from elfkit.abi.header import EM_MIPS, EM_SPARCV9
from elfkit.evidence import Anomaly
from elfkit.formats.layout import Layout
from elfkit.image.image import Image
from elfkit.tables.extents import records_at, table_extent, words_at
from elfkit.tables.packed_relocations import unpack_aps2
from elfkit.tables.relative_relocations import relr_offsets

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]


class Relocations(NamedTuple):
    """The entries of one table, named by its tag ("DT_RELA"), in file order.

    ``offset`` is uint64, ``type`` and ``symbol`` (index in DT_SYMTAB) uint32, ``addend`` int64, None where the
    table has none (REL: the addend lies at the offset). Of MIPS64's three types the first is the low byte.
    """

    table: str
    offset: U64
    type: U32
    symbol: U32
    addend: npt.NDArray[np.int64] | None
    anomalies: tuple[Anomaly, ...] = ()

    def largest_symbol(self) -> int:
        """Return the largest symbol index of the table; 0 where it is empty."""
        return int(self.symbol.max(initial=0))


TABLES = ((DT_REL, DT_RELSZ, "DT_REL"), (DT_RELA, DT_RELASZ, "DT_RELA"), (DT_JMPREL, DT_PLTRELSZ, "DT_JMPREL"))
PACKED = ((DT_ANDROID_REL, DT_ANDROID_RELSZ, "DT_ANDROID_REL"), (DT_ANDROID_RELA, DT_ANDROID_RELASZ, "DT_ANDROID_RELA"))


def read_relocations(image: Image) -> tuple[Relocations, ...]:
    """Return every relocation table of ``image``, RELR and Android's packed tables decoded; empty ones left out."""
    values = image.dynamic.values if image.dynamic else {}
    tables = [_plain(image, tag, size, name) for tag, size, name in TABLES if tag in values]
    tables += [_packed(image, tag, size, name) for tag, size, name in PACKED if tag in values]
    if DT_RELR in values:
        tables.append(_relative(image))
    return tuple(table for table in tables if len(table.offset) or table.anomalies)


def _plain(image: Image, tag: int, size_tag: int, name: str) -> Relocations:
    with_addend = tag == DT_RELA
    if tag == DT_JMPREL and image.dynamic:
        with_addend = image.dynamic.values.get(DT_PLTREL) == DT_RELA
    record = image.layout.rela if with_addend else image.layout.rel
    rows = records_at(image, record, table_extent(image, tag, size_tag))
    symbol, kind = split_info(image, rows["r_info"])
    addend = rows["r_addend"].astype(np.int64) if with_addend else None
    return Relocations(name, rows["r_offset"].astype(np.uint64), kind, symbol, addend)


def split_info(image: Image, info: npt.NDArray[Any]) -> tuple[U32, U32]:
    """Return (symbol, type) of the image's r_info."""
    return split_words(image.layout, image.header.machine, info)


def split_words(layout: Layout, machine: int, info: npt.NDArray[Any]) -> tuple[U32, U32]:
    """Return (symbol, type) of r_info: 24 + 8 bits in ELFCLASS32, 32 + 32 in ELFCLASS64.

    SPARC64 has 24 bits of data between symbol and type (R_SPARC_OLO10). Little-endian MIPS64 keeps the symbol in the
    first four bytes and the types in reverse order behind it (MIPS64 psABI, "Relocation"); big-endian it looks like
    any other.
    """
    if layout.word_size == 4:
        words = info.astype(np.uint32)
        return words >> np.uint32(8), words & np.uint32(0xFF)
    wide = info.astype(np.uint64)
    high, low = (wide >> np.uint64(32)).astype(np.uint32), wide.astype(np.uint32)
    if machine == EM_SPARCV9:
        return high, low & np.uint32(0xFF)
    if machine != EM_MIPS:
        return high, low
    if layout.order == ">":
        return high, low & np.uint32(0xFFFFFF)
    return low, high.byteswap() & np.uint32(0xFFFFFF)


def _relative(image: Image) -> Relocations:
    words = words_at(image, table_extent(image, DT_RELR, DT_RELRSZ), image.layout.word_size)
    offsets, anomalies = relr_offsets(image, words)
    nothing = np.zeros(len(offsets), np.uint32)
    return Relocations("DT_RELR", offsets, nothing, nothing, None, anomalies)


def _packed(image: Image, tag: int, size_tag: int, name: str) -> Relocations:
    extent = table_extent(image, tag, size_tag)
    raw = image.source.view(*extent) if extent else b""
    columns, anomalies = unpack_aps2(image, name, raw, extent.offset if extent else 0)
    symbol, kind = split_info(image, columns.info)
    addend = columns.addend if tag == DT_ANDROID_RELA else None
    return Relocations(name, columns.offset, kind, symbol, addend, anomalies)
