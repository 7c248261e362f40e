"""Where a file has its build attributes: in a segment where the machine has one for them, else in a section."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from elfkit.abi.attributes import TAG_FILE
from elfkit.abi.machines import Machine, machine
from elfkit.abi.sections import SHT_GNU_ATTRIBUTES, section_type_name
from elfkit.abi.segments import segment_name
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.formats.attributes import Attribute, Broken, read_attributes
from elfkit.image.header import Opened
from elfkit.image.sections import sections_of_type
from elfkit.image.segments import Segment

ORDERS = {1: "little", 2: "big"}
MOST_PLACES = 4  # the processor's own, GNU's, and some room for what a linker doubled
MOST_TEXT = 4096  # of an attribute, in the evidence
SHOWN = 8  # bytes in the evidence of what is broken
KEPT, KEPT_BYTES = 256, 1024  # contents remembered, and of what size: most files of a tree have the same


class Place(NamedTuple):
    """One section or segment of attributes: its name, file offset, bytes, and those that are about the whole file."""

    name: str
    offset: int
    raw: bytes
    rows: tuple[Attribute, ...]


class Attributes(NamedTuple):
    """The attributes of a file as a whole, and what is wrong with the sections that hold them."""

    places: tuple[Place, ...]
    anomalies: tuple[Anomaly, ...]

    def last(self, vendor: str, tag: int) -> tuple[Attribute, Evidence] | None:
        """Return the attribute of this vendor with this tag, of several the last, and its evidence; None without."""
        for place in reversed(self.places):
            for row in reversed(place.rows):
                if row.tag == tag and row.vendor == vendor:
                    value = row.text[:MOST_TEXT] or row.number
                    proof = Evidence(f"{place.name} tag {tag}", place.offset + row.offset, row.raw[:64], value)
                    return row, proof
        return None


NO_ATTRIBUTES = Attributes((), ())


def read_attribute_places(opened: Opened, segments: tuple[Segment, ...]) -> Attributes:
    """Return the attributes of a file; none for a machine that nobody registered."""
    row = machine(opened.header.machine)
    if row is None:
        return NO_ATTRIBUTES
    found: list[Place] = []
    anomalies: list[Anomaly] = []
    for name, offset, size in _places(opened, segments, row):
        raw = opened.source.view(offset, min(size, opened.source.limits.string_table_bytes))
        read = _remembered if len(raw) <= KEPT_BYTES else _read
        rows, broken = read(raw, ORDERS[opened.layout.data])
        found.append(Place(name, offset, raw, rows))
        if broken is not None:
            at = Evidence(name, offset + broken.offset, raw[broken.offset : broken.offset + SHOWN], None)
            anomalies.append(Anomaly(Damage.ATTRIBUTES, at, f"{name}: {broken.detail}", "what was read until there"))
    return Attributes(tuple(found), tuple(anomalies)) if found else NO_ATTRIBUTES


def _read(raw: bytes, order: str) -> tuple[tuple[Attribute, ...], Broken | None]:
    attributes, broken = read_attributes(raw, order)
    return tuple([attribute for attribute in attributes if attribute.scope == TAG_FILE]), broken


_remembered = lru_cache(KEPT)(_read)


def _places(opened: Opened, segments: tuple[Segment, ...], row: Machine) -> list[tuple[str, int, int]]:
    """Return name, file offset and size of each: of the segment where there is one, else of the sections."""
    if row.attribute_segment:
        own = [segment for segment in segments if segment.type == row.attribute_segment and segment.filesz]
        if own:  # PT_RISCV_ATTRIBUTES is not mapped: its p_offset counts, its p_vaddr says nothing
            return [(segment_name(s.type, row.e_machine), s.offset, s.filesz) for s in own[:MOST_PLACES]]
    wanted = (row.attribute_section, SHT_GNU_ATTRIBUTES) if row.attribute_section else (SHT_GNU_ATTRIBUTES,)
    sections = sections_of_type(opened, wanted)[:MOST_PLACES]
    return [(section_type_name(s.type, row.e_machine), s.offset, s.size) for s in sections]
