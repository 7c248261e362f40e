"""What a damaged section header table still says of bytes that are not loaded: .symtab, .debug_*, .comment..."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from elfkit.abi.sections import SHF_ALLOC, SHT_NOBITS, SHT_NULL, SHT_STRTAB, SHT_SYMTAB
from elfkit.evidence import Certainty, Evidence
from elfkit.image.image import Image
from elfkit.image.sections import Section
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections

MOST_ROWS = 4096  # of a damaged table that are looked at
LONGEST_NAME = 256
OWN = ".shstrtab"  # names of sections are written anew


def salvaged_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return the rows of the table at e_shoff that describe bytes behind the segments, each once, and have a name.

    No loader reads such bytes, so nothing else in the file says where they are. A symbol table needs its strings.
    """
    del sections
    image = gathered.image
    rows = list(_rows(image))
    names = _names(image, [row for _, row in rows])
    behind = max([load.offset + load.filesz for load in image.loads], default=0)
    found: dict[int, PlannedSection] = {}
    for number, (offset, row) in enumerate(rows):
        name = _name(names, row.name)
        if name and name != OWN and _usable(image, row, behind) and not _shared(row, list(found.values())):
            found[number] = _section(image, offset, row, name)
    titles = {number: section.name for number, section in found.items() if section.type == SHT_STRTAB}
    linked = [(section, titles.get(rows[number][1].link, "")) for number, section in found.items()]
    return [_relinked(section, link) for section, link in linked if link or section.type != SHT_SYMTAB]


def _rows(image: Image) -> Iterator[tuple[int, Section]]:
    """Yield (file offset, row) of the table, row 0 included, as far as it lies in the file."""
    record, shoff = image.layout.shdr, image.header.shoff
    if not shoff or image.header.shentsize not in (0, record.size):
        return
    raw = image.source.view(shoff, min(image.header.shnum or MOST_ROWS, MOST_ROWS) * record.size)
    for number, row in enumerate(record.reader.iter_unpack(raw[: len(raw) // record.size * record.size])):
        yield shoff + number * record.size, Section(*row)


def _names(image: Image, rows: list[Section]) -> bytes:
    """Return the string table of section names: that which e_shstrndx names, else the one that calls itself so."""
    stated = rows[image.header.shstrndx : image.header.shstrndx + 1]
    for row in (*stated, *rows):
        if row.type == SHT_STRTAB and not row.flags & SHF_ALLOC and row.offset + row.size <= image.source.size:
            raw = image.source.view(row.offset, min(row.size, image.source.limits.string_table_bytes))
            if _name(raw, row.name) == OWN:
                return raw
    return b""


def _name(names: bytes, place: int) -> str:
    raw = names[place : place + LONGEST_NAME].split(b"\0", 1)
    return raw[0].decode("ascii", "ignore") if len(raw) == 2 and raw[0].isascii() and raw[0][:1] == b"." else ""


def _usable(image: Image, row: Section, behind: int) -> bool:
    if row.type in (SHT_NULL, SHT_NOBITS) or row.flags & SHF_ALLOC or not row.size:
        return False
    if row.type == SHT_SYMTAB and (row.entsize != image.layout.sym.size or row.size % row.entsize):
        return False
    return behind <= row.offset and row.offset + row.size <= image.source.size


def _shared(row: Section, found: list[PlannedSection]) -> bool:
    return any(row.offset < other.offset + other.size and other.offset < row.offset + row.size for other in found)


def _section(image: Image, offset: int, row: Section, name: str) -> PlannedSection:
    proof = Evidence("Shdr", offset, image.source.view(offset, image.layout.shdr.size), None)
    return PlannedSection(
        name,
        row.type,
        row.flags,
        0,
        row.offset,
        row.size,
        "a row of the damaged table whose bytes lie behind the segments",
        Certainty.BOUNDED,
        (proof,),
        info=row.info if row.type == SHT_SYMTAB else 0,
        addralign=row.addralign if row.addralign in (1, 2, 4, 8, 16, 32, 64) else 1,
        entsize=row.entsize,
    )


def _relinked(section: PlannedSection, link: str) -> PlannedSection:
    return replace(section, link=link)
