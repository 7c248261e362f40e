""".eh_frame_hdr: where .eh_frame begins, and a sorted table of its FDEs (LSB, "Exception Frames")."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.dwarf import DW_EH_PE_omit, encoded_width
from elfkit.abi.segments import PT_GNU_EH_FRAME
from elfkit.image.image import Image
from elfkit.image.segments import Segment
from elfkit.tables.dwarf_bytes import DwarfBytes, UnreadableError
from elfkit.tables.encoded_pointers import U64, Mapped, pointers_of

VERSION = 1
HEAD_BYTES = 4 + 2 * 10  # the four bytes of the head, then two numbers in any encoding

EMPTY = np.empty(0, np.uint64)


class FrameHeader(NamedTuple):
    """What PT_GNU_EH_FRAME delimits: address, file offset and size, and what it points to.

    ``frames`` is the address of .eh_frame, None where it is not said; ``claimed`` how many FDEs are claimed, None
    without a table. ``initial_location`` and ``fde`` are the columns of the table as far as it lies in the segment,
    addresses, uint64.
    """

    vaddr: int
    offset: int
    size: int
    frames: int | None
    claimed: int | None
    initial_location: U64
    fde: U64


def frame_header_segment(image: Image) -> Segment | None:
    """Return the last PT_GNU_EH_FRAME with bytes in the file; None if there is none."""
    found = [segment for segment in image.segments if segment.type == PT_GNU_EH_FRAME and segment.filesz]
    return found[-1] if found else None


def read_frame_header(image: Image) -> FrameHeader | None:
    """Return what .eh_frame_hdr says; None without PT_GNU_EH_FRAME, and where its version is not the known one."""
    segment = frame_header_segment(image)
    if segment is None:
        return None
    extent = image.extent_of(segment.vaddr)
    offset = extent.offset if extent else segment.offset
    record = image.layout.eh_frame_hdr
    raw = image.source.view(offset, min(HEAD_BYTES, segment.filesz))
    if len(raw) < record.size or raw[0] != VERSION:
        return None
    _, frames_encoding, count_encoding, table_encoding = record.reader.unpack(raw[: record.size])
    reading = DwarfBytes(raw, segment.vaddr, image.layout, record.size)
    frames: int | None = None
    count: int | None = None
    try:
        if frames_encoding != DW_EH_PE_omit:
            frames = reading.pointer(frames_encoding, segment.vaddr)
        if DW_EH_PE_omit not in (count_encoding, table_encoding):
            count = max(reading.number(count_encoding), 0)
    except UnreadableError:
        count = None
    place = segment._replace(offset=offset)
    table = _table(image, place, reading.place, count or 0, table_encoding)
    return FrameHeader(segment.vaddr, offset, segment.filesz, frames, count, *table)


def _table(image: Image, segment: Segment, start: int, count: int, encoding: int) -> tuple[U64, U64]:
    """Return the two columns of the table that begins ``start`` bytes into the segment."""
    width = encoded_width(encoding, image.layout.word_size)
    if width is None or not count:
        return EMPTY, EMPTY
    rows = min(count, (segment.filesz - start) // (2 * width))
    raw = image.source.view(segment.offset + start, rows * 2 * width)
    mapped = Mapped(raw, segment.vaddr + start, image.layout)
    places = np.arange(len(raw) // (2 * width), dtype=np.int64) * (2 * width)
    first = pointers_of(mapped, places, encoding, segment.vaddr)
    second = pointers_of(mapped, places + width, encoding, segment.vaddr)
    return (EMPTY, EMPTY) if first is None or second is None else (first, second)
