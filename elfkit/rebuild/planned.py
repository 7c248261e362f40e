"""Planned sections: what will be written, each with why and how surely; links are by name until the writer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from elfkit.abi.sections import SHF_ALLOC, SHF_TLS, SHT_NOBITS, section_type_name
from elfkit.evidence import Certainty, Evidence


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """One row of the table to be written, its fields named as those of Shdr without ``sh_``.

    ``link`` is the name of a section, or "" for none; ``info`` a number, or a name where the field holds an index.
    ``because`` is a clause for the reader, ``evidence`` the bytes behind it. ``index`` is None until rows are numbered.
    """

    name: str
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    because: str
    certainty: Certainty = Certainty.STATED
    evidence: tuple[Evidence, ...] = ()
    link: str = ""
    info: int | str = 0
    addralign: int = 1
    entsize: int = 0
    index: int | None = None

    @property
    def end(self) -> int:
        """The address behind the section."""
        return self.addr + self.size

    @property
    def in_memory(self) -> bool:
        """Whether it takes addresses of its own: .tbss is a template that is mapped nowhere."""
        thread_zeros = self.type == SHT_NOBITS and bool(self.flags & SHF_TLS)
        return bool(self.flags & SHF_ALLOC) and not thread_zeros

    def numbered(self, index: int) -> PlannedSection:
        """Return the section with its place in the table."""
        return replace(self, index=index)

    def to_dict(self, machine: int) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "index": self.index,
            "name": self.name,
            "type": section_type_name(self.type, machine),
            "flags": self.flags,
            "addr": self.addr,
            "offset": self.offset,
            "size": self.size,
            "link": self.link,
            "info": self.info,
            "addralign": self.addralign,
            "entsize": self.entsize,
            "certainty": self.certainty.value,
            "because": self.because,
            "evidence": [item.to_dict() for item in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Rejected:
    """A section that some evidence asked for and other evidence forbids."""

    section: PlannedSection
    why: str


class Bounds(NamedTuple):
    """Where sections may lie: addresses that a PT_LOAD maps, as (start, end), and the bytes of the file."""

    spans: tuple[tuple[int, int], ...]
    file_size: int


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections planned so far: ``mapped`` ascending by address and never overlapping, and the ``others``."""

    mapped: tuple[PlannedSection, ...] = ()
    others: tuple[PlannedSection, ...] = ()
    rejected: tuple[Rejected, ...] = ()

    def adding(self, found: Iterable[PlannedSection], *, bounds: Bounds) -> Sections:
        """Return these with ``found``; rejected is what overlaps an earlier section, or lies outside the bounds."""
        mapped, others, rejected = list(self.mapped), list(self.others), list(self.rejected)
        starts = [section.addr for section in mapped]
        for section in found:
            place = before = bisect_right(starts, section.addr)
            while before and not mapped[before - 1].size:  # empty rows may stand where a longer one begins
                before -= 1
            why = _misplaced(section, mapped[max(before - 1, 0) : place + 1], bounds)
            if why:
                rejected.append(Rejected(section, why))
            elif section.in_memory:
                starts.insert(place, section.addr)
                mapped.insert(place, section)
            else:
                others.append(section)
        return Sections(tuple(mapped), tuple(others), tuple(rejected))

    def allocated(self) -> tuple[PlannedSection, ...]:
        """Return the sections that a segment holds in the order of the table: .tbss stands where its zeros would be."""
        zeros = [section for section in self.others if section.flags & SHF_ALLOC]
        return tuple(sorted((*zeros, *self.mapped), key=lambda section: (section.addr, section.size > 0)))

    def outside_memory(self) -> tuple[PlannedSection, ...]:
        """Return the sections that are not loaded, in the order they were found."""
        return tuple([section for section in self.others if not section.flags & SHF_ALLOC])

    def named(self, name: str) -> PlannedSection | None:
        """Return the first section of that name; None if there is none."""
        return next((section for section in (*self.mapped, *self.others) if section.name == name), None)

    def at(self, vaddr: int) -> PlannedSection | None:
        """Return the section that holds the byte mapped at ``vaddr``; None in a gap."""
        place = bisect_right(self.mapped, vaddr, key=lambda section: section.addr)
        while place and self.mapped[place - 1].size == 0:
            place -= 1
        section = self.mapped[place - 1] if place else None
        return section if section is not None and section.addr <= vaddr < section.end else None

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the address ranges of [start, end) that no section takes, ascending."""
        found = []
        for section in self.mapped:
            if section.end <= start or section.addr >= end or not section.size:
                continue
            if section.addr > start:
                found.append((start, section.addr))
            start = max(start, section.end)
        if start < end:
            found.append((start, end))
        return found


def _misplaced(section: PlannedSection, around: Sequence[PlannedSection], bounds: Bounds) -> str:
    """Return why ``section`` cannot be where it is, beside those ``around`` it; "" if it can."""
    if section.type != SHT_NOBITS and section.offset + section.size > bounds.file_size:
        return "it ends behind the file"
    if not section.in_memory:
        return ""
    if not any(low <= section.addr and section.end <= high for low, high in bounds.spans):
        return "it lies in no PT_LOAD"
    clash = [row for row in around if row.addr < section.end and section.addr < row.end]
    return f"it overlaps {clash[0].name}" if clash else ""
