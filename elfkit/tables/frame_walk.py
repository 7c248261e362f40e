"""From record to record through .eh_frame to its terminator (Linux Standard Base, "Exception Frames")."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.tables.dwarf_bytes import DwarfBytes, UnreadableError
from elfkit.tables.encoded_pointers import Mapped
from elfkit.tables.frame_records import EXTENDED, cie_at

WINDOW = 1 << 16
HEAD_BYTES = 16  # of a record: its length, in 4 or 12 bytes, and the way to its CIE
CIE_ROOM = 64  # bytes that tell whether a CIE begins
MOST_RECORDS = 1 << 20


class FrameWalk(NamedTuple):
    """The walk's end as a distance from the section's start, and the FDEs it met, as distances too.

    ``size`` is 0 where not even one record or a terminator was met; ``cie`` is the first CIE that an FDE points to, 0
    without one; ``records`` how many the walk went on behind, terminators too.
    """

    size: int
    terminated: bool
    fdes: list[int]
    cie: int
    records: int


class _Record(NamedTuple):
    """Where a record ends, and its CIE: itself if it is one, None for a terminator."""

    end: int
    cie: int | None


class _Window:
    """Bytes of .eh_frame around the walk, read on as it goes on."""

    def __init__(self, image: Image, vaddr: int, extent: Extent) -> None:
        self.image = image
        self.vaddr = vaddr
        self.extent = extent
        self.start = 0
        self.raw = b""

    def at(self, place: int, size: int) -> bytes:
        """Return up to ``size`` bytes that lie ``place`` behind the section's start."""
        if place < self.start or place + size > self.start + len(self.raw):
            self.start = place
            room = min(max(size, WINDOW), self.extent.size - place)
            self.raw = self.image.source.view(self.extent.offset + place, room)
        return self.raw[place - self.start : place - self.start + size]

    def begins_cie(self, place: int) -> bool:
        """Return whether a CIE begins at ``place``."""
        if place < 0:
            return False
        raw = self.at(place, CIE_ROOM)
        return cie_at(Mapped(raw, self.vaddr + place, self.image.layout), 0) is not None

    def record_at(self, place: int) -> _Record | None:
        """Return the record at ``place``; None if none is there as a whole."""
        reading = DwarfBytes(self.at(place, HEAD_BYTES), self.vaddr + place, self.image.layout)
        try:
            length = reading.unsigned(4)
            if not length:
                return _Record(place + 4, None)
            if length == EXTENDED:
                length = reading.unsigned(8)
            start = place + reading.place
            identity = reading.unsigned(4)
        except UnreadableError:
            return None
        if length < 4 or start + length > self.extent.size:
            return None
        return _Record(start + length, start - identity if identity else place)


def walk_frames(image: Image, vaddr: int, extent: Extent, first: int = 0, *, most: int = MOST_RECORDS) -> FrameWalk:
    """Walk from the record ``first`` bytes behind ``vaddr``, the start of .eh_frame, within ``extent``.

    A terminator ends the walk unless a CIE follows it: linkers join sections that have one each. So does what is
    neither a CIE nor points back to one, and the last of ``most`` records.
    """
    window = _Window(image, vaddr, extent)
    place, size, terminated, cies = first, 0, False, set[int]()
    fdes: list[int] = []
    records = 0
    while records < most:
        record = window.record_at(place)
        if record is None:
            break
        if record.cie is None:
            size, terminated = record.end, True
            if not window.begins_cie(record.end):
                break
        elif record.cie in cies or window.begins_cie(record.cie):
            if record.cie != place:
                cies.add(record.cie)
                fdes.append(place)
            size, terminated = record.end, False
        else:
            break
        place = record.end
        records += 1
    return FrameWalk(size, terminated, fdes, min(cies, default=0), records)
