"""AArch64 (ARM-software/abi-aa, aaelf64). Every file passes floating point in vector registers."""

from elfkit.abi.header import ELFCLASS32, EM_AARCH64
from elfkit.abi.machines.row import FlagIsa, FlagVariant, Machine, Property
from elfkit.abi.notes import GNU_PROPERTY_AARCH64_FEATURE_1_AND as FEATURE_1_AND

AARCH64 = Machine(
    key="aarch64",
    e_machine=EM_AARCH64,
    title="AArch64",
    elf_name="EM_AARCH64",
    family="arm",
    runs_linux=True,
    float_abi_none=True,
    isa_flags=(FlagIsa(0, 0, base="armv8-a", least=True),),  # no file says which edition it needs
    properties=(
        Property(FEATURE_1_AND, 1, "BTI"),
        Property(FEATURE_1_AND, 2, "PAC"),
        Property(FEATURE_1_AND, 4, "GCS"),
    ),
    variants=(FlagVariant(0, 0, ELFCLASS32, "ilp32"),),
    source="ARM-software/abi-aa aaelf64.rst; gcc config/aarch64/aarch64-linux.h",
)
