"""Sections that a program header delimits: its span is the section's."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import EM_MIPS, EM_MIPS_RS3_LE, EM_RISCV
from elfkit.abi.sections import (
    SHF_ALLOC,
    SHF_MIPS_NOSTRIP,
    SHF_TLS,
    SHF_WRITE,
    SHT_DYNAMIC,
    SHT_MIPS_ABIFLAGS,
    SHT_MIPS_OPTIONS,
    SHT_MIPS_REGINFO,
    SHT_NOBITS,
    SHT_PROGBITS,
    SHT_RISCV_ATTRIBUTES,
)
from elfkit.abi.segments import (
    PF_W,
    PT_INTERP,
    PT_MIPS_ABIFLAGS,
    PT_MIPS_OPTIONS,
    PT_MIPS_REGINFO,
    PT_RISCV_ATTRIBUTES,
    PT_TLS,
    segment_name,
)
from elfkit.evidence import Certainty
from elfkit.image.segments import Segment
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections


class Row(NamedTuple):
    """A segment type that stands for one section; ``machines`` empty: on every machine."""

    segment: int
    name: str
    type: int
    flags: int
    addralign: int
    entsize: int = 0
    machines: tuple[int, ...] = ()


MIPS = (EM_MIPS, EM_MIPS_RS3_LE)
ROWS = (
    Row(PT_INTERP, ".interp", SHT_PROGBITS, SHF_ALLOC, 1),
    Row(PT_MIPS_ABIFLAGS, ".MIPS.abiflags", SHT_MIPS_ABIFLAGS, SHF_ALLOC, 8, 24, MIPS),
    Row(PT_MIPS_REGINFO, ".reginfo", SHT_MIPS_REGINFO, SHF_ALLOC, 4, 24, MIPS),
    Row(PT_MIPS_OPTIONS, ".MIPS.options", SHT_MIPS_OPTIONS, SHF_ALLOC | SHF_MIPS_NOSTRIP, 8, 1, MIPS),
    Row(PT_RISCV_ATTRIBUTES, ".riscv.attributes", SHT_RISCV_ATTRIBUTES, 0, 1, 0, (EM_RISCV,)),
)


def delimited_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return the sections that are a segment of their own: .interp, .MIPS.abiflags, .riscv.attributes..."""
    del sections
    found: list[PlannedSection] = []
    for row in ROWS:
        if not row.machines or gathered.machine in row.machines:
            held = [segment for segment in gathered.segments(row.segment) if segment.filesz]
            found += [_section(gathered, segment, row) for segment in held]
    return found


def _section(gathered: Gathered, segment: Segment, row: Row) -> PlannedSection:
    name = segment_name(segment.type, gathered.machine)
    return PlannedSection(
        row.name,
        row.type,
        row.flags,
        segment.vaddr if row.flags & SHF_ALLOC else 0,
        segment.offset,
        segment.filesz,
        f"the segment {name}",
        evidence=(gathered.image.segment_evidence(segment, "p_offset"),),
        addralign=row.addralign,
        entsize=row.entsize,
    )


def dynamic_section(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .dynamic, which PT_DYNAMIC delimits; writable where its PT_LOAD is."""
    del sections
    segment = gathered.image.dynamic_segment
    dynamic = gathered.image.dynamic
    if segment is None or dynamic is None:
        return []
    load = gathered.segment_at(segment.vaddr)
    writable = SHF_WRITE if load is not None and load.flags & PF_W else 0
    word = gathered.word_size
    return [
        PlannedSection(
            ".dynamic",
            SHT_DYNAMIC,
            SHF_ALLOC | writable,
            segment.vaddr,
            dynamic.offset,
            segment.filesz,
            "the segment PT_DYNAMIC",
            evidence=(gathered.image.segment_evidence(segment, "p_offset"),),
            link=".dynstr",
            addralign=word,
            entsize=2 * word,
        )
    ]


def thread_local_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .tdata and .tbss: the part of PT_TLS that the file holds, and the zeros behind it."""
    del sections
    found = []
    for segment in gathered.segments(PT_TLS)[-1:]:
        proof = (gathered.image.segment_evidence(segment, "p_memsz"),)
        common = SHF_WRITE | SHF_ALLOC | SHF_TLS
        align = max(segment.align, 1)
        if segment.filesz:
            start, size = segment.vaddr, segment.filesz
            because = "PT_TLS up to p_filesz"
            found.append(
                PlannedSection(
                    ".tdata",
                    SHT_PROGBITS,
                    common,
                    start,
                    segment.offset,
                    size,
                    because,
                    evidence=proof,
                    addralign=align,
                )
            )
        if segment.memsz > segment.filesz:
            found.append(_thread_zeros(gathered, segment))
    return found


def _thread_zeros(gathered: Gathered, segment: Segment) -> PlannedSection:
    # between the two lies padding to the alignment of .tbss, of which only that of PT_TLS is known to be enough
    word = min(gathered.word_size, max(segment.align, 1))
    start = segment.vaddr + segment.filesz
    known = segment.filesz == 0 or segment.align <= word or start % segment.align == 0
    if not known:
        start = min(-(-start // word) * word, segment.vaddr + segment.memsz)
    within = start - segment.vaddr
    return PlannedSection(
        ".tbss",
        SHT_NOBITS,
        SHF_WRITE | SHF_ALLOC | SHF_TLS,
        start,
        segment.offset + within,
        segment.memsz - within,
        "PT_TLS from p_filesz to p_memsz",
        Certainty.STATED if known else Certainty.BOUNDED,
        (gathered.image.segment_evidence(segment, "p_memsz"),),
        addralign=word,
    )
