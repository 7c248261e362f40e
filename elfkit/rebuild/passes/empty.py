"""Sections without bytes: symbols name them, and no byte is left that could be theirs."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_WRITE, SHT_PROGBITS
from elfkit.abi.segments import PF_W, PF_X
from elfkit.evidence import Certainty
from elfkit.rebuild.anchors import Anchor
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection


def empty_sections(gathered: Gathered, anchors: Iterable[Anchor]) -> list[PlannedSection]:
    """Return for each anchor a section of no size, with the flags of the segment its symbols lie in or end."""
    found = []
    for anchor in anchors:
        load = gathered.segment_at(anchor.first) or gathered.segment_at(anchor.first - 1)
        if load is None:
            continue
        flags = SHF_ALLOC | (SHF_WRITE if load.flags & PF_W else 0) | (SHF_TLS if anchor.thread else 0)
        flags |= SHF_EXECINSTR if anchor.code and load.flags & PF_X else 0
        name = ".text" if flags & SHF_EXECINSTR else ".data" if flags & SHF_WRITE else ".rodata"
        offset = load.offset + min(anchor.first - load.vaddr, load.filesz)
        said = f"{anchor.symbols} symbols name section {anchor.number}, no byte is left for it"
        proof = (gathered.image.segment_evidence(load, "p_flags"),)
        found.append(PlannedSection(name, SHT_PROGBITS, flags, anchor.first, offset, 0, said, Certainty.GUESSED, proof))
    return found
