"""HP PA-RISC (the Processor-Specific ELF Supplement for PA-RISC)."""

from elfkit.abi.header import EM_PARISC
from elfkit.abi.machines.row import FlagIsa, Machine

EF_PARISC_ARCH = 0x0000FFFF

HPPA = Machine(
    key="hppa",
    e_machine=EM_PARISC,
    title="PA-RISC",
    elf_name="EM_PARISC",
    family="hppa",
    runs_linux=True,
    isa_flags=(
        FlagIsa(EF_PARISC_ARCH, 0x20B, base="pa1.0"),
        FlagIsa(EF_PARISC_ARCH, 0x210, base="pa1.1"),
        FlagIsa(EF_PARISC_ARCH, 0x214, base="pa2.0"),
    ),
    exec_stack_by_default=True,  # kernels before 5.18 return from signal handlers through code on the stack
    unmarked_stack_executable=True,
    wx_plt_tolerated=True,  # the PLT with its code stub stands in the data segment
    source="binutils include/elf/hppa.h:30-52, bfd/elf32-hppa.c; glibc sysdeps/hppa/stackinfo.h",
)
