"""Sections of zeros that the file does not hold: .bss, from p_filesz to p_memsz of a segment."""

from __future__ import annotations

from itertools import pairwise

from elfkit.abi.sections import SHF_ALLOC, SHF_WRITE, SHT_NOBITS
from elfkit.abi.segments import PF_W
from elfkit.evidence import Certainty
from elfkit.image.segments import Segment
from elfkit.rebuild.cuts import cuts_between
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.gp_relative import small_zero_flags
from elfkit.rebuild.planned import PlannedSection, Sections

ALIGNMENTS = (64, 32, 16, 8, 4, 2)  # of which linkers give a copied variable at most that of its section


def zero_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .bss, and .sbss where all symbols of one are small: their end is exact, their start bounded."""
    found: list[PlannedSection] = []
    for load in gathered.loads:
        if load.memsz <= load.filesz:
            continue
        start, end = load.vaddr + load.filesz, load.vaddr + load.memsz
        for begin, finish in sections.gaps(start, end):
            found += _pieces(gathered, load, begin, finish)
    return found


def _pieces(gathered: Gathered, load: Segment, start: int, end: int) -> list[PlannedSection]:
    anchors = [anchor for anchor in gathered.anchors if start <= anchor.first < end and not anchor.thread]
    if len(anchors) > 1 and anchors[0].last == start and not anchors[0].largest:
        del anchors[0]  # _edata: the end of the section before
    relro = gathered.in_relro(start)
    if not relro or anchors:
        start = _aligned(start, anchors[0].first if anchors else end - 1)
    found = []
    for place, (begin, finish) in enumerate(pairwise([start, *cuts_between(anchors), end])):
        small = small_zero_flags(gathered.machine, anchors[place]) if anchors else 0
        name = ".sbss" if small else ".bss"
        if relro:  # as lld and mold call what they protect with the rest, and what they fill the page with
            name = ".bss.rel.ro" if anchors else ".relro_padding"
        found.append(_section(gathered, load, (begin, finish), name=name, flags=small))
    return found


def _section(gathered: Gathered, load: Segment, span: tuple[int, int], *, name: str, flags: int) -> PlannedSection:
    start, end = span
    return PlannedSection(
        name,
        SHT_NOBITS,
        SHF_ALLOC | flags | (SHF_WRITE if load.flags & PF_W else 0),
        start,
        _offset(gathered, load),
        end - start,
        "p_memsz beyond p_filesz of its PT_LOAD",
        Certainty.BOUNDED,
        (gathered.image.segment_evidence(load, "p_memsz"),),
        addralign=min(start & -start, ALIGNMENTS[0]) or 1,
    )


def _offset(gathered: Gathered, load: Segment) -> int:
    """Return the offset of zeros, which means nothing: where the segment's bytes end.

    0 where that lies within the memory of an earlier segment, counted from its offset: eu-elflint takes the zeros for
    that segment's.
    """
    end = load.offset + load.filesz
    earlier = [one for one in gathered.loads if one.number < load.number]
    return 0 if any(one.offset <= end < one.offset + one.memsz for one in earlier) else end


def _aligned(start: int, most: int) -> int:
    """Return the address from ``start`` up to ``most`` with the highest alignment: zeros before it are padding."""
    rounded = (-(-start // align) * align for align in ALIGNMENTS)
    return next((address for address in rounded if address <= most), start)
