"""Section headers, where there are any: one more witness, never a need (gABI, "Sections")."""

from __future__ import annotations

from enum import Enum, unique
from typing import NamedTuple

from elfkit.abi.sections import SHN_XINDEX
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.header import Opened, header_evidence


class Section(NamedTuple):
    """The fields of Shdr, named without their ``sh_``; ``name`` is the offset in the string table of names."""

    name: int
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int


@unique
class SectionHeaders(Enum):
    """Whether the file has a section header table that can be read."""

    PRESENT = "present"
    ABSENT = "absent"
    DAMAGED = "damaged"


class SectionTable(NamedTuple):
    """The state of the table, its rows as far as they lie in the file, and what is wrong with it."""

    state: SectionHeaders
    rows: tuple[Section, ...]
    names: int  # index of the section that holds the names
    anomalies: tuple[Anomaly, ...]


def section_count(opened: Opened) -> tuple[int, int]:
    """Return how many section headers there are and which holds the names, extended numbering resolved.

    With e_shnum 0 the count is sh_size of section header 0, with e_shstrndx SHN_XINDEX the index is its sh_link.
    """
    source, records, header = opened
    if header.shnum and header.shstrndx != SHN_XINDEX:
        return header.shnum, header.shstrndx
    raw = source.view(header.shoff, records.shdr.size)
    if len(raw) < records.shdr.size:
        return header.shnum, header.shstrndx
    first = Section(*records.shdr.reader.unpack(raw))
    return header.shnum or first.size, first.link if header.shstrndx == SHN_XINDEX else header.shstrndx


def section_headers(opened: Opened) -> tuple[SectionHeaders, tuple[Anomaly, ...]]:
    """Return the state of the table and why it is damaged if it is, from the header and the file's size alone."""
    source, records, header = opened
    if not header.shoff:
        return SectionHeaders.ABSENT, ()
    count, names = section_count(opened)
    if not count and header.shoff + records.shdr.size <= source.size:
        return SectionHeaders.ABSENT, ()
    end = header.shoff + count * records.shdr.size
    if header.shentsize != records.shdr.size:
        problem = f"e_shentsize is {header.shentsize}, not {records.shdr.size}"
        return SectionHeaders.DAMAGED, (_damaged(header_evidence(opened, "e_shentsize"), problem),)
    if end > source.size or not count:
        problem = f"the table of {count} section headers ends at {end:#x}, the file at {source.size:#x}"
        return SectionHeaders.DAMAGED, (_damaged(header_evidence(opened, "e_shoff"), problem),)
    if names >= count:
        problem = f"e_shstrndx is {names}, there are {count} section headers"
        return SectionHeaders.DAMAGED, (_damaged(header_evidence(opened, "e_shstrndx"), problem),)
    return SectionHeaders.PRESENT, ()


def _damaged(proof: Evidence, problem: str) -> Anomaly:
    return Anomaly(Damage.SECTION_HEADERS, proof, problem, "section headers are not used")


def read_sections(opened: Opened) -> SectionTable:
    """Return the section header table; rows only where it is whole."""
    source, records, header = opened
    state, anomalies = section_headers(opened)
    if state is not SectionHeaders.PRESENT:
        return SectionTable(state, (), 0, anomalies)
    count, names = section_count(opened)
    size = records.shdr.size
    raw = source.view(header.shoff, min(count, source.limits.section_headers) * size)
    rows = records.shdr.reader.iter_unpack(raw[: len(raw) // size * size])
    return SectionTable(state, tuple([Section(*row) for row in rows]), names, anomalies)


def sections_of_type(opened: Opened, types: tuple[int, ...]) -> list[Section]:
    """Return the sections of these types; most files have none, and for them no row of the table is made."""
    source, records, header = opened
    if section_headers(opened)[0] is not SectionHeaders.PRESENT:
        return []
    record = records.shdr
    raw = source.view(header.shoff, min(section_count(opened)[0], source.limits.section_headers) * record.size)
    within, width = record.spans["sh_type"]
    found: list[Section] = []
    for wanted in types:
        mark = wanted.to_bytes(width, "little" if records.data == 1 else "big")
        place = raw.find(mark)
        while place >= 0:
            number, odd = divmod(place - within, record.size)
            if not odd and (number + 1) * record.size <= len(raw):
                found.append(Section(*record.reader.unpack_from(raw, number * record.size)))
            place = raw.find(mark, (number + 1) * record.size + within)  # the same place of the next row
    return found
