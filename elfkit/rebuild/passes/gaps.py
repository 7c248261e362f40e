"""What no table, tag or segment explains: the gaps of each PT_LOAD, named after what such a place holds.

Every byte that is loaded and not zero comes to lie in a section: ``strip`` drops what lies in none, and the file no
longer loads.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_PROGBITS
from elfkit.abi.segments import PF_W, PF_X, PT_GNU_RELRO, permissions
from elfkit.evidence import Certainty, Evidence
from elfkit.image.segments import Segment
from elfkit.rebuild.anchors import Anchor
from elfkit.rebuild.coverage import first_nonzero, last_nonzero, loaded_gaps
from elfkit.rebuild.cuts import cuts_between
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.gp_relative import small_data_flags
from elfkit.rebuild.passes.code import CodeSpan, code_span
from elfkit.rebuild.planned import PlannedSection, Sections

ALIGNMENTS = (64, 32, 16, 8, 4, 2)  # linkers give a copied variable at most that of its section
UNIT = 4  # bytes to which the end of a gap's content is rounded up


class Piece(NamedTuple):
    """Part of a gap that is one section: its addresses, what kind of bytes, and the index symbols know it by."""

    start: int
    end: int
    name: str
    flags: int
    anchor: Anchor | None


def gap_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return a section for each gap with bytes that are not zero, or with symbols."""
    found = []
    for load in gathered.loads:
        code = code_span(gathered, sections, load)
        for start, end in loaded_gaps(gathered.image, sections, load):
            for piece in _pieces(gathered, load, code, start, end):
                section = _section(gathered, load, _small(gathered, sections, piece))
                found += [] if section is None else [section]
    return found


def _pieces(gathered: Gathered, load: Segment, code: CodeSpan | None, start: int, end: int) -> Iterator[Piece]:
    """Yield the sections of one gap: cut where the kind of bytes changes, and between the symbols of two sections."""
    if code is not None and start <= code.start < end:
        code = code._replace(start=start)  # what lies before the first known function in one gap with it is code too
    bounds = sorted({start, end, *[cut for cut in _changes(gathered, load, code) if start < cut < end]})
    for low, high in pairwise(bounds):
        name, flags = _kind(gathered, load, code, low)
        anchors = [anchor for anchor in gathered.anchors if low <= anchor.first < high and not anchor.thread]
        cuts = [low, *[cut for cut in cuts_between(anchors) if low < cut < high], high]
        for begin, finish in pairwise(cuts):
            anchor = next((one for one in anchors if begin <= one.first < finish), None)
            yield _named(Piece(begin, finish, name, flags, anchor), load)


def _changes(gathered: Gathered, load: Segment, code: CodeSpan | None) -> list[int]:
    relro = [
        bound
        for segment in gathered.segments(PT_GNU_RELRO)
        for bound in (segment.vaddr, segment.vaddr + segment.memsz)
        if load.flags & PF_W
    ]
    return relro + ([] if code is None or code.whole else [code.start, code.end])


def _kind(gathered: Gathered, load: Segment, code: CodeSpan | None, vaddr: int) -> tuple[str, int]:
    """Return name and flags of what lies at ``vaddr``."""
    if code is not None and code.start <= vaddr < code.end:
        return ".text", SHF_ALLOC | SHF_EXECINSTR | (SHF_WRITE if load.flags & PF_W else 0)
    if not load.flags & PF_W:
        return ".rodata", SHF_ALLOC
    if gathered.in_relro(vaddr):
        return ".data.rel.ro", SHF_ALLOC | SHF_WRITE
    return ".data", SHF_ALLOC | SHF_WRITE


def _named(piece: Piece, load: Segment) -> Piece:
    """Return the piece as its symbols show it: a function makes it code, wherever it lies in an executable segment."""
    if piece.anchor is not None and piece.anchor.code and load.flags & PF_X and not piece.flags & SHF_EXECINSTR:
        return piece._replace(name=".text", flags=piece.flags | SHF_EXECINSTR)
    return piece


def _small(gathered: Gathered, sections: Sections, piece: Piece) -> Piece:
    """Return the piece as .sdata where that is what lies there."""
    flags = small_data_flags(gathered.machine, sections, piece.start) if piece.name == ".data" else 0
    return piece._replace(name=".sdata", flags=piece.flags | flags) if flags else piece


def _section(gathered: Gathered, load: Segment, piece: Piece) -> PlannedSection | None:
    span = _content(gathered, load, piece)
    if span is None:
        return None
    low, high = span
    because, proofs = _reason(gathered, load, piece)
    return PlannedSection(
        piece.name,
        SHT_PROGBITS,
        piece.flags,
        low,
        load.offset + low - load.vaddr,
        high - low,
        because,
        Certainty.GUESSED if piece.anchor is None else Certainty.BOUNDED,
        proofs,
        addralign=min(low & -low, ALIGNMENTS[0]) or 1,
    )


def _content(gathered: Gathered, load: Segment, piece: Piece) -> tuple[int, int] | None:
    """Return the addresses of what the piece holds: its symbols, and its bytes but for zeros at both ends.

    Zeros at the end of a segment are kept: ``strip`` makes a segment end where its last section does.
    """
    image, anchor = gathered.image, piece.anchor
    offset = load.offset + piece.start - load.vaddr
    first = first_nonzero(image, offset, piece.end - piece.start)
    last = None if first is None else last_nonzero(image, offset, piece.end - piece.start)
    low = piece.end if first is None else piece.start + first - offset
    high = piece.start if last is None else piece.start + last - offset + 1
    if anchor is not None:
        low, high = min(low, anchor.first), max(high, min(anchor.end, piece.end))
    elif first is None:
        low = piece.start
    sealed = piece.end == load.vaddr + load.filesz
    if first is None and anchor is None and not sealed:
        return None
    rounded = (low // align * align for align in ALIGNMENTS)
    low = next((address for address in rounded if address >= piece.start), low)
    return low, piece.end if sealed else min(-(-high // UNIT) * UNIT, piece.end)


def _reason(gathered: Gathered, load: Segment, piece: Piece) -> tuple[str, tuple[Evidence, ...]]:
    proof = gathered.image.segment_evidence(load, "p_flags")
    said = f"bytes that no table describes, in a PT_LOAD with flags {permissions(load.flags).strip().replace(' ', '')}"
    if piece.anchor is None:
        return said, (proof,)
    symbols = f"{piece.anchor.symbols} symbols name" if piece.anchor.symbols > 1 else "a symbol names"
    return f"{said}; {symbols} section {piece.anchor.number}", (proof,)
