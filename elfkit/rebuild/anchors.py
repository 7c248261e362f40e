"""Anchors: rows of the lost section table that the dynamic symbols still name by their index.

``st_shndx`` survives in .dynsym: symbols of one index lay in one section. Allocated sections stand in the table in the
order of their addresses, so the indices say which parts of a segment were sections of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.header import EM_ARM, EM_MIPS
from elfkit.abi.sections import SHN_LORESERVE, SHN_UNDEF
from elfkit.abi.segments import PF_X, PT_TLS
from elfkit.abi.symbols import STT_FUNC, STT_GNU_IFUNC, STT_SECTION, STT_TLS
from elfkit.image.image import Image
from elfkit.rebuild.coverage import sound_loads
from elfkit.tables.symbols import SymbolTable

MOST = 512  # anchors that are ordered: files have up to a dozen


class Anchor(NamedTuple):
    """One index of the lost table, ``number``, and the addresses its symbols span.

    ``first`` is the lowest st_value, ``last`` the highest, ``end`` the highest end of a symbol; ``exact`` if a section
    symbol states where the section began. ``thread`` of thread-local storage, ``code`` if a function is in it.
    ``symbols`` is how many name it, ``largest`` the highest st_size of variables.
    """

    number: int
    first: int
    last: int
    end: int
    symbols: int
    largest: int
    code: bool
    thread: bool
    exact: bool


def find_anchors(image: Image, symbols: SymbolTable) -> tuple[Anchor, ...]:
    """Return the anchors, ascending by index and by address; what contradicts that order is left out."""
    section = symbols.section
    rows = np.flatnonzero((section != SHN_UNDEF) & (section < SHN_LORESERVE))
    if not len(rows):
        return ()
    kind = symbols.type[rows]
    value = mapped_values(image, symbols)[rows]
    code = (kind == STT_FUNC) | (kind == STT_GNU_IFUNC)
    # where a function's value is that of its descriptor, its size is still that of its code
    spans = np.where(code & ~_executable(image, value), np.uint64(0), symbols.size[rows])
    end = value + spans
    order = np.lexsort((value, section[rows]))
    index = section[rows][order]
    starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    counts = np.diff(np.r_[starts, len(index)])
    columns = (
        index[starts],
        value[order][starts],
        np.maximum.reduceat(value[order], starts),
        np.maximum.reduceat(end[order], starts),
        counts,
        np.maximum.reduceat(np.where(code, np.uint64(0), spans)[order], starts),
        np.logical_or.reduceat(code[order], starts),
        np.logical_or.reduceat((kind == STT_TLS)[order], starts),
        np.logical_or.reduceat((kind == STT_SECTION)[order], starts),
    )
    anchors = [Anchor(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    return tuple(_ascending(anchors))


def _executable(image: Image, vaddr: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return the mask of addresses that lie in an executable PT_LOAD."""
    mask = np.zeros(len(vaddr), np.bool_)
    for load in sound_loads(image):
        if load.flags & PF_X and load.memsz:
            mask |= (vaddr >= load.vaddr) & (vaddr <= load.vaddr + load.memsz - 1)
    return mask


def mapped_values(image: Image, symbols: SymbolTable) -> npt.NDArray[np.uint64]:
    """Return st_value of each symbol as an address.

    Thread-local ones count from the start of PT_TLS; ARM and MIPS mark functions of their short encodings in bit 0.
    """
    base = next((segment.vaddr for segment in image.segments if segment.type == PT_TLS), 0)
    mapped = symbols.value + np.where(symbols.type == STT_TLS, np.uint64(base), np.uint64(0))
    marked = (
        (symbols.type == STT_FUNC) if image.header.machine in (EM_ARM, EM_MIPS) else np.zeros(len(mapped), np.bool_)
    )
    return mapped & ~marked.astype(np.uint64)


def _ascending(anchors: list[Anchor]) -> list[Anchor]:
    """Return the longest run of anchors whose addresses ascend with their indices, that of most symbols."""
    best: list[tuple[int, int]] = []  # (symbols, predecessor) of the best run that ends at each anchor
    for place, anchor in enumerate(anchors[:MOST]):
        total, before = 0, -1
        for other in range(place):
            if anchors[other].first <= anchor.first and best[other][0] > total:
                total, before = best[other][0], other
        best.append((total + anchor.symbols, before))
    if not best:
        return []
    place = max(range(len(best)), key=lambda at: best[at][0])
    kept = []
    while place >= 0:
        kept.append(anchors[place])
        place = best[place][1]
    return kept[::-1]
