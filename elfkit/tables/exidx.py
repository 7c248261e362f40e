"""Unwinding on ARM: the index in PT_ARM_EXIDX, and the entries it points to (EHABI32, "Index table entries")."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.header import EM_ARM
from elfkit.abi.segments import PT_ARM_EXIDX
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.tables.dwarf_bytes import DwarfBytes, UnreadableError
from elfkit.tables.encoded_pointers import U64
from elfkit.tables.extents import records_at
from elfkit.tables.lsda import read_lsda

CANTUNWIND = 1
INLINE = 0x80000000  # the entry itself says how to unwind
LONG_ROUTINE = 2  # __aeabi_unwind_cpp_pr2
ENTRY_BYTES = 1 << 16  # of one entry of .ARM.extab are looked at


class ExceptionIndex(NamedTuple):
    """The index: address, file offset and size; ``function`` and ``entry`` are addresses, uint64, by row.

    ``entry`` is 0 where the row needs no entry of .ARM.extab.
    """

    vaddr: int
    offset: int
    size: int
    function: U64
    entry: U64


def read_exception_index(image: Image) -> ExceptionIndex | None:
    """Return the rows of PT_ARM_EXIDX; None if the file is none for ARM, or has no such segment."""
    found = [segment for segment in image.segments if segment.type == PT_ARM_EXIDX and segment.filesz]
    if image.header.machine != EM_ARM or not found:
        return None
    segment = found[-1]
    extent = image.extent_of(segment.vaddr)
    offset = extent.offset if extent else segment.offset
    rows = records_at(image, image.layout.exidx, Extent(offset, segment.filesz))
    places = np.arange(len(rows), dtype=np.uint64) * np.uint64(image.layout.exidx.size) + np.uint64(segment.vaddr)
    action = rows["action"].astype(np.uint64)
    outside = (action != CANTUNWIND) & (action & np.uint64(INLINE) == 0)
    entry = np.where(outside, _prel31(action, places + np.uint64(4)), np.uint64(0))
    return ExceptionIndex(
        segment.vaddr, offset, segment.filesz, _prel31(rows["function"].astype(np.uint64), places), entry
    )


def _prel31(words: U64, places: U64) -> npt.NDArray[np.uint64]:
    """Return the addresses that words at ``places`` stand for: 31 bits, signed, relative to the place."""
    value = words & np.uint64(0x7FFFFFFF)
    value = (value ^ np.uint64(0x40000000)) - np.uint64(0x40000000)
    return (value + places) & np.uint64(0xFFFFFFFF)


def exception_entry_size(image: Image, vaddr: int) -> int | None:
    """Return the bytes of the entry of .ARM.extab at ``vaddr``, its LSDA counted; None if it cannot be read."""
    extent = image.extent_of(vaddr)
    if extent is None:
        return None
    raw = image.source.view(extent.offset, min(extent.size, ENTRY_BYTES))
    reading = DwarfBytes(raw, vaddr, image.layout)
    try:
        word = reading.unsigned(4)
        if word & INLINE:
            return _compact(reading, word)
        instructions = reading.unsigned(4)
        reading.take(4 * (instructions >> 24))
    except UnreadableError:
        return None
    lsda = read_lsda(raw[reading.place :], vaddr + reading.place, image.layout)
    return reading.place + (lsda.size if lsda else 0)


def _compact(reading: DwarfBytes, word: int) -> int:
    """Return the bytes of an entry for one of the ABI's three routines: instructions, then descriptors up to a 0.

    A descriptor is length and offset of a scope, 16 bits each or for the third routine 32; their bits 0 say whether a
    landing pad follows, a landing pad and a type, or a list of types (EHABI32, "The generated exception table").
    """
    routine = word >> 24 & 0xF
    if routine:
        reading.take(4 * (word >> 16 & 0xFF))
    half = 4 if routine == LONG_ROUTINE else 2
    while any(reading.take(4)):
        reading.place -= 4
        length, offset = reading.unsigned(half), reading.unsigned(half)
        if offset & 1:
            count = reading.unsigned(4)
            reading.take(4 * ((count & ~INLINE) + (count >> 31)))
        else:
            reading.take(8 if length & 1 else 4)
    return reading.place
