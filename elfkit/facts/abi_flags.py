"""Elf_MIPS_ABIFlags, in which MIPS files say what they demand (MIPS O32 ABI - FR0 and FR1 Interlinking)."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.machines import machine
from elfkit.abi.sections import section_type_name
from elfkit.abi.segments import segment_name
from elfkit.evidence import Evidence
from elfkit.image.image import Image
from elfkit.image.sections import sections_of_type


class AbiFlags(NamedTuple):
    """The record's fields that something is concluded from; ``source`` names the segment or section."""

    source: str
    offset: int
    raw: bytes
    spans: dict[str, tuple[int, int]]
    isa_level: int
    isa_rev: int
    fp_abi: int
    isa_ext: int
    ases: int

    def evidence(self, field: str) -> Evidence:
        """Return one field as evidence."""
        within, size = self.spans[field]
        raw = self.raw[within : within + size]
        return Evidence(f"{self.source} {field}", self.offset + within, raw, int(getattr(self, field)))


def abi_flags(image: Image) -> AbiFlags | None:
    """Return the record: from its segment, and where there is none from its section; None if it is not whole."""
    row = machine(image.header.machine)
    if row is None or not row.abi_flags_segment:
        return None
    segment = next((s for s in image.segments if s.type == row.abi_flags_segment), None)
    if segment is not None:
        return _read(image, segment_name(segment.type, row.e_machine), segment.offset, segment.filesz)
    section = next(iter(sections_of_type(image.opened, (row.abi_flags_section,))), None)
    if section is not None:
        return _read(image, section_type_name(section.type, row.e_machine), section.offset, section.size)
    return None


def _read(image: Image, source: str, offset: int, size: int) -> AbiFlags | None:
    record = image.layout.mips_abiflags
    raw = image.source.view(offset, record.size)
    if size < record.size or len(raw) < record.size:
        return None
    _, level, rev, _, _, _, fp_abi, isa_ext, ases, _, _ = record.reader.unpack(raw)
    return AbiFlags(source, offset, raw, record.spans, level, rev, fp_abi, isa_ext, ases)
