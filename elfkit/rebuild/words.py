"""Places and their words: the hole around an address, and what the file holds there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.sections import SHF_ALLOC, SHF_WRITE, SHT_PROGBITS
from elfkit.abi.segments import PF_X
from elfkit.evidence import Certainty, Evidence
from elfkit.image.dynamic import Extent
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import Bounds, PlannedSection, Sections
from elfkit.tables.extents import words_at

U64 = npt.NDArray[np.uint64]


class Span(NamedTuple):
    """Addresses [start, end), how surely they bound a section, and why."""

    start: int
    end: int
    certainty: Certainty = Certainty.DERIVED
    because: str = ""


def bounds_of(gathered: Gathered) -> Bounds:
    """Return where sections of the image may lie."""
    return Bounds(tuple([(load.vaddr, load.vaddr + load.memsz) for load in gathered.loads]), gathered.image.source.size)


def hole_at(gathered: Gathered, sections: Sections, vaddr: int) -> Span | None:
    """Return the addresses around ``vaddr`` that the file fills and no section takes; None if it lies in none."""
    load = gathered.segment_at(vaddr)
    if load is None:
        return None
    holes = sections.gaps(load.vaddr, load.vaddr + load.filesz)
    return next((Span(*hole) for hole in holes if hole[0] <= vaddr < hole[1]), None)


def words_of(gathered: Gathered, vaddr: int, size: int, width: int) -> npt.NDArray[Any]:
    """Return the whole words of ``width`` bytes in the ``size`` bytes at ``vaddr``, as far as the file has them."""
    extent = gathered.extent(vaddr)
    if extent is None or size <= 0:
        return np.empty(0, f"u{width}")
    return words_at(gathered.image, Extent(extent.offset, min(size, extent.size)), width)


def bytes_of(gathered: Gathered, vaddr: int, size: int) -> bytes:
    """Return the ``size`` bytes at ``vaddr``, as far as the file has them."""
    extent = gathered.extent(vaddr)
    return b"" if extent is None else gathered.image.source.view(extent.offset, min(size, extent.size))


def outside(words: U64, sections: Sections) -> U64:
    """Return those of ``words`` (ascending) that lie in no planned section."""
    taken = [row for row in sections.mapped if row.size]
    if not taken or not len(words):
        return words
    starts = np.array([min(row.addr, 2**64 - 1) for row in taken], np.uint64)
    ends = np.array([min(row.end, 2**64 - 1) for row in taken], np.uint64)
    place = np.searchsorted(starts, words, side="right")
    free: U64 = words[(place == 0) | (words >= ends[np.maximum(place, 1) - 1])]
    return free


def section_of(
    gathered: Gathered,
    name: str,
    span: Span,
    *,
    flags: int = SHF_WRITE | SHF_ALLOC,
    entsize: int = 0,
    align: int = 1,
    evidence: Iterable[Evidence] = (),
) -> PlannedSection | None:
    """Return a SHT_PROGBITS section at ``span``; None unless the file holds all of it."""
    extent = gathered.extent(span.start)
    size = span.end - span.start
    if extent is None or not 0 < size <= extent.size:
        return None
    return PlannedSection(
        name,
        SHT_PROGBITS,
        flags,
        span.start,
        extent.offset,
        size,
        span.because,
        span.certainty,
        tuple(evidence),
        addralign=align,
        entsize=entsize if entsize and not (span.end - span.start) % entsize else 0,
    )


def targets_of(gathered: Gathered) -> dict[int, int]:
    """Return the slots of JUMP_SLOT by the address of code that each holds in the file."""
    slots = gathered.slots
    if not len(slots.jumps):
        return {}
    first, last = int(slots.jumps[0]), int(slots.jumps[-1])
    words = words_of(gathered, first, last + slots.width - first, slots.width)
    places = ((slots.jumps - slots.jumps[0]) // np.uint64(slots.width)).astype(np.int64)
    places = places[places < len(words)]
    found: dict[int, int] = {}
    codes = [load for load in gathered.loads if load.flags & PF_X]
    for place in places.tolist():
        vaddr = int(words[place])
        if any(0 <= vaddr - load.vaddr < load.filesz for load in codes):
            found.setdefault(vaddr, first + place * slots.width)
    return found
