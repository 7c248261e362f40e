"""ARM, 32 bits (ARM-software/abi-aa, aaelf32: "ELF header")."""

from elfkit.abi.header import EM_ARM
from elfkit.abi.machines.row import FlagFloat, FlagVariant, Machine

EF_ARM_ABI_FLOAT_SOFT = 0x00000200
EF_ARM_ABI_FLOAT_HARD = 0x00000400
EF_ARM_LE8 = 0x00400000
EF_ARM_BE8 = 0x00800000
EF_ARM_EABIMASK = 0xFF000000
EF_ARM_EABI_VER4 = 0x04000000
EF_ARM_EABI_VER5 = 0x05000000

_FLOAT = EF_ARM_ABI_FLOAT_SOFT | EF_ARM_ABI_FLOAT_HARD
_EABI5 = (EF_ARM_EABIMASK, EF_ARM_EABI_VER5)

ARM = Machine(
    key="arm",
    e_machine=EM_ARM,
    title="ARM",
    elf_name="EM_ARM",
    family="arm",
    runs_linux=True,
    # Before EABI 5 these bits had other meanings. Neither bit is no statement: loaders take such a file with either.
    float_flags=(
        FlagFloat(
            _FLOAT, EF_ARM_ABI_FLOAT_SOFT, "soft", "base calling convention (EF_ARM_ABI_FLOAT_SOFT, softfp)", *_EABI5
        ),
        FlagFloat(_FLOAT, EF_ARM_ABI_FLOAT_HARD, "hard", "VFP calling convention (EF_ARM_ABI_FLOAT_HARD)", *_EABI5),
    ),
    variants=(
        FlagVariant(EF_ARM_EABIMASK, EF_ARM_EABI_VER5, None, "eabi5"),
        FlagVariant(EF_ARM_EABIMASK, EF_ARM_EABI_VER4, None, "eabi4"),
        FlagVariant(EF_ARM_EABIMASK, 0x03000000, None, "eabi3"),
        FlagVariant(EF_ARM_EABIMASK, 0x02000000, None, "eabi2"),
        FlagVariant(EF_ARM_EABIMASK, 0x01000000, None, "eabi1"),
        FlagVariant(EF_ARM_EABIMASK, 0, None, "oabi"),
    ),
    unmarked_stack_executable=True,
    source="ARM-software/abi-aa aaelf32.rst:1040-1073; glibc sysdeps/unix/sysv/linux/arm/ldsodefs.h",
)
