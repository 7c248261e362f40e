"""Where code lies: .init and .fini by their tags, and the span in which a gap holds instructions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.dynamic import DT_FINI, DT_INIT, tag_name
from elfkit.abi.header import EM_386, EM_ARM, EM_IAMCU, EM_PARISC, EM_PPC64, EM_X86_64
from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHN_UNDEF, SHT_PROGBITS
from elfkit.abi.segments import PF_W, PF_X
from elfkit.abi.symbols import STT_FUNC, STT_GNU_IFUNC
from elfkit.evidence import Certainty
from elfkit.image.segments import Segment
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections

AX = SHF_ALLOC | SHF_EXECINSTR
DESCRIPTORS = (EM_PPC64, EM_PARISC)  # a function pointer may be the address of a descriptor, not of code
UNALIGNED = (EM_386, EM_X86_64, EM_IAMCU)  # instructions are of any length
MOST_CODE = 256  # bytes that .init or .fini has at most, where nothing else says: crti and crtn are a few dozen
USUAL = 128  # bytes to the next section or symbol that .init or .fini may fill, but for padding at the end
ALIGN = 16  # to which the sections behind .init are aligned on every machine


def initialisation_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .init and .fini: their starts are stated, they end where the code before the next section does."""
    found = []
    for name, tag in ((".init", DT_INIT), (".fini", DT_FINI)):
        start = gathered.value(tag)
        if not start:
            continue
        start = _entry(gathered, start)
        load = gathered.segment_at(start)
        extent = gathered.extent(start)
        if load is None or extent is None or not load.flags & PF_X or _is_a_plain_function(gathered, start):
            continue
        size = _length(gathered, sections, start, load)
        if size:
            said = f"{tag_name(tag, gathered.machine)}, to the end of its code"
            proofs = gathered.proofs(tag)
            found.append(
                PlannedSection(
                    name, SHT_PROGBITS, AX, start, extent.offset, size, said, Certainty.BOUNDED, proofs, addralign=4
                )
            )
    return found


def _entry(gathered: Gathered, start: int) -> int:
    """Return the address of the code behind a function pointer: ARM marks Thumb in bit 0, some have descriptors."""
    if gathered.machine == EM_ARM:
        return start & ~1
    load = gathered.segment_at(start)
    if gathered.machine in DESCRIPTORS and load is not None and not load.flags & PF_X:
        extent = gathered.extent(start)
        raw = gathered.image.source.view(extent.offset, gathered.word_size) if extent else b""
        return int.from_bytes(raw, "little" if gathered.image.layout.data == 1 else "big")
    return start


def _is_a_plain_function(gathered: Gathered, start: int) -> bool:
    """Return whether symbols of one section lie before and behind ``start``: ld -init names any function."""
    return any(anchor.first < start <= anchor.last for anchor in gathered.anchors)


def _length(gathered: Gathered, sections: Sections, start: int, load: Segment) -> int:
    """Return the bytes from ``start`` to the end of code: up to the next section, or the first padding of zeros."""
    gap = next((end for begin, end in sections.gaps(start, load.vaddr + load.filesz) if begin == start), start)
    later = [anchor.first for anchor in gathered.anchors if anchor.first > start]
    entries = [_entry(gathered, value) for value in (gathered.value(DT_INIT), gathered.value(DT_FINI)) if value]
    end = min([gap, start + MOST_CODE, *later[:1], *[entry for entry in entries if entry > start]])
    extent = gathered.extent(start)
    raw = gathered.image.source.view(extent.offset, end - start) if extent else b""
    for place in range(ALIGN - start % ALIGN, len(raw), ALIGN) if len(raw) > USUAL else ():
        if not any(raw[place - 4 : place]):  # a word of zeros is no instruction that code ends with, but padding is
            raw = raw[:place]
            break
    held = len(raw.rstrip(b"\0"))
    unit = 1 if gathered.machine in UNALIGNED else 4
    return min(-(-held // unit) * unit, end - start)


class CodeSpan(NamedTuple):
    """Addresses from the first to behind the last known instruction of a segment; ``whole`` if it is code alone."""

    start: int
    end: int
    whole: bool


def code_span(gathered: Gathered, sections: Sections, load: Segment) -> CodeSpan | None:
    """Return where in an executable segment the code lies; None if the segment is not executable.

    A segment that also holds tables or constants has code from the first to the last function that a symbol, an
    unwind record, the entry point or a tag names. Without any, all of it that no table takes.
    """
    if not load.flags & PF_X:
        return None
    top = load.vaddr + load.filesz
    starts, ends = _functions(gathered, load)
    for section in sections.mapped:
        if section.flags & SHF_EXECINSTR and load.vaddr <= section.addr < top:
            starts.append(section.addr)
            ends.append(section.end)
    tables = any(
        not section.flags & SHF_EXECINSTR and section.size and load.vaddr <= section.addr < top
        for section in sections.mapped
    )
    if load.flags & PF_W:  # data that may be executed, as on SPARC: code only where something says so
        return CodeSpan(min(starts), max(ends), whole=False) if starts else None
    if not tables:
        return CodeSpan(load.vaddr, top, whole=True)
    if not starts:
        return CodeSpan(load.vaddr, top, whole=False)
    return CodeSpan(min(starts), max(ends), whole=False)


def _functions(gathered: Gathered, load: Segment) -> tuple[list[int], list[int]]:
    """Return starts and ends of the functions known in ``load``, each list without order."""
    starts: list[int] = []
    ends: list[int] = []
    top = load.vaddr + load.filesz
    entry = _entry(gathered, gathered.image.header.entry)
    if load.vaddr < entry < top:
        starts.append(entry)
        ends.append(entry + 4)
    named = [anchor for anchor in gathered.anchors if anchor.code and load.vaddr <= anchor.first < top]
    starts += [anchor.first for anchor in named]
    ends += [min(anchor.last, top) for anchor in named]
    symbols = gathered.symbols
    kind = symbols.type
    functions = ((kind == STT_FUNC) | (kind == STT_GNU_IFUNC)) & (symbols.section != SHN_UNDEF)
    inside = functions & (symbols.value >= load.vaddr) & (symbols.value < top)
    if inside.any():
        values, sizes = symbols.value[inside], symbols.size[inside]
        starts.append(int(values.min()))
        ends.append(min(int((values + np.minimum(sizes, np.uint64(top))).max()), top))
    unwind = getattr(gathered, "unwind", None)
    if unwind is not None and len(unwind.start):
        inside = (unwind.start >= load.vaddr) & (unwind.start < top)
        if inside.any():
            starts.append(int(unwind.start[inside].min()))
            reach = unwind.start[inside] + np.minimum(unwind.length[inside], np.uint64(top))
            ends.append(min(int(reach.max()), top))
    return starts, ends
