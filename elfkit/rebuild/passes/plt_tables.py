"""Linkage tables that the loader writes: .plt where it is data, .iplt, and the function descriptors of .opd."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_FINI, DT_INIT, DT_JMPREL, DT_PLTGOT, DT_PPC64_OPD, DT_PPC64_OPDSZ
from elfkit.abi.header import EM_PPC64
from elfkit.abi.procedure_linkage import PltTable, plt_table
from elfkit.abi.sections import SHN_UNDEF, SHT_NOBITS
from elfkit.abi.segments import PF_W, PF_X
from elfkit.abi.symbols import STT_FUNC, STT_GNU_IFUNC
from elfkit.evidence import Certainty
from elfkit.image.segments import Segment
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.slots import U64, run_end, within
from elfkit.rebuild.words import Span, bytes_of, hole_at, outside, section_of, words_of

DERIVED = Certainty.DERIVED
DESCRIPTOR = 24  # bytes of a function descriptor: code, TOC pointer, environment (64-bit PowerPC ELF ABI, 3.2.4)


def plt_table_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .plt and .iplt of the machines whose procedure linkage table is written by the loader."""
    row = plt_table(gathered.machine, gathered.image.header.flags)
    calls = outside(gathered.slots.calls, sections)
    if row is None or not len(calls):
        return []
    first, last = int(calls[0]), int(calls[-1])
    start, end = first - row.header, last + row.entry
    pltgot = gathered.value(DT_PLTGOT)
    regular = last - first == (len(calls) - 1) * row.entry
    if not regular or (row.header and start != pltgot):
        return []
    end += _tail(gathered, row, end)
    entries = f"{len(calls)} entries of {row.entry} bytes for the slots of DT_JMPREL"
    span = Span(start, end, DERIVED, f"{entries} behind {row.header} reserved bytes" if row.header else entries)
    section = _table(gathered, sections, ".plt", span, row)
    if section is None:
        return []
    indirect = _indirect(gathered, sections, row, section.end)
    return [section] if indirect is None else [section, indirect]


def _table(
    gathered: Gathered, sections: Sections, name: str, span: Span, row: PltTable, *, entsize: int | None = None
) -> PlannedSection | None:
    """Return the section; of SHT_NOBITS only where the file holds zeros in its place, or nothing."""
    load = gathered.segment_at(span.start)
    if load is None or span.end > load.vaddr + load.memsz or sections.at(span.start) is not None:
        return None
    entsize = row.entsize if entsize is None else entsize
    proofs = gathered.proofs(DT_PLTGOT, DT_JMPREL)
    section = section_of(
        gathered, name, span, flags=row.flags, entsize=entsize, align=row.align, evidence=proofs
    ) or PlannedSection(
        name,
        SHT_NOBITS,
        row.flags,
        span.start,
        load.offset + min(span.start - load.vaddr, load.filesz),
        span.end - span.start,
        span.because,
        span.certainty,
        proofs,
        addralign=row.align,
        entsize=entsize,
    )
    empty = row.type == SHT_NOBITS and not any(bytes_of(gathered, span.start, span.end - span.start))
    return replace(section, type=SHT_NOBITS) if empty else section


def _tail(gathered: Gathered, row: PltTable, end: int) -> int:
    """Return the bytes of what a linker puts behind the last entry."""
    if row.tail_word is None:
        return 0
    words = words_of(gathered, end, 4, 4)
    return row.tail if len(words) and int(words[0]) == row.tail_word else 0


def _indirect(gathered: Gathered, sections: Sections, row: PltTable, start: int) -> PlannedSection | None:
    """Return .iplt: entries for the IRELATIVE relocations outside DT_JMPREL, right behind .plt or close to it."""
    slots = outside(gathered.slots.indirect, sections)
    if not len(slots) or row.type != SHT_NOBITS or not len(within(slots, start, start + 16)):
        return None
    first, last = int(slots[0]), int(slots[-1])
    if last - first != (len(slots) - 1) * row.entry:
        return None
    because = f"{len(slots)} entries of {row.entry} bytes that IRELATIVE relocations write"
    return _table(gathered, sections, ".iplt", Span(first, last + row.entry, DERIVED, because), row, entsize=0)


def descriptor_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .opd of 64-bit PowerPC ELFv1: by its tags, or the run of function descriptors that the symbols are in."""
    if gathered.machine != EM_PPC64 or gathered.image.header.flags & 3 == 2:
        return []
    start, size = gathered.value(DT_PPC64_OPD), gathered.value(DT_PPC64_OPDSZ)
    proofs = gathered.proofs(DT_PPC64_OPD, DT_PPC64_OPDSZ)
    if start is not None and size is not None:
        stated = Span(start, start + size, Certainty.STATED, "DT_PPC64_OPD and DT_PPC64_OPDSZ")
        section = section_of(gathered, ".opd", stated, align=8, evidence=proofs)
        return [] if section is None else [section]
    place = _a_descriptor(gathered)
    hole = None if place is None else hole_at(gathered, sections, place)
    if place is None or hole is None:
        return []
    span = _descriptors(gathered, hole, place)
    section = None if span is None else section_of(gathered, ".opd", span, align=8)
    return [] if section is None else [section]


def _a_descriptor(gathered: Gathered) -> int | None:
    """Return the address of a function that lies in a writable segment without code: that is its descriptor."""
    symbols = gathered.symbols
    functions = ((symbols.type == STT_FUNC) | (symbols.type == STT_GNU_IFUNC)) & (symbols.section != SHN_UNDEF)
    named = [int(symbols.value[functions].min())] if functions.any() else []
    stated = [gathered.value(tag) or 0 for tag in (DT_INIT, DT_FINI)]
    for value in (*named, *stated, gathered.image.header.entry):
        load = gathered.segment_at(value)
        if load is not None and load.flags & PF_W and not load.flags & PF_X:
            return value
    return None


def _descriptors(gathered: Gathered, hole: Span, place: int) -> Span | None:
    """Return the run of descriptors around ``place``: code, a TOC pointer into writable memory, and zero."""
    low = hole.start + (place - hole.start) % 8
    words = words_of(gathered, low, hole.end - low, 8)
    count = len(words) - 2
    if count <= 0:
        return None
    loads = gathered.loads
    code, toc = words[:count], words[1 : count + 1]
    whole = _inside(code, [load for load in loads if load.flags & PF_X])
    whole &= (words[2:] == 0) & (toc == words[(place - low) // 8 + 1])
    vaddr = np.uint64(low) + np.flatnonzero(whole).astype(np.uint64) * np.uint64(8)
    aligned = vaddr[(vaddr - np.uint64(low)) % np.uint64(DESCRIPTOR) == np.uint64((place - low) % DESCRIPTOR)]
    end = run_end(aligned, place, DESCRIPTOR, hole.end)
    if end <= place:
        return None
    start = place
    while len(within(aligned, start - DESCRIPTOR, start)):
        start -= DESCRIPTOR
    because = "function descriptors, whose second word is one TOC pointer"
    return Span(start, end, DERIVED, because)


def _inside(words: U64, loads: list[Segment]) -> npt.NDArray[np.bool_]:
    """Return a mask of the words that are addresses in one of the segments."""
    mask = np.zeros(len(words), np.bool_)
    for load in loads:
        mask |= (words >= np.uint64(load.vaddr)) & (words - np.uint64(load.vaddr) < np.uint64(load.memsz))
    return mask
