""".eh_frame: how far it goes, and the functions its FDEs describe (Linux Standard Base, "Exception Frames")."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.dynamic import DT_PLTGOT
from elfkit.evidence import Certainty
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.tables.eh_frame_hdr import FrameHeader, read_frame_header
from elfkit.tables.encoded_pointers import I64, U64, Mapped
from elfkit.tables.frame_records import FdeColumns, fde_columns
from elfkit.tables.frame_walk import walk_frames

MOST_TERMINATORS = 2  # behind the first


class EhFrame(NamedTuple):
    """Where .eh_frame lies, and its FDEs: those of the header's table in its order, then the others.

    ``header`` is None if the section was found without. ``size`` goes up to behind the last terminator, if the records
    are ``terminated`` by one, else behind the last whole record. The columns are uint64 and of one length: ``start``
    and ``length`` of the code, and ``lsda``, the address of its language specific data, 0 where there is none.
    ``listed`` FDEs come from the header's table.
    """

    header: FrameHeader | None
    vaddr: int
    offset: int
    size: int
    terminated: bool
    start: U64
    length: U64
    lsda: U64
    listed: int
    certainty: Certainty


def read_eh_frame(image: Image) -> EhFrame | None:
    """Return the .eh_frame that .eh_frame_hdr points to; None if there is none, or no record is where it points.

    What the header's table lists is not walked: the walk begins at the last of its FDEs.
    """
    header = read_frame_header(image)
    extent = _room(image, header.frames) if header is not None and header.frames is not None else None
    if header is None or header.frames is None or extent is None:
        return None
    vaddr = header.frames
    distances = header.fde - np.uint64(vaddr)  # those before it wrap around, to behind its end
    known = distances < np.uint64(extent.size)
    listed = distances[known].astype(np.int64)
    last = int(listed.max(initial=0))
    walk = walk_frames(image, vaddr, extent, last)
    if last and not walk.fdes:  # no FDE is where the table says
        listed, known, last = listed[:0], known & False, 0
        walk = walk_frames(image, vaddr, extent)
    if not walk.size:
        return None
    found = np.asarray(walk.fdes[1:] if len(listed) else walk.fdes, np.int64)
    columns = columns_of(image, vaddr, Extent(extent.offset, walk.size), np.concatenate([listed, found]))
    columns.start[: len(listed)] = header.initial_location[known]
    whole = walk.terminated and len(listed) == header.claimed
    certainty = Certainty.DERIVED if whole else Certainty.BOUNDED
    size = walk.size
    if walk.terminated:
        size += more_terminators(image, vaddr, extent, size, columns.lsda)
    return EhFrame(header, vaddr, extent.offset, size, walk.terminated, *columns, len(listed), certainty)


def _room(image: Image, vaddr: int) -> Extent | None:
    """Return what of the file is mapped from ``vaddr`` on, cut to the file and to what addresses there are."""
    extent = image.extent_of(vaddr)
    if extent is None:
        return None
    top = 1 << (8 * image.layout.word_size)
    return Extent(extent.offset, max(min(extent.size, image.source.size - extent.offset, top - 1 - vaddr), 0))


def more_terminators(image: Image, vaddr: int, extent: Extent, size: int, lsda: U64) -> int:
    """Return the bytes of terminators behind ``size`` that reach to the first LSDA, or to the end of the segment.

    Zeros between two sections are padding, but no linker pads the end of a segment, and few LSDAs need any. glibc has
    a terminator of its own before that of crtend.o.
    """
    bounds = [vaddr + extent.size]
    behind = lsda[lsda >= np.uint64(vaddr + size)]
    bounds += [int(behind.min())] if len(behind) else []
    room = min(bounds) - vaddr - size
    if room > MOST_TERMINATORS * 4 or room % 4 or any(image.source.view(extent.offset + size, room)):
        return 0
    word = image.layout.word_size
    if room < extent.size - size and room < word and (vaddr + size + room) % word == 0:
        return 0  # padding before a table of words explains it as well
    return room


def columns_of(image: Image, vaddr: int, extent: Extent, places: I64) -> FdeColumns:
    """Return what the FDEs at ``places`` say, of an .eh_frame mapped at ``vaddr`` that takes all of ``extent``."""
    mapped = Mapped(image.source.view(*extent), vaddr, image.layout)
    values = image.dynamic.values if image.dynamic else {}
    return fde_columns(mapped, places, values.get(DT_PLTGOT, 0))
