"""ARC: ARCompact (600, 700) and ARCv2 (EM, HS) (binutils include/elf/arc.h)."""

from elfkit.abi.header import EM_ARC_COMPACT, EM_ARC_COMPACT2
from elfkit.abi.machines.row import FlagIsa, FlagVariant, Machine
from elfkit.abi.sections import SHT_ARC_ATTRIBUTES

EF_ARC_MACH_MSK = 0x000000FF
EF_ARC_OSABI_MSK = 0x00000F00

_MACHS = ((2, "arc600"), (3, "arc700"), (4, "arc601"), (5, "arcem"), (6, "archs"))

ARC_COMPACT = Machine(
    key="arcompact",
    e_machine=EM_ARC_COMPACT,
    title="ARC (ARCompact)",
    elf_name="EM_ARC_COMPACT",
    family="arc",
    runs_linux=True,
    # the kernel takes its own system call ABI alone (linux arch/arc/kernel/process.c); 0 is the first, or no statement
    variants=tuple(FlagVariant(EF_ARC_OSABI_MSK, number << 8, None, f"osabi-v{number}") for number in (2, 3, 4)),
    attribute_section=SHT_ARC_ATTRIBUTES,
    isa_flags=tuple(FlagIsa(EF_ARC_MACH_MSK, mach, base=name) for mach, name in _MACHS),
    source="binutils include/elf/arc.h:48-59; glibc sysdeps/arc/dl-machine.h takes both numbers",
)
ARC = ARC_COMPACT._replace(key="arc", e_machine=EM_ARC_COMPACT2, title="ARC (ARCv2)", elf_name="EM_ARC_COMPACT2")
