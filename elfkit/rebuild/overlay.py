"""Data behind the last segment: payloads and signatures that their readers find by the size of the file."""

from __future__ import annotations

from elfkit.errors import RefusedError
from elfkit.image.image import Image
from elfkit.rebuild.coverage import first_nonzero

SECTION_NAMES = b".shstrtab\0"  # in what a linker leaves there: the names of the sections the file once had
TAIL = 1 << 20  # bytes at the end of the file in which they are looked for


def refuse_overlay(image: Image) -> None:
    """RefusedError if data that is no remnant of sections lies behind the last segment."""
    end = max([segment.offset + segment.filesz for segment in image.segments], default=0)
    size = image.source.size
    if end >= size or first_nonzero(image, end, size - end) is None:
        return
    begin = max(end, size - TAIL)
    if SECTION_NAMES in image.source.view(begin, size - begin):
        return
    said = f"{size - end} bytes of data lie behind its last segment, at {end:#x}: a payload or a signature is found by"
    raise RefusedError(image.source.name, f"{said} the size of the file, which would grow (overlay=append allows it)")
