"""PowerPC, 32 bits (Power Architecture 32-bit ABI supplement).

e_flags say nothing of floating point; `.gnu.attributes` does, and goes with the section headers.
"""

from elfkit.abi.header import EM_PPC
from elfkit.abi.machines.row import Machine

EF_PPC_RELOCATABLE_LIB = 0x00008000
EF_PPC_RELOCATABLE = 0x00010000
EF_PPC_EMB = 0x80000000

POWERPC = Machine(
    key="powerpc",
    e_machine=EM_PPC,
    title="PowerPC",
    elf_name="EM_PPC",
    family="power",
    runs_linux=True,
    unmarked_stack_executable=True,
    fixed_programs_by_policy=True,
    wx_plt_tolerated=True,  # BSS-PLT
    source="binutils include/elf/ppc.h, bfd/elf32-ppc.c; glibc sysdeps/powerpc/powerpc32/stackinfo.h",
)
