"""What the relocations of many images do with their symbols, as one column of flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.binding import copy_relocation
from elfkit.abi.relocations import descriptor_relocations
from elfkit.formats.layout import Layout, Record
from elfkit.tables.linkage import Linkage
from elfkit.tables.relocations import Relocations, split_words

NOW, LAZY, COPIED = 1, 2, 4  # at load, when it is first called, by a copy in the program


class _Symbols(NamedTuple):
    """The symbols of images one after the other: where each image's begin, how many they are, what uses each."""

    layout: Layout
    machine: int
    bases: npt.NDArray[np.intp]
    counts: npt.NDArray[np.intp]
    uses: npt.NDArray[np.uint8]


def symbol_uses(
    layout: Layout, machine: int, linkages: Sequence[Linkage], counts: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint8]:
    """Return for the symbols of ``linkages``, ``counts`` of each one after the other, what relocations do with them.

    All are of one layout and machine. Symbols that no relocation names have 0: no loader looks for them.
    """
    symbols = _Symbols(layout, machine, np.cumsum(counts) - counts, counts, np.zeros(int(counts.sum()), np.uint8))
    for lazy in (False, True):
        for with_addend, record in ((False, layout.rel), (True, layout.rela)):
            tables = [
                (image, table.raw)
                for image, linkage in enumerate(linkages)
                for table in linkage.relocations
                if table.raw and table.lazy is lazy and table.with_addend is with_addend
            ]
            if tables:
                _mark(symbols, tables, record, LAZY if lazy else NOW)
    return symbols.uses


def _mark(symbols: _Symbols, tables: Sequence[tuple[int, bytes]], record: Record, flag: int) -> None:
    """Add what the relocations in ``tables``, each with the number of its image, do with their symbols."""
    whole = [(image, raw[: len(raw) // record.size * record.size]) for image, raw in tables]
    info = np.frombuffer(b"".join([raw for _, raw in whole]), record.dtype)["r_info"]
    symbol, kind = split_words(symbols.layout, symbols.machine, info)
    lengths = np.array([len(raw) // record.size for _, raw in whole], np.intp)
    image = np.repeat(np.array([image for image, _ in whole], np.intp), lengths)
    named = np.flatnonzero(symbol)
    image, symbol, kind = image[named], symbol[named], kind[named]
    inside = symbol < symbols.counts[image]
    row = symbols.bases[image[inside]] + symbol[inside]
    copied = row[kind[inside] == copy_relocation(symbols.machine)]
    marks = np.zeros_like(symbols.uses)
    marks[row] = flag
    # those among calls are not lazy: glibc completes descriptors at load (2.34 and later)
    described = np.isin(kind[inside], descriptor_relocations(symbols.machine))
    marks[row[described]] = NOW
    marks[copied] |= np.uint8(COPIED)
    np.bitwise_or(symbols.uses, marks, out=symbols.uses)


def packed_as_rel(layout: Layout, tables: Sequence[Relocations]) -> bytes:
    """Return decoded relocations with a symbol as entries of DT_REL."""
    if not tables:
        return b""
    symbol = np.concatenate([table.symbol for table in tables]).astype(np.uint64)
    kind = np.concatenate([table.type for table in tables]).astype(np.uint64)
    keep = np.flatnonzero(symbol)
    shift = np.uint64(8 if layout.word_size == 4 else 32)
    rows = np.zeros(len(keep), layout.rel.dtype)
    rows["r_info"] = (symbol[keep] << shift) | kind[keep]
    return rows.tobytes()
