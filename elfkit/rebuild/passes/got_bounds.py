"""Where .got begins and ends: what states it, and what the words around its slots show."""

from __future__ import annotations

import numpy as np

from elfkit.abi.dynamic import DF_1_PIE, DT_FLAGS_1, DT_PLTGOT, DT_PPC_GOT
from elfkit.abi.header import EM_PPC, ET_EXEC
from elfkit.abi.procedure_linkage import FirstWord, GotConvention
from elfkit.abi.segments import PF_W, PT_GNU_RELRO, PT_INTERP
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import Sections
from elfkit.rebuild.slots import U64, run_end, run_start, within
from elfkit.rebuild.words import Span, hole_at, outside, words_of

DERIVED, BOUNDED = Certainty.DERIVED, Certainty.BOUNDED
PPC_GOT_HEADER = 12  # bytes that the 32-bit PowerPC ABI reserves at DT_PPC_GOT
MOST_FIXED = 3  # words at the start of a table that no relocation writes


def got_span(gathered: Gathered, sections: Sections, convention: GotConvention) -> Span | None:
    """Return .got: from its tag, its first word or the section before it, to the last word that is one of its slots."""
    known = outside(gathered.slots.known, sections)
    stated = _stated_start(gathered, sections, convention, known)
    place = stated.start if stated is not None else _some_slot(gathered, sections, known)
    if place is None:
        return None
    hole = hole_at(gathered, sections, place)
    if hole is None:
        return None
    hole = _narrowed(gathered, hole, place, within(known, place, hole.end))
    start = stated or _found_start(gathered, sections, hole, place)
    end, closed = _end(gathered, sections, convention, start.start, hole)
    certainty = DERIVED if closed and start.certainty is DERIVED else BOUNDED
    return Span(start.start, end, certainty, f"{start.because}, to the last word that is a slot by its relocation")


def _some_slot(gathered: Gathered, sections: Sections, known: U64) -> int | None:
    """Return the address of a word of the table: a known slot, DT_PPC_GOT, or the word before .got.plt."""
    if len(known):
        return int(known[0])
    if gathered.machine == EM_PPC:
        return gathered.value(DT_PPC_GOT) or None
    after = sections.named(".got.plt")
    before = 0 if after is None else after.addr - gathered.slots.width
    return before if len(within(gathered.slots.written, before, before + 1)) else None


def begins_table(gathered: Gathered, vaddr: int, first: FirstWord) -> bool:
    """Return whether the word at ``vaddr`` is the first of a table."""
    width = gathered.slots.width
    words = words_of(gathered, vaddr, width, width)
    return (
        first is not FirstWord.OTHER and len(words) == 1 and bool((words == _expected(gathered, first, vaddr, 1)).all())
    )


def _expected(gathered: Gathered, first: FirstWord, low: int, count: int) -> U64:
    """Return what each of ``count`` words from ``low`` would hold if the table began there."""
    if first is FirstWord.TOC:
        places = np.arange(count, dtype=np.uint64) * np.uint64(gathered.slots.width)
        return places + np.uint64((low + 0x8000) % 2**64)
    segment = gathered.image.dynamic_segment
    return np.full(count, segment.vaddr if segment is not None else 1, np.uint64)


def _stated_start(gathered: Gathered, sections: Sections, convention: GotConvention, known: U64) -> Span | None:
    """Return where DT_PLTGOT or the first word says that .got begins."""
    pltgot = gathered.value(DT_PLTGOT)
    hole = None if pltgot is None else hole_at(gathered, sections, pltgot)
    if pltgot is not None and hole is not None:
        slots = convention.pltgot == ".got.plt" and len(within(known, pltgot, hole.end))
        if slots or convention.pltgot == ".got":
            return Span(pltgot, pltgot, DERIVED, "DT_PLTGOT")
    if convention.first is FirstWord.OTHER:
        return None
    place = first_word(gathered, sections, convention.first, int(known[0]) if len(known) else None)
    if place is None:
        return None
    place -= _resolver_words(gathered, convention, place)
    return Span(place, place, DERIVED, f"its first word is {convention.first.value}")


def _resolver_words(gathered: Gathered, convention: GotConvention, place: int) -> int:
    """Return the bytes that RISC-V and LoongArch reserve before ``place``: a word of ones, and zeros."""
    width = gathered.slots.width
    words = words_of(gathered, place - 2 * width, 2 * width, width).tolist() if convention.reserved == 2 else []
    return 2 * width if words == [256**width - 1, 0] else 0


def first_word(gathered: Gathered, sections: Sections, first: FirstWord, before: int | None) -> int | None:
    """Return the last address up to ``before`` whose word begins a table and is written by no relocation."""
    width, written = gathered.slots.width, gathered.slots.written
    for load in reversed(gathered.loads):
        holes = sections.gaps(load.vaddr, load.vaddr + load.filesz) if load.flags & PF_W else []
        for low, high in reversed(holes):
            start = -(-low // width) * width
            end = high if before is None else min(high, before + width)
            words = words_of(gathered, start, end - start, width)
            places = np.flatnonzero(words == _expected(gathered, first, start, len(words)))
            for place in places[::-1].tolist():
                vaddr = start + place * width
                if not len(within(written, vaddr, vaddr + 1)):
                    return int(vaddr)
    return None


def _narrowed(gathered: Gathered, hole: Span, place: int, known: U64) -> Span:
    """Return the hole without the variables that symbols show before and behind the slots, and cut where RELRO ends."""
    start, end = hole.start, hole.end
    last = int(known[-1]) if len(known) else place
    for anchor in gathered.anchors:
        if anchor.thread or not hole.start <= anchor.first < hole.end:
            continue
        if anchor.end <= place:
            start = max(start, anchor.end)
        elif anchor.first > last:
            end = min(end, anchor.first)
    for segment in gathered.segments(PT_GNU_RELRO):
        if segment.vaddr <= place and last < segment.vaddr + segment.memsz < end:
            end = segment.vaddr + segment.memsz
    return Span(start, end)


def _is_program(gathered: Gathered) -> bool:
    """Return whether it is a program: only there are slots whose values are known when it is linked."""
    return (
        gathered.image.header.type == ET_EXEC
        or bool(gathered.segments(PT_INTERP))
        or DF_1_PIE & (gathered.value(DT_FLAGS_1) or 0) != 0
    )


def _found_start(gathered: Gathered, sections: Sections, hole: Span, place: int) -> Span:
    """Return where the table around the slot at ``place`` begins: behind a section, if only slots lie between."""
    slots = gathered.slots
    start = run_start(slots.written, place, slots.width, hole.start)
    low = -(-hole.start // slots.width) * slots.width
    before = sections.at(hole.start - 1)
    reach = low + MOST_FIXED * slots.width * _is_program(gathered)  # of slots that no relocation writes
    if before is not None and start <= reach:
        return Span(low, low, DERIVED, f"behind {before.name}")
    return Span(start, start, BOUNDED, "the first of adjacent slots")


def _end(gathered: Gathered, sections: Sections, convention: GotConvention, start: int, hole: Span) -> tuple[int, bool]:
    """Return where the table that begins at ``start`` ends, and whether it fills its hole or its slots come next."""
    width = gathered.slots.width
    known = within(gathered.slots.known, start, hole.end)
    begins = begins_table(gathered, start, convention.first)
    unwritten = convention.first_words if begins else convention.reserved
    last = int(known[-1]) + width if len(known) else start + unwritten * width
    if gathered.machine == EM_PPC and start <= (gathered.value(DT_PPC_GOT) or -1) < hole.end:
        last = max(last, (gathered.value(DT_PPC_GOT) or 0) + PPC_GOT_HEADER)
    if last > start and begins_table(gathered, last, convention.first):
        last += width  # the slots of calls came first, and now .got proper
    if _nothing_else(gathered, sections, hole):
        written = within(gathered.slots.written, last, hole.end)
        return int(written[-1]) + width if len(written) else last, bool(len(known))
    end = _behind_shared(gathered, min(last, hole.end), hole)
    return end, bool(len(known)) and end == hole.end


def _nothing_else(gathered: Gathered, sections: Sections, hole: Span) -> bool:
    """Return whether all up to the end of the hole is the table's: other slots follow, or a program's RELRO ends."""
    follower = sections.at(hole.end)
    if follower is not None:
        return follower.name in (".got.plt", ".plt")
    relro = any(segment.vaddr + segment.memsz == hole.end for segment in gathered.segments(PT_GNU_RELRO))
    return relro and _is_program(gathered)


def _behind_shared(gathered: Gathered, last: int, hole: Span) -> int:
    """Return the end of the run of relocated words behind ``last``; a word that points at itself begins .data."""
    width = gathered.slots.width
    end = run_end(gathered.slots.written, last, width, hole.end)
    words = words_of(gathered, last, end - last, width)
    own = np.arange(len(words), dtype=np.uint64) * np.uint64(width) + np.uint64(last % 2**64)
    selves = np.flatnonzero(words == own)
    return last + int(selves[0]) * width if len(selves) else end
