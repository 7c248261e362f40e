"""Data behind the last segment: payloads and signatures that their readers find by the size of the file.

What a linker left there, sections that are not loaded, their names and their table, is nobody's: it ends with the names
or with the table, and whatever comes behind those is somebody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from elfkit.abi.sections import SHF_ALLOC, SHT_NOBITS, SHT_NULL, SHT_STRTAB
from elfkit.errors import Option, RefusedError
from elfkit.image.image import Image
from elfkit.image.sections import Section
from elfkit.rebuild.coverage import first_nonzero

MAGIC = b"\x7fELF"  # of another file: no linker leaves one among its sections
OWN_NAME = b"\0.shstrtab\0"
# names of sections around that one, and behind them perhaps a table of other names, which begins with a NUL
NAMES = re.compile(rb"(?:[\x20-\xff]+\0)*(?:\0(?:[\x20-\xff]+\0)+)?")
MOST_TRIED = 4  # places that could be the names of sections
MOST_ROWS = 0x10000
TABLE_ALIGN = 4  # of a section header table, at least
ALIGNMENTS = {0, *[1 << bit for bit in range(32)]}
FARTHEST = 64  # bytes of padding before a section header table


def refuse_overlay(image: Image) -> None:
    """RefusedError if data that is no remnant of sections lies behind the last segment."""
    end = max([segment.offset + segment.filesz for segment in image.segments], default=0)
    size = image.source.size
    if end >= size or first_nonzero(image, end, size - end) is None:
        return
    if size - end > image.source.limits.bytes_read or _is_foreign(image, end):
        said = f"{size - end} bytes of data lie behind its last segment, at {end:#x}: a payload or a signature is found"
        said += " by the size of the file, which would grow"
        raise RefusedError(image.source.name, said, (Option("overlay", True, "allows it"),))  # noqa: FBT003  # its value


def _is_foreign(image: Image, end: int) -> bool:
    """Return whether what lies behind ``end`` is more than a linker leaves there."""
    tail, described = _without_table(image, end)
    return not described and (MAGIC in tail or not any(_ends(image, tail, end, at) for at in _names(tail)))


def _without_table(image: Image, end: int) -> tuple[bytes, bool]:
    """Return what lies behind ``end``, zeros for the table at e_shoff, and whether its rows describe all of it."""
    tail = bytearray(image.source.unbudgeted(end, image.source.size - end))
    header, record = image.header, image.layout.shdr
    if header.shoff < end or header.shoff >= image.source.size:
        return bytes(tail), False
    raw = image.source.unbudgeted(header.shoff, header.shnum * record.size)
    tail[header.shoff - end : header.shoff - end + len(raw)] = bytes(len(raw))
    left = bytearray(tail)
    for row in _rows(image, raw):
        loaded = row.flags & SHF_ALLOC or row.type in (SHT_NULL, SHT_NOBITS)
        if not loaded and end <= row.offset and row.offset + row.size <= header.shoff:
            left[row.offset - end : row.offset - end + row.size] = bytes(row.size)
    return bytes(tail), not left.strip(b"\0")


def _rows(image: Image, raw: bytes) -> Iterator[Section]:
    record = image.layout.shdr
    return (Section(*row) for row in record.reader.iter_unpack(raw[: len(raw) // record.size * record.size]))


def _names(tail: bytes) -> Iterator[int]:
    """Yield where the name .shstrtab lies beside another name of a section, the last places first."""
    place = len(tail)
    for _ in range(MOST_TRIED):
        place = tail.rfind(OWN_NAME, 0, place)
        if place < 0:
            return
        before = tail[tail.rfind(b"\0", 0, place) + 1 : place]
        if before.startswith(b".") or tail[place + len(OWN_NAME) :].startswith(b"."):
            yield place + 1


def _ends(image: Image, tail: bytes, start: int, place: int) -> bool:
    """Return whether nothing comes behind the names around ``place`` of ``tail`` but a table and zeros."""
    found = NAMES.match(tail, place)
    end = found.end() if found else place
    if not tail[end:].strip(b"\0"):
        return True
    first = start + end
    for at in range(-(-first // TABLE_ALIGN) * TABLE_ALIGN, first + FARTHEST, TABLE_ALIGN):
        count = _table_rows(image, tail[at - start :], start + place)
        if count and not tail[at - start + count * image.layout.shdr.size :].strip(b"\0"):
            return True
    return False


def _table_rows(image: Image, raw: bytes, names: int) -> int:
    """Return how many rows of a section header table ``raw`` begins with; 0 unless one holds what is at ``names``."""
    size = image.layout.shdr.size
    if raw[:size].strip(b"\0"):  # row 0
        return 0
    count = sound = held = 0
    for number, row in enumerate(_rows(image, raw[: MOST_ROWS * size])):
        within = row.type == SHT_NOBITS or row.offset + row.size <= image.source.size
        if row.type != SHT_NULL and within and row.addralign in ALIGNMENTS:
            count, sound = number + 1, sound + 1
            held |= row.type == SHT_STRTAB and row.offset <= names < row.offset + row.size
    return count if held and 2 * sound > count - 1 else 0  # row 0 apart, a row may be damaged
