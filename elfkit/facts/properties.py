"""GNU properties: what all code of a file keeps, and what it needs (NT_GNU_PROPERTY_TYPE_0; the Linux gABI supplement).

A property's word is the AND, or the OR, of what every object file said when they were linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from elfkit.abi.machines import machine
from elfkit.abi.machines.row import Property
from elfkit.abi.notes import NT_GNU_PROPERTY_TYPE_0, OWNER_GNU
from elfkit.abi.segments import PT_GNU_PROPERTY
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.build_id import all_notes, notes
from elfkit.image.image import Image

WORD = 4
MOST = 256  # properties of one file: linkers write four


class GnuProperty(NamedTuple):
    """One property of four bytes, where they lie in the file, and the number they are."""

    type: int
    offset: int
    raw: bytes
    value: int


def gnu_properties(image: Image) -> tuple[GnuProperty, ...]:
    """Return the properties with one word of data: from PT_GNU_PROPERTY, and without it from the PT_NOTE segments."""
    own = next((segment for segment in image.segments if segment.type == PT_GNU_PROPERTY and segment.filesz), None)
    found: list[GnuProperty] = []
    for note in all_notes(image, []) if own is None else notes(image, own, []):
        if note.owner == OWNER_GNU and note.type == NT_GNU_PROPERTY_TYPE_0:
            for row in _words(image, note.descriptor, note.offset):
                if len(found) == MOST:
                    return tuple(found)
                found.append(row)
    return tuple(found)


def _words(image: Image, raw: bytes, start: int) -> Iterator[GnuProperty]:
    """Yield the words among the properties of one note; each is padded to the size of an address."""
    record, pad = image.layout.gnu_property, image.layout.word_size
    order: Literal["little", "big"] = "little" if image.layout.data == 1 else "big"
    place = 0
    while place + record.size <= len(raw):
        pr_type, size = record.reader.unpack_from(raw, place)
        place += record.size
        data = raw[place : place + size]
        if size == WORD and len(data) == WORD:
            yield GnuProperty(pr_type, start + place, data, int.from_bytes(data, order))
        place += (size + pad - 1) // pad * pad


def find_bits(properties: Iterable[GnuProperty], rows: Iterable[Property]) -> list[tuple[str, Evidence]]:
    """Return name and evidence of each row whose bit is set in every word of its type, in the order of the rows."""
    words: dict[int, list[GnuProperty]] = {}
    for found in properties:
        words.setdefault(found.type, []).append(found)
    return [
        (row.name, Evidence(f"GNU property {row.type:#x}", own[-1].offset, own[-1].raw, own[-1].value))
        for row in rows
        if (own := words.get(row.type)) and all(word.value & row.bit for word in own)
    ]


def properties_fact(image: Image, properties: Iterable[GnuProperty]) -> Fact[tuple[str, ...]]:
    """The protections that all code of the file keeps: IBT, SHSTK, BTI, PAC, GCS... ; () where a file marks none."""
    row = machine(image.header.machine)
    found = find_bits(properties, row.properties) if row else []
    if not found:
        return Fact((), Certainty.DERIVED)
    return Fact(tuple([name for name, _ in found]), Certainty.STATED, tuple(dict.fromkeys([p for _, p in found])))
