""".eh_frame without .eh_frame_hdr: a chain of records that describes the code, looked for in all that is mapped."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from elfkit.abi.segments import PF_X
from elfkit.evidence import Certainty
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.image.segments import Segment
from elfkit.tables.eh_frame import EhFrame, columns_of, more_terminators
from elfkit.tables.encoded_pointers import U64
from elfkit.tables.frame_walk import MOST_RECORDS, FrameWalk, walk_frames

# A length below 4096, the id of a CIE, its version, an augmentation that gcc and clang write, and the code alignment:
# almost nothing in code or data looks like that, so that few places are looked at closely. The search is for zeros that
# a literal begins with, four times as fast as one for the length before them.
_REST = rb"\0\0\0\0[\1\3\4](?:(?:z[PLRSBG]{0,6})?\0[^\0]|eh\0)"
LENGTHS = {"<": re.compile(rb"[^\0][\0-\x0f]", re.DOTALL), ">": re.compile(rb"\0\0[\0-\x0f][^\0]", re.DOTALL)}
CIES = {"<": (2, re.compile(rb"\0\0" + _REST, re.DOTALL)), ">": (4, re.compile(_REST, re.DOTALL))}
"""Of each byte order how many bytes of the length stand before what is searched for, and that; they match LENGTHS."""

CHUNK = 1 << 20
OVERLAP = 32
SOON = 4  # records within which the first FDE follows
MOST_CANDIDATES = 1 << 16


def find_eh_frame(image: Image) -> EhFrame | None:
    """Return the longest chain of CIEs and FDEs whose FDEs all describe code of the file; None if there is none.

    An FDE has to point back to a CIE of the chain, and to code in a segment that is executable.
    """
    best: EhFrame | None = None
    looks = 0
    for load in _searched(image):
        behind = 0
        for place in _candidates(image, load):
            if place < behind:
                continue
            looks += 1
            if looks > MOST_CANDIDATES:
                return best
            start, walk = _chain(image, load, place)
            if walk.fdes or walk.records >= SOON:  # CIEs without an FDE are not walked from again and again
                behind = start + walk.size
            if not walk.fdes:
                continue
            found = _frames(image, load, start, walk)
            if found is not None and (best is None or len(best.start) < len(found.start)):
                best = found
    return best


def _searched(image: Image) -> Iterator[Segment]:
    """Yield the PT_LOADs cut to the file, as long as they are not more than the file twice over."""
    top = 1 << (8 * image.layout.word_size)
    left = 2 * image.source.size
    for load in image.loads:
        size = min(load.filesz, image.source.size - load.offset)
        if 0 < size <= left and load.vaddr + size < top:
            left -= size
            yield load._replace(filesz=size)


def _chain(image: Image, load: Segment, place: int) -> tuple[int, FrameWalk]:
    """Return the chain at ``place``, or the one it leads to: what no FDE points to need not be a CIE."""
    walk = _walk(image, load, place, SOON)
    if not walk.fdes:
        return place, walk
    return place + walk.cie, _walk(image, load, place + walk.cie, MOST_RECORDS)


def _walk(image: Image, load: Segment, place: int, most: int) -> FrameWalk:
    extent = Extent(load.offset + place, load.filesz - place)
    return walk_frames(image, load.vaddr + place, extent, most=most)


def _frames(image: Image, load: Segment, place: int, walk: FrameWalk) -> EhFrame | None:
    """Return the chain as what it would be; None if an FDE describes anything but code."""
    vaddr, extent = load.vaddr + place, Extent(load.offset + place, load.filesz - place)
    columns = columns_of(image, vaddr, Extent(extent.offset, walk.size), np.asarray(walk.fdes, np.int64))
    if not _describes_code(image, columns.start, columns.length):
        return None
    size = walk.size + (more_terminators(image, vaddr, extent, walk.size, columns.lsda) if walk.terminated else 0)
    return EhFrame(None, vaddr, extent.offset, size, walk.terminated, *columns, 0, Certainty.GUESSED)


def _candidates(image: Image, load: Segment) -> Iterator[int]:
    """Yield how far into the segment something lies that looks like a CIE, ascending."""
    ahead, pattern = CIES[image.layout.order]
    length = LENGTHS[image.layout.order]
    for start in range(0, load.filesz, CHUNK):
        raw = image.source.unbudgeted(load.offset + start, min(CHUNK + OVERLAP, load.filesz - start))
        match = pattern.search(raw, ahead)
        while match is not None and match.start() - ahead < CHUNK:
            if length.match(raw, match.start() - ahead):
                yield start + match.start() - ahead
            match = pattern.search(raw, match.start() + 1)


def _describes_code(image: Image, start: U64, length: U64) -> bool:
    """Return whether each FDE describes bytes of an executable segment."""
    known = np.zeros(len(start), np.bool_)
    for load in image.loads:
        if load.flags & PF_X:
            within = start - np.uint64(load.vaddr)
            known |= (start >= np.uint64(load.vaddr)) & (within < np.uint64(load.memsz)) & (length > 0)
    return bool(known.all())
