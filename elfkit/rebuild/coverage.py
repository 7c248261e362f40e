"""Which loaded bytes lie in no section. ``strip`` drops them if they do not: none that is not zero may."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.image.image import Image
from elfkit.image.segments import Segment
from elfkit.rebuild.planned import Sections

CHUNK = 1 << 16


def sound_loads(image: Image) -> tuple[Segment, ...]:
    """Return the PT_LOADs that lie within the address space, p_filesz cut to p_memsz: what a loader would map."""
    top = 1 << (8 * image.layout.word_size)
    inside = [load for load in image.loads if load.vaddr + load.memsz <= top]
    return tuple([load._replace(filesz=min(load.filesz, load.memsz)) for load in inside])


def loaded_gaps(image: Image, sections: Sections, load: Segment) -> Iterator[tuple[int, int]]:
    """Yield the address ranges of ``load`` in the file that no section takes, ascending.

    The ELF header and the program headers are left out: no section ever holds them, every tool keeps them.
    """
    header, layout = image.header, image.layout
    table = header.phoff + len(image.segments) * layout.phdr.size
    shift = load.vaddr - load.offset
    headers = sorted(((shift, shift + layout.ehdr.size), (shift + header.phoff, shift + table)))
    for start, end in sections.gaps(load.vaddr, load.vaddr + load.filesz):
        place = start
        for low, high in headers:
            if place < min(high, end) and low < end:
                if place < low:
                    yield place, low
                place = min(high, end)
        if place < end:
            yield place, end


def first_nonzero(image: Image, offset: int, size: int) -> int | None:
    """Return the file offset of the first byte of ``size`` at ``offset`` that is not zero; None if all are."""
    for place in range(offset, offset + size, CHUNK):
        raw = image.source.unbudgeted(place, min(CHUNK, offset + size - place))
        kept = len(raw.lstrip(b"\0"))
        if kept:
            return place + len(raw) - kept
        if not raw:
            return None
    return None


def last_nonzero(image: Image, offset: int, size: int) -> int | None:
    """Return the file offset of the last byte of ``size`` at ``offset`` that is not zero; None if all are."""
    end = min(offset + size, image.source.size)
    while end > offset:
        place = max(offset, end - CHUNK)
        kept = len(image.source.unbudgeted(place, end - place).rstrip(b"\0"))
        if kept:
            return place + kept - 1
        end = place
    return None
