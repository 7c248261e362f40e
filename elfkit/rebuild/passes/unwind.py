"""Stack unwinding: .eh_frame_hdr, .eh_frame, and the tables of those ABIs that have a segment for them."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import EM_ARM, EM_IA_64, EM_PARISC, EM_PPC64
from elfkit.abi.sections import (
    SHF_ALLOC,
    SHF_INFO_LINK,
    SHF_LINK_ORDER,
    SHF_WRITE,
    SHT_ARM_EXIDX,
    SHT_IA_64_UNWIND,
    SHT_PROGBITS,
)
from elfkit.abi.segments import PF_W, PT_ARM_EXIDX, PT_IA_64_UNWIND, PT_PARISC_UNWIND, segment_name
from elfkit.evidence import Evidence
from elfkit.image.segments import Segment
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.tables.eh_frame import EhFrame
from elfkit.tables.eh_frame_hdr import frame_header_segment

FRAME_ALIGNS = {EM_PPC64: 4}
"""Alignment of .eh_frame where gcc does not align it as an address, measured on the C libraries of 29 ABIs."""


class Row(NamedTuple):
    """A segment type of one machine that stands for a section about the code in .text."""

    machine: int
    segment: int
    name: str
    type: int
    flags: int
    addralign: int
    entsize: int = 0


ROWS = (
    # EHABI32 "Exception index table"; aaelf32 "Special sections"
    Row(EM_ARM, PT_ARM_EXIDX, ".ARM.exidx", SHT_ARM_EXIDX, SHF_ALLOC | SHF_LINK_ORDER, 4),
    # Itanium psABI "Special sections"
    Row(EM_IA_64, PT_IA_64_UNWIND, ".IA_64.unwind", SHT_IA_64_UNWIND, SHF_ALLOC | SHF_LINK_ORDER, 8),
    # binutils elf-hppa: an index in sh_info, no type of its own
    Row(EM_PARISC, PT_PARISC_UNWIND, ".PARISC.unwind", SHT_PROGBITS, SHF_ALLOC | SHF_INFO_LINK, 4, 4),
)


def unwind_segment_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return the unwind tables that are a segment of their own: .ARM.exidx, .IA_64.unwind, .PARISC.unwind."""
    del sections
    return [
        _of_segment(gathered, segment, row)
        for row in ROWS
        if row.machine == gathered.machine
        for segment in gathered.segments(row.segment)
        if segment.filesz
    ]


def _of_segment(gathered: Gathered, segment: Segment, row: Row) -> PlannedSection:
    return PlannedSection(
        row.name,
        row.type,
        row.flags,
        segment.vaddr,
        segment.offset,
        segment.filesz,
        f"the segment {segment_name(segment.type, gathered.machine)}",
        evidence=(gathered.image.segment_evidence(segment, "p_offset"),),
        link=".text" if row.flags & SHF_LINK_ORDER else "",
        info=".text" if row.flags & SHF_INFO_LINK else 0,
        addralign=row.addralign,
        entsize=row.entsize,
    )


def frame_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .eh_frame_hdr, which PT_GNU_EH_FRAME delimits, and .eh_frame, which it points to or which is found."""
    del sections
    image = gathered.image
    found = []
    segment = frame_header_segment(image)
    proofs: tuple[Evidence, ...] = ()
    if segment is not None:
        proofs = (image.segment_evidence(segment, "p_offset"),)
        because = "the segment PT_GNU_EH_FRAME"
        place = (segment.vaddr, segment.offset, segment.filesz)
        found.append(
            PlannedSection(
                ".eh_frame_hdr",
                SHT_PROGBITS,
                alloc_flags(gathered, segment.vaddr),
                *place,
                because,
                evidence=proofs,
                addralign=4,
            )
        )
    frames = gathered.unwind
    if frames is not None and frames.size:
        found.append(_frames(gathered, frames, proofs))
    return found


def _frames(gathered: Gathered, frames: EhFrame, proofs: tuple[Evidence, ...]) -> PlannedSection:
    image = gathered.image
    if frames.header is None:
        because = f"a chain of {len(frames.start)} FDEs and their CIEs, all about code of this file"
        proofs = (Evidence("CIE", frames.offset, image.source.view(frames.offset, 16), None),)
    else:
        because = ".eh_frame_hdr points to it; its records go up to "
        because += "a terminator" if frames.terminated else "what is no record"
        offset = frames.header.offset
        proofs += (Evidence("eh_frame_ptr", offset, image.source.view(offset, 8), frames.vaddr),)
    align = FRAME_ALIGNS.get(gathered.machine, gathered.word_size)
    return PlannedSection(
        ".eh_frame",
        SHT_PROGBITS,
        alloc_flags(gathered, frames.vaddr),
        frames.vaddr,
        frames.offset,
        frames.size,
        because,
        frames.certainty,
        proofs,
        addralign=alignment(frames.vaddr, align),
    )


def alloc_flags(gathered: Gathered, vaddr: int) -> int:
    """Return SHF_ALLOC, with SHF_WRITE where the PT_LOAD at ``vaddr`` is writable."""
    load = gathered.segment_at(vaddr)
    return SHF_ALLOC | (SHF_WRITE if load is not None and load.flags & PF_W else 0)


def alignment(vaddr: int, most: int) -> int:
    """Return the largest power of two up to ``most`` that ``vaddr`` is a multiple of."""
    return min(vaddr & -vaddr or most, most)
