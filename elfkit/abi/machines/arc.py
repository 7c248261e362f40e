"""ARC: ARCompact (600, 700) and ARCv2 (EM, HS) (binutils include/elf/arc.h)."""

from elfkit.abi.header import EM_ARC_COMPACT, EM_ARC_COMPACT2
from elfkit.abi.machines.row import Machine

EF_ARC_MACH_MSK = 0x000000FF
EF_ARC_OSABI_MSK = 0x00000F00

ARC_COMPACT = Machine(
    key="arcompact",
    e_machine=EM_ARC_COMPACT,
    title="ARC (ARCompact)",
    elf_name="EM_ARC_COMPACT",
    family="arc",
    runs_linux=True,
    source="binutils include/elf/arc.h:48-59; glibc sysdeps/arc/dl-machine.h takes both numbers",
)
ARC = ARC_COMPACT._replace(key="arc", e_machine=EM_ARC_COMPACT2, title="ARC (ARCv2)", elf_name="EM_ARC_COMPACT2")
