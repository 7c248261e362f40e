"""The machines: one explicit tuple of rows, one page per machine that has rules of its own.

A new machine is a row here (and a page, when its flags say something); nothing else in the library changes.
"""

from elfkit.abi.machines.aarch64 import AARCH64
from elfkit.abi.machines.alpha import ALPHA
from elfkit.abi.machines.arc import ARC, ARC_COMPACT
from elfkit.abi.machines.arm import ARM
from elfkit.abi.machines.csky import CSKY
from elfkit.abi.machines.hppa import HPPA
from elfkit.abi.machines.ia64 import IA64
from elfkit.abi.machines.loongarch import LOONGARCH
from elfkit.abi.machines.m68k import M68K
from elfkit.abi.machines.mips import MIPS, MIPS_RS3_LE
from elfkit.abi.machines.nds32 import NDS32
from elfkit.abi.machines.others import OTHERS
from elfkit.abi.machines.powerpc import POWERPC
from elfkit.abi.machines.powerpc64 import POWERPC64
from elfkit.abi.machines.riscv import RISCV
from elfkit.abi.machines.row import FlagFloat, FlagVariant, Machine, abi_variant, flag_float, flag_isa
from elfkit.abi.machines.s390 import S390, S390_OLD
from elfkit.abi.machines.sh import SH
from elfkit.abi.machines.sparc import SPARC, SPARC32PLUS, SPARC64
from elfkit.abi.machines.x86 import I386, IAMCU, X86_64

__all__ = [
    "BY_NUMBER",
    "MACHINES",
    "FlagFloat",
    "FlagVariant",
    "Machine",
    "abi_variant",
    "flag_float",
    "flag_isa",
    "machine",
    "machine_key",
]

MACHINES: tuple[Machine, ...] = (
    MIPS,
    MIPS_RS3_LE,
    ARM,
    AARCH64,
    I386,
    X86_64,
    IAMCU,
    POWERPC,
    POWERPC64,
    RISCV,
    LOONGARCH,
    S390,
    S390_OLD,
    SH,
    SPARC,
    SPARC32PLUS,
    SPARC64,
    ALPHA,
    HPPA,
    IA64,
    M68K,
    ARC,
    ARC_COMPACT,
    CSKY,
    NDS32,
    *OTHERS,
)

BY_NUMBER: dict[int, Machine] = {row.e_machine: row for row in MACHINES}


def machine(e_machine: int) -> Machine | None:
    """The row of a machine; None for a number nobody registered."""
    return BY_NUMBER.get(e_machine)


def machine_key(e_machine: int) -> str:
    """The canonical short name ("mips"); "em-4660" for a number nobody registered."""
    row = BY_NUMBER.get(e_machine)
    return row.key if row else f"em-{e_machine}"
