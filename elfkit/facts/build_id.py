"""The build-id: NT_GNU_BUILD_ID among the notes of the PT_NOTE segments (gABI, "Note Section")."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from elfkit.abi.notes import NT_GNU_BUILD_ID, OWNER_GNU
from elfkit.abi.segments import PT_NOTE
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence, Fact
from elfkit.image.image import Image
from elfkit.image.segments import Segment

OFFSET = attrgetter("offset")


class Note(NamedTuple):
    """One note: owner without its NUL, type, file offset of the descriptor, descriptor bytes.

    ``start`` and ``end`` are the file offsets of the whole note, its padding included.
    """

    owner: bytes
    type: int
    offset: int
    descriptor: bytes
    start: int
    end: int


def build_id_fact(image: Image) -> tuple[Fact[str | None], tuple[Anomaly, ...]]:
    """Return the build-id in hexadecimal, None where no note holds one; and notes that leave their segment."""
    anomalies: list[Anomaly] = []
    for note in all_notes(image, anomalies):
        if note.owner == OWNER_GNU and note.type == NT_GNU_BUILD_ID:
            proof = Evidence("NT_GNU_BUILD_ID", note.offset, note.descriptor[:64], None)
            return Fact(note.descriptor.hex(), Certainty.STATED, (proof,)), tuple(anomalies)
    return Fact(None, Certainty.DERIVED), tuple(anomalies)


def all_notes(image: Image, anomalies: list[Anomaly]) -> Iterator[Note]:
    """Yield the notes of all PT_NOTE segments, each place once however many segments cover it."""
    covered = 0
    for segment in sorted(image.of_type(PT_NOTE), key=OFFSET):
        if segment.filesz and segment.offset >= covered:  # one that begins inside another holds nothing new
            covered = segment.offset + segment.filesz
            yield from notes(image, segment, anomalies)


def notes(image: Image, segment: Segment, anomalies: list[Anomaly]) -> Iterator[Note]:
    """Yield the notes of a PT_NOTE segment; names and descriptors are padded to 8 bytes where p_align is 8."""
    record = image.layout.nhdr
    raw = image.source.view(segment.offset, min(segment.filesz, image.source.limits.string_table_bytes))
    pad = 8 if segment.align == 8 else 4
    place = 0
    while place + record.size <= len(raw):
        namesz, descsz, note_type = record.reader.unpack_from(raw, place)
        name_at = place + record.size
        # padding counts from the note's start: with 8-byte notes "GNU\0" after 12 bytes needs none
        desc_at = place + (record.size + namesz + pad - 1) // pad * pad
        if desc_at + descsz > len(raw):
            proof = Evidence("PT_NOTE", segment.offset + place, raw[place : place + record.size], None)
            detail = f"a note of {namesz} + {descsz} bytes leaves its segment of {segment.filesz}"
            anomalies.append(Anomaly(Damage.NOTES, proof, detail, "it and what follows are not read"))
            return
        owner = raw[name_at : name_at + namesz].rstrip(b"\0")
        start = segment.offset + place
        place += (desc_at - place + descsz + pad - 1) // pad * pad
        descriptor = raw[desc_at : desc_at + descsz]
        yield Note(owner, note_type, segment.offset + desc_at, descriptor, start, segment.offset + place)
