"""Lazy binding stubs of MIPS: .MIPS.stubs, to which the undefined functions' st_value points (MIPS psABI, 5)."""

from __future__ import annotations

from struct import Struct

import numpy as np

from elfkit.abi.dynamic import DT_SYMTAB
from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHN_UNDEF
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.words import Span, bytes_of, section_of

AX = SHF_ALLOC | SHF_EXECINSTR
LOADS = (0x8F998010, 0xDF998010)  # LW or LD $25, -0x7ff0($28): the resolver, first word of the table
SIZES = (16, 20)  # of a stub: the index of a symbol beyond 65,535 takes two instructions


def mips_stub_sections(gathered: Gathered) -> list[PlannedSection]:
    """Return .MIPS.stubs: from the first stub that an undefined symbol names to the empty one behind the last."""
    symbols = gathered.symbols
    rows = np.flatnonzero((symbols.section == SHN_UNDEF) & (symbols.value != 0))
    places = {int(symbols.value[row]): int(row) for row in rows}
    sizes = {vaddr: _stub_size(gathered, vaddr, row) for vaddr, row in places.items()}
    proved = sorted([vaddr for vaddr, size in sizes.items() if size])
    if not proved:
        return []
    start, size = proved[0], sizes[proved[0]]
    behind = proved[-1] + size
    if (behind - start) % size or behind - start > (len(gathered.symbols) + 1) * size:
        return []
    empty = bytes_of(gathered, behind, size)
    end = behind + size * (len(empty) == size and not any(empty))
    because = f"{len(proved)} stubs that load the index of the undefined function whose st_value they are"
    span = Span(start, end, because=because)
    section = section_of(
        gathered, ".MIPS.stubs", span, flags=AX, align=gathered.word_size, evidence=gathered.proofs(DT_SYMTAB)
    )
    return [] if section is None else [section]


def _stub_size(gathered: Gathered, vaddr: int, row: int) -> int:
    """Return the bytes of the stub at ``vaddr`` for the symbol of that row; 0 if there is none."""
    raw = bytes_of(gathered, vaddr, SIZES[-1])
    if len(raw) < SIZES[0]:
        return 0
    words = Struct(f"{gathered.image.layout.order}4I").unpack(raw[:16])
    if words[0] not in LOADS:
        return 0
    if words[3] & 0xFFFF == row & 0xFFFF and words[3] >> 16 in (0x2418, 0x3418, 0x6418):  # LI $24 in the delay slot
        return SIZES[0]
    return SIZES[1] if row >> 16 and any(word & 0xFFFF == row >> 16 for word in words[1:]) else 0
