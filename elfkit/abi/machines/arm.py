"""ARM, 32 bits (ARM-software/abi-aa, aaelf32: "ELF header")."""

from elfkit.abi.attributes import AEABI
from elfkit.abi.header import ELFOSABI_ARM_FDPIC, EM_ARM
from elfkit.abi.machines.row import FDPIC, AttributeFloat, AttributeIsa, FlagFloat, FlagIsa, FlagVariant, Machine
from elfkit.abi.sections import SHT_ARM_ATTRIBUTES

EF_ARM_ABI_FLOAT_SOFT = 0x00000200
EF_ARM_ABI_FLOAT_HARD = 0x00000400
EF_ARM_LE8 = 0x00400000
EF_ARM_BE8 = 0x00800000
EF_ARM_EABIMASK = 0xFF000000
EF_ARM_EABI_VER4 = 0x04000000
EF_ARM_EABI_VER5 = 0x05000000

TAG_CPU_ARCH = 6
TAG_CPU_ARCH_PROFILE = 7
TAG_FP_ARCH = 10
TAG_WMMX_ARCH = 11
TAG_ADVANCED_SIMD_ARCH = 12
TAG_ABI_FP_NUMBER_MODEL = 23
TAG_ABI_VFP_ARGS = 28
TAG_FP_HP_EXTENSION = 36
TAG_DIV_USE = 44
TAG_MVE_ARCH = 48

_FP_USED = TAG_ABI_FP_NUMBER_MODEL  # 0: no floating point at all
_FLOAT = EF_ARM_ABI_FLOAT_SOFT | EF_ARM_ABI_FLOAT_HARD
_EABI5 = (EF_ARM_EABIMASK, EF_ARM_EABI_VER5)

_PROFILES = ((ord("A"), "-a"), (ord("R"), "-r"), (ord("M"), "-m"))
_LEVELS = (
    *((TAG_CPU_ARCH, 10, f"armv7{suffix}", (TAG_CPU_ARCH_PROFILE, profile)) for profile, suffix in _PROFILES),
    *(
        (TAG_CPU_ARCH, number, name, None)
        for number, name in (
            (1, "armv4"),
            (2, "armv4t"),
            (3, "armv5t"),
            (4, "armv5te"),
            (5, "armv5tej"),
            (6, "armv6"),
            (7, "armv6kz"),
            (8, "armv6t2"),
            (9, "armv6k"),
            (10, "armv7"),
            (11, "armv6-m"),
            (12, "armv6s-m"),
            (13, "armv7e-m"),
            (14, "armv8-a"),
            (15, "armv8-r"),
            (16, "armv8-m.base"),
            (17, "armv8-m.main"),
            (18, "armv8.1-a"),
            (19, "armv8.2-a"),
            (20, "armv8.3-a"),
            (21, "armv8.1-m.main"),
            (22, "armv9-a"),
        )
    ),
)
_EXTENSIONS = (
    (TAG_FP_ARCH, 1, "vfpv1"),
    (TAG_FP_ARCH, 2, "vfpv2"),
    (TAG_FP_ARCH, 3, "vfpv3"),
    (TAG_FP_ARCH, 4, "vfpv3-d16"),
    (TAG_FP_ARCH, 5, "vfpv4"),
    (TAG_FP_ARCH, 6, "vfpv4-d16"),
    (TAG_FP_ARCH, 7, "fp-armv8"),
    (TAG_FP_ARCH, 8, "fp-armv8-d16"),
    (TAG_ADVANCED_SIMD_ARCH, 1, "neon"),
    (TAG_ADVANCED_SIMD_ARCH, 2, "neon-vfpv4"),
    (TAG_ADVANCED_SIMD_ARCH, 3, "neon-fp-armv8"),
    (TAG_ADVANCED_SIMD_ARCH, 4, "neon-armv8.1"),
    (TAG_WMMX_ARCH, 1, "iwmmxt"),
    (TAG_WMMX_ARCH, 2, "iwmmxt2"),
    (TAG_FP_HP_EXTENSION, 1, "fp16"),
    (TAG_DIV_USE, 2, "idiv"),
    (TAG_MVE_ARCH, 1, "mve"),
    (TAG_MVE_ARCH, 2, "mve.fp"),
)
_ISA = (
    *(AttributeIsa(AEABI, tag, value, base=name, beside=beside) for tag, value, name, beside in _LEVELS),
    *(AttributeIsa(AEABI, tag, value, extension=name) for tag, value, name in _EXTENSIONS),
)

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
    attribute_section=SHT_ARM_ATTRIBUTES,
    # linkers leave a tag out whose value is 0: base, if there is floating point at all (bfd/elf32-arm.c:14632);
    # Tag_ABI_VFP_args 2 is a toolchain's own way, and no statement
    float_attributes=(
        AttributeFloat(
            AEABI,
            TAG_ABI_VFP_ARGS,
            0xFF,
            0,
            "soft",
            "base calling convention (Tag_ABI_VFP_args 0)",
            _FP_USED,
        ),
        AttributeFloat(AEABI, TAG_ABI_VFP_ARGS, 0xFF, 1, "hard", "VFP calling convention (Tag_ABI_VFP_args 1)"),
        AttributeFloat(AEABI, TAG_ABI_VFP_ARGS, 0xFF, 3, "any", "compatible with base and VFP (Tag_ABI_VFP_args 3)"),
    ),
    # BE8 came with ARMv6 (aaelf32, "ELF header")
    isa_flags=(FlagIsa(EF_ARM_BE8, EF_ARM_BE8, base="armv6", least=True),),
    isa_marks_sources=True,  # .arch and .fpu directives
    isa_attributes=_ISA,
    without_mmu=(AEABI, TAG_CPU_ARCH_PROFILE, (ord("M"), ord("R"))),  # addenda32: microcontroller and real-time profile
    swapped_code_flag=EF_ARM_BE8,
    variants=(
        FlagVariant(EF_ARM_EABIMASK, EF_ARM_EABI_VER5, None, FDPIC, ELFOSABI_ARM_FDPIC),
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
