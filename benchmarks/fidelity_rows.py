"""The kinds of sections that are rebuilt, and how surely each can be: rows of data that the figures are printed by."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.fidelity_tables import Row, Table


def always(_: Table) -> bool:
    return True


def mips(table: Table) -> bool:
    return table.machine in {"EM_MIPS", "EM_MIPS_RS3_LE"}


def x86(table: Table) -> bool:
    return table.machine in {"EM_X86_64", "EM_386"}


def indexed(table: Table) -> bool:
    return table.named(".eh_frame_hdr") is not None


@dataclass(frozen=True, slots=True)
class Kind:
    """Sections that are found in one way. `exact`: by what the file states; else something is bounded or guessed."""

    label: str
    names: str
    exact: bool
    where: Callable[[Table], bool] = always

    def holds(self, row: Row, table: Table) -> bool:
        return re.fullmatch(self.names, row.name) is not None and self.where(table)


EXACT, BOUNDED = True, False
KINDS: Final = (
    Kind(".interp", r"\.interp", EXACT),
    Kind(".note.*", r"\.note.*", EXACT),
    Kind(".hash", r"\.hash", EXACT),
    Kind(".gnu.hash", r"\.gnu\.hash", EXACT),
    Kind(".MIPS.xhash", r"\.MIPS\.xhash", EXACT),
    Kind(".dynsym", r"\.dynsym", EXACT),
    Kind(".dynstr", r"\.dynstr", EXACT),
    Kind(".gnu.version", r"\.gnu\.version", EXACT),
    Kind(".gnu.version_d", r"\.gnu\.version_d", EXACT),
    Kind(".gnu.version_r", r"\.gnu\.version_r", EXACT),
    Kind(".rel(a).dyn", r"\.rela?\.dyn", EXACT),
    Kind(".rel(a).plt", r"\.rela?\.i?plt", EXACT),
    Kind(".relr.dyn", r"\.relr\.dyn", EXACT),
    Kind(".init_array .fini_array .preinit_array", r"\.(init|fini|preinit)_array", EXACT),
    Kind(".dynamic", r"\.dynamic", EXACT),
    Kind(".eh_frame_hdr", r"\.eh_frame_hdr", EXACT),
    Kind(".eh_frame", r"\.eh_frame", EXACT, indexed),
    Kind(".eh_frame without .eh_frame_hdr", r"\.eh_frame", BOUNDED),
    Kind(".gcc_except_table", r"\.gcc_except_table", BOUNDED),
    Kind(".ARM.exidx", r"\.ARM\.exidx", EXACT),
    Kind(".ARM.extab", r"\.ARM\.extab", BOUNDED),
    Kind(".MIPS.abiflags .reginfo .MIPS.options", r"\.MIPS\.abiflags|\.reginfo|\.MIPS\.options", EXACT),
    Kind(".riscv.attributes", r"\.riscv\.attributes", EXACT),
    Kind(".tdata .tbss", r"\.(tdata|tbss)", EXACT),
    Kind(".opd", r"\.opd", EXACT),
    Kind(".got of MIPS", r"\.got", EXACT, mips),
    Kind(".got.plt", r"\.got\.plt", BOUNDED),
    Kind(".got of others", r"\.got", BOUNDED),
    Kind(".plt .plt.got .plt.sec of x86", r"\.plt(\.\w+)?", EXACT, x86),
    Kind(".plt of others", r"\.plt(\.\w+)?", EXACT),
    Kind(".MIPS.stubs", r"\.MIPS\.stubs", BOUNDED),
    Kind(".text", r"\.text", BOUNDED),
    Kind(".init .fini", r"\.(init|fini)", BOUNDED),
    Kind(".rodata", r"\.rodata", BOUNDED),
    Kind(".data.rel.ro", r"\.data\.rel\.ro", BOUNDED),
    Kind(".data", r"\.data", BOUNDED),
    Kind(".bss", r"\.bss", BOUNDED),
    Kind(".sdata .sbss", r"\.s(data|bss)", BOUNDED),
    Kind(".gnu.liblist .gnu.conflict", r"\.gnu\.(liblist|conflict)", EXACT),
    Kind(".shstrtab", r"\.shstrtab", EXACT),
    Kind("of other names", r".*", BOUNDED),
)
"""In the order of printing. Of several that fit a section the first counts."""

STATED: Final = (
    ".hash",
    ".gnu.hash",
    ".dynsym",
    ".dynstr",
    ".gnu.version",
    ".gnu.version_d",
    ".gnu.version_r",
    ".dynamic",
)
"""What linkers read: not one field may differ in any file."""

KEPT: Final = frozenset({".riscv.attributes", ".shstrtab"})
"""Sections that are not loaded, but rebuilt: a segment covers the one, the other is made anew."""


def kind_of(row: Row, table: Table) -> Kind | None:
    """What a section of the real table counts as; None where no byte of it was left in the file."""
    if row.position == 0 or not (row.allocated or row.name in KEPT):
        return None
    return next(kind for kind in KINDS if kind.holds(row, table))
