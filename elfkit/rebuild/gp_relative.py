"""Small data: variables that a register points to, which linkers keep behind the global offset table.

``nm`` and debuggers tell .sdata and .sbss from .data and .bss.
"""

from __future__ import annotations

from elfkit.abi.header import EM_ALPHA, EM_MIPS
from elfkit.abi.sections import SHF_MIPS_GPREL
from elfkit.rebuild.anchors import Anchor
from elfkit.rebuild.planned import Sections

MACHINES = {EM_MIPS: SHF_MIPS_GPREL, EM_ALPHA: SHF_MIPS_GPREL}  # whose gp points at .got; the flag has the same value
LARGEST = 8  # bytes of a variable that compilers for them count as small (-G)


def small_data_flags(machine: int, sections: Sections, vaddr: int) -> int:
    """Return the flags of .sdata beyond SHF_WRITE and SHF_ALLOC, if it is what lies at ``vaddr``; else 0."""
    table = sections.named(".got")
    return MACHINES.get(machine, 0) if table is not None and table.end <= vaddr else 0


def small_zero_flags(machine: int, anchor: Anchor) -> int:
    """Return the same of .sbss, for zeros that ``anchor`` names: all of its variables are small."""
    if machine != EM_ALPHA:  # position-independent code of MIPS has none
        return 0
    return MACHINES[machine] if 0 < anchor.largest <= LARGEST else 0
