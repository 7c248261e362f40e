"""The build-id: NT_GNU_BUILD_ID among the notes of the PT_NOTE segments (gABI, "Note Section")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elfkit.abi.notes import NT_GNU_BUILD_ID, OWNER_GNU
from elfkit.abi.segments import PT_NOTE
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image
from elfkit.image.segments import Segment


class Note(NamedTuple):
    """One note: owner without its NUL, type, file offset of the descriptor, descriptor bytes."""

    owner: bytes
    type: int
    offset: int
    descriptor: bytes


def build_id_fact(image: Image) -> Fact[str | None]:
    """The build-id in hexadecimal; None where no note holds one."""
    seen: set[int] = set()  # segments may overlap: each place is read once
    for segment in image.segments:
        if segment.type != PT_NOTE or segment.offset in seen:
            continue
        seen.add(segment.offset)
        for note in notes(image, segment):
            if note.owner == OWNER_GNU and note.type == NT_GNU_BUILD_ID:
                proof = Evidence("NT_GNU_BUILD_ID", note.offset, note.descriptor[:64], None)
                return Fact(note.descriptor.hex(), Certainty.STATED, (proof,))
    return Fact(None, Certainty.DERIVED)


def notes(image: Image, segment: Segment) -> Iterator[Note]:
    """Yield the notes of a PT_NOTE segment; names and descriptors are padded to 8 bytes where p_align is 8."""
    record = image.layout.nhdr
    raw = image.source.view(segment.offset, min(segment.filesz, image.source.limits.string_table_bytes))
    pad = 8 if segment.align == 8 else 4
    place = 0
    while place + record.size <= len(raw):
        namesz, descsz, note_type = record.reader.unpack_from(raw, place)
        name_at = place + record.size
        # padding counts from the note's start: with 8-byte notes "GNU\0" after 12 bytes needs none
        desc_at = place + _padded(record.size + namesz, pad)
        if desc_at + descsz > len(raw):
            return
        owner = raw[name_at : name_at + namesz].rstrip(b"\0")
        yield Note(owner, note_type, segment.offset + desc_at, raw[desc_at : desc_at + descsz])
        place += _padded(desc_at - place + descsz, pad)


def _padded(size: int, align: int) -> int:
    return (size + align - 1) // align * align
