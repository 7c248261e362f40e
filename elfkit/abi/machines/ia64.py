"""Itanium (Intel Itanium Processor-specific ABI)."""

from elfkit.abi.header import EM_IA_64
from elfkit.abi.machines.row import Machine

EF_IA_64_ABI64 = 0x00000010

IA64 = Machine(
    key="ia64",
    e_machine=EM_IA_64,
    title="Itanium",
    elf_name="EM_IA_64",
    family="ia64",
    runs_linux=True,
    source="binutils include/elf/ia64.h:27-45",
)
