"""x86: i386 and x86-64 (the i386 and x86-64 psABI). EM_X86_64 in an ELFCLASS32 file is x32."""

from elfkit.abi.header import ELFCLASS32, EM_386, EM_IAMCU, EM_X86_64
from elfkit.abi.machines.row import FlagIsa, FlagVariant, Machine, Property
from elfkit.abi.notes import GNU_PROPERTY_X86_FEATURE_1_AND as FEATURE_1_AND
from elfkit.abi.notes import GNU_PROPERTY_X86_ISA_1_NEEDED as ISA_1_NEEDED

_PROPERTIES = (Property(FEATURE_1_AND, 1, "IBT"), Property(FEATURE_1_AND, 2, "SHSTK"))

I386 = Machine(
    key="i386",
    e_machine=EM_386,
    title="x86 (32-bit)",
    elf_name="EM_386",
    family="x86",
    runs_linux=True,
    float_abi_none=True,
    isa_flags=(FlagIsa(0, 0, base="i386", least=True),),
    # GNU_PROPERTY_X86_ISA_1_BASELINE is CMOV, MMX, SSE and SSE2; the rest as the x86-64 psABI's levels
    isa_properties=(
        Property(ISA_1_NEEDED, 1, "x86-baseline"),
        Property(ISA_1_NEEDED, 2, "x86-v2"),
        Property(ISA_1_NEEDED, 4, "x86-v3"),
        Property(ISA_1_NEEDED, 8, "x86-v4"),
    ),
    properties=_PROPERTIES,
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
    isa_flags=(FlagIsa(0, 0, base="x86-64", least=True),),
    isa_properties=(
        Property(ISA_1_NEEDED, 1, "x86-64"),
        Property(ISA_1_NEEDED, 2, "x86-64-v2"),
        Property(ISA_1_NEEDED, 4, "x86-64-v3"),
        Property(ISA_1_NEEDED, 8, "x86-64-v4"),
    ),
    properties=_PROPERTIES,
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
