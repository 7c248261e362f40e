"""PowerPC, 32 bits (Power Architecture 32-bit ABI supplement).

e_flags say nothing of floating point; `.gnu.attributes` does, and goes with the section headers.
"""

from elfkit.abi.attributes import GNU
from elfkit.abi.header import EM_PPC
from elfkit.abi.machines.row import AttributeFloat, AttributeIsa, Machine

EF_PPC_RELOCATABLE_LIB = 0x00008000
EF_PPC_RELOCATABLE = 0x00010000
EF_PPC_EMB = 0x80000000

TAG_GNU_POWER_ABI_FP = 4
TAG_GNU_POWER_ABI_VECTOR = 8

POWERPC = Machine(
    key="powerpc",
    e_machine=EM_PPC,
    title="PowerPC",
    elf_name="EM_PPC",
    family="power",
    runs_linux=True,
    # bits 2 and 3 say what long double is; 0 is no statement
    float_attributes=(
        AttributeFloat(GNU, TAG_GNU_POWER_ABI_FP, 3, 1, "hard", "hard float (Tag_GNU_Power_ABI_FP 1)"),
        AttributeFloat(GNU, TAG_GNU_POWER_ABI_FP, 3, 2, "soft", "soft float (Tag_GNU_Power_ABI_FP 2)"),
        AttributeFloat(GNU, TAG_GNU_POWER_ABI_FP, 3, 3, "single", "single float (Tag_GNU_Power_ABI_FP 3)"),
    ),
    isa_attributes=(
        AttributeIsa(GNU, TAG_GNU_POWER_ABI_VECTOR, 2, extension="altivec"),
        AttributeIsa(GNU, TAG_GNU_POWER_ABI_VECTOR, 3, extension="spe"),
    ),
    unmarked_stack_executable=True,
    fixed_programs_by_policy=True,
    wx_plt_tolerated=True,  # BSS-PLT
    source="binutils include/elf/ppc.h, bfd/elf32-ppc.c; glibc sysdeps/powerpc/powerpc32/stackinfo.h",
)
