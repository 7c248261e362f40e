"""PowerPC, 64 bits (OpenPOWER 64-bit ELF V2 ABI; its predecessor ELF V1): which of the two, e_flags & 3 says."""

from elfkit.abi.header import EM_PPC64
from elfkit.abi.machines.powerpc import POWERPC
from elfkit.abi.machines.row import FlagIsa, FlagVariant, Machine

EF_PPC64_ABI = 0x00000003

POWERPC64 = Machine(
    key="powerpc64",
    e_machine=EM_PPC64,
    title="PowerPC64",
    elf_name="EM_PPC64",
    family="power",
    runs_linux=True,
    float_attributes=POWERPC.float_attributes,  # bfd/elf64-ppc.c merges them as those of 32 bits
    # 0 is "no statement": glibc takes such a file with either ABI
    variants=(FlagVariant(EF_PPC64_ABI, 1, None, "elfv1"), FlagVariant(EF_PPC64_ABI, 2, None, "elfv2")),
    # little-endian ELFv2 begins with POWER8 (OpenPOWER ELF V2 ABI, 1.1)
    isa_flags=(
        FlagIsa(EF_PPC64_ABI, 2, base="power8", least=True, data=1),
        FlagIsa(0, 0, base="powerpc64", least=True),
    ),
    source="binutils include/elf/ppc64.h:235; glibc sysdeps/powerpc/powerpc64/dl-machine.h:45",
)
