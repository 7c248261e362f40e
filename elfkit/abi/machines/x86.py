"""x86: i386 and x86-64 (the i386 and x86-64 psABI). EM_X86_64 in an ELFCLASS32 file is x32."""

from elfkit.abi.header import ELFCLASS32, EM_386, EM_IAMCU, EM_X86_64
from elfkit.abi.machines.row import FlagVariant, Machine

I386 = Machine(
    key="i386",
    e_machine=EM_386,
    title="x86 (32-bit)",
    elf_name="EM_386",
    family="x86",
    runs_linux=True,
    float_abi_none=True,
    unmarked_stack_executable=True,
    source="i386 psABI; glibc sysdeps/i386/stackinfo.h",
)

X86_64 = Machine(
    key="x86_64",
    e_machine=EM_X86_64,
    title="x86-64",
    elf_name="EM_X86_64",
    family="x86",
    runs_linux=True,
    float_abi_none=True,
    variants=(FlagVariant(0, 0, ELFCLASS32, "x32"),),
    unmarked_stack_executable=True,
    kernel_keeps_unmarked_stack=True,
    source="x86-64 psABI; glibc sysdeps/x86_64/stackinfo.h",
)

IAMCU = Machine(
    key="iamcu",
    e_machine=EM_IAMCU,
    title="Intel MCU",
    elf_name="EM_IAMCU",
    family="x86",
    float_abi_none=True,
    source="Intel MCU psABI: no FPU, everything in general registers",
)
