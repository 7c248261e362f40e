"""The global offset table: .got.plt and .got, by DT_PLTGOT and the words that relocations write."""

from __future__ import annotations

import sys

from elfkit.abi.dynamic import (
    DT_JMPREL,
    DT_MIPS_GOTSYM,
    DT_MIPS_LOCAL_GOTNO,
    DT_MIPS_PLTGOT,
    DT_MIPS_SYMTABNO,
    DT_PLTGOT,
)
from elfkit.abi.header import EM_386, EM_MIPS, EM_MIPS_RS3_LE, EM_X86_64
from elfkit.abi.procedure_linkage import FirstWord, GotConvention, got_convention
from elfkit.abi.sections import SHF_ALLOC, SHF_MIPS_GPREL, SHF_WRITE
from elfkit.abi.segments import PT_GNU_RELRO
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.got_bounds import begins_table, first_word, got_span
from elfkit.rebuild.passes.plt_tables import plt_table_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.slots import run_end, within
from elfkit.rebuild.words import Span, bounds_of, hole_at, outside, section_of, words_of

MIPS = (EM_MIPS, EM_MIPS_RS3_LE)
DERIVED = Certainty.DERIVED
RESOLVER_WORDS = 2  # of RISC-V and LoongArch: where the table goes on behind the slots of calls, its first word says so


def got_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .got.plt and .got; the tables of the dynamic section and a .plt that is data are to be planned before."""
    if gathered.machine in MIPS:
        return [*_mips_got(gathered), *_mips_slots(gathered)]
    convention = got_convention(gathered.machine, gathered.image.layout.elf_class)
    if convention is None or gathered.image.dynamic is None:
        return []
    found = _slots_of_calls(gathered, sections, convention)
    span = got_span(gathered, sections.adding(found, bounds=bounds_of(gathered)), convention)
    if span is not None:
        width = gathered.slots.width
        entsize = width if convention.entsize < 0 else convention.entsize
        align = width if convention.align < 0 else convention.align
        proofs = gathered.proofs(DT_PLTGOT)
        section = section_of(gathered, ".got", span, entsize=entsize, align=align, evidence=proofs)
        found += [] if section is None else [section]
    return found


def slots_section(gathered: Gathered, sections: Sections) -> str:
    """Return the name of the section that the r_offsets of DT_JMPREL lie in; "" if unknown.

    ``sections`` need not hold it yet.
    """
    ordered = gathered.slots.ordered
    if not len(ordered):
        return ""
    convention = got_convention(gathered.machine, gathered.image.layout.elf_class)
    if convention is not None and convention.relocated:
        return convention.relocated
    first = int(ordered[0])
    for planner in (plt_table_sections, got_sections):
        if sections.at(first) is None:
            sections = sections.adding(planner(gathered, sections), bounds=bounds_of(gathered))
    section = sections.at(first)
    return "" if section is None else section.name


def _mips_got(gathered: Gathered) -> list[PlannedSection]:
    """Return .got of MIPS, whose length the dynamic section states up to the thread-local words behind it."""
    tags = (DT_PLTGOT, DT_MIPS_LOCAL_GOTNO, DT_MIPS_SYMTABNO, DT_MIPS_GOTSYM)
    start, local, total, first = [gathered.value(tag) for tag in tags]
    load = None if start is None else gathered.segment_at(start)
    if start is None or local is None or total is None or first is None or load is None:
        return []
    width = gathered.word_size
    end = start + width * (local + max(total - first, 0))
    end = run_end(gathered.slots.data, end, width, max(end, load.vaddr + load.filesz))
    because = "DT_PLTGOT, DT_MIPS_LOCAL_GOTNO and the symbols from DT_MIPS_GOTSYM on"
    flags = SHF_WRITE | SHF_ALLOC | SHF_MIPS_GPREL
    span = Span(start, end, DERIVED, because)
    proofs = gathered.proofs(*tags)
    section = section_of(gathered, ".got", span, flags=flags, entsize=width, align=16, evidence=proofs)
    return [] if section is None else [section]


def _mips_slots(gathered: Gathered) -> list[PlannedSection]:
    """Return .got.plt of a MIPS program that is not position-independent: two words, then the slots of calls."""
    start, calls, width = gathered.value(DT_MIPS_PLTGOT), gathered.slots.calls, gathered.word_size
    if start is None or not len(calls) or int(calls[0]) != start + 2 * width:
        return []
    end = run_end(calls, int(calls[0]), width, int(calls[-1]) + width)
    span = Span(start, end, DERIVED, "DT_MIPS_PLTGOT: two words and the slots of DT_JMPREL")
    proofs = gathered.proofs(DT_MIPS_PLTGOT, DT_JMPREL)
    section = section_of(gathered, ".got.plt", span, entsize=width, align=width, evidence=proofs)
    return [] if section is None else [section]


def _slots_of_calls(gathered: Gathered, sections: Sections, convention: GotConvention) -> list[PlannedSection]:
    """Return .got.plt; nothing where the linker put the slots of calls into .got."""
    slots = gathered.slots
    calls = outside(slots.calls, sections)
    if not len(calls):
        span = _reserved_words(gathered, sections, convention)
    else:
        span = _span_of_calls(gathered, sections, convention, int(calls[0]), len(calls))
    if span is None or _goes_on(gathered, span.end, convention) or _alone(gathered, sections, span, convention):
        return []
    entsize = slots.width if convention.slots_entsize < 0 else convention.slots_entsize
    proofs = gathered.proofs(DT_PLTGOT, DT_JMPREL)
    section = section_of(gathered, ".got.plt", span, entsize=entsize, align=slots.width, evidence=proofs)
    return [] if section is None else [section]


def _span_of_calls(
    gathered: Gathered, sections: Sections, convention: GotConvention, first: int, count: int
) -> Span | None:
    """Return the reserved words and ``count`` adjacent slots from ``first`` on; None where others lie between."""
    width, pltgot = gathered.slots.width, gathered.value(DT_PLTGOT)
    hole = hole_at(gathered, sections, first)
    if hole is None:
        return None
    reserved = convention.reserved
    start = first - reserved * width
    end = run_end(gathered.slots.calls, first, width, hole.end)
    stated = convention.pltgot != ".got.plt" or start == pltgot
    if start < hole.start or end - first != count * width or not stated:
        return None
    because = "the slots of DT_JMPREL" + (f" and {reserved} words before them" if reserved else "")
    return Span(start, end, DERIVED, because)


def _reserved_words(gathered: Gathered, sections: Sections, convention: GotConvention) -> Span | None:
    """Return the reserved words alone of a file without lazily bound calls, where DT_PLTGOT points to them."""
    start, width = gathered.value(DT_PLTGOT), gathered.slots.width
    stated = "DT_PLTGOT" if start is not None else "the address of the dynamic section and two words of zero"
    if start is None and gathered.machine in (EM_386, EM_X86_64):
        start = first_word(gathered, sections, FirstWord.DYNAMIC, None)
    hole = None if start is None else hole_at(gathered, sections, start)
    if start is None or convention.pltgot != ".got.plt" or hole is None:
        return None
    words = words_of(gathered, start, convention.reserved * width, width).tolist()
    dynamic = gathered.image.dynamic_segment
    starts = (0, dynamic.vaddr if dynamic is not None else 0)
    if len(words) != convention.reserved or any(words[1:]) or words[0] not in starts:
        return None
    because = f"{stated}, and no lazily bound call: {convention.reserved} reserved words"
    return Span(start, start + convention.reserved * width, DERIVED, because)


def _goes_on(gathered: Gathered, end: int, convention: GotConvention) -> bool:
    """Return whether behind the slots of calls other words of a global offset table follow: they are one section."""
    slots = gathered.slots
    behind = run_end(slots.written, end, slots.width, sys.maxsize)
    if len(within(slots.data, end, behind)):
        return True
    return begins_table(gathered, end, convention.first)


def _alone(gathered: Gathered, sections: Sections, span: Span, convention: GotConvention) -> bool:
    """Return whether no other words of a table exist, so that the slots are .got by the linker's habit."""
    if convention.reserved == RESOLVER_WORDS or len(outside(gathered.slots.data, sections)):
        return False
    relro = gathered.segments(PT_GNU_RELRO)
    closed = any(one.vaddr <= span.start and span.end <= one.vaddr + one.memsz for one in relro)
    return convention.together or closed
