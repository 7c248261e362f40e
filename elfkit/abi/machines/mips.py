"""MIPS. No bit of e_flags tells soft from hard float: PT_MIPS_ABIFLAGS does (binutils include/elf/mips.h)."""

from elfkit.abi.attributes import GNU
from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_MIPS, EM_MIPS_RS3_LE
from elfkit.abi.machines.row import AttributeFloat, FlagFloat, FlagIsa, FlagVariant, Machine
from elfkit.abi.sections import SHT_MIPS_ABIFLAGS
from elfkit.abi.segments import PT_MIPS_ABIFLAGS

EF_MIPS_NOREORDER = 0x00000001
EF_MIPS_PIC = 0x00000002
EF_MIPS_CPIC = 0x00000004
EF_MIPS_ABI2 = 0x00000020
EF_MIPS_32BITMODE = 0x00000100
EF_MIPS_FP64 = 0x00000200  # the old, refused ABI: today's -mfp64 leaves it clear
EF_MIPS_NAN2008 = 0x00000400
EF_MIPS_ABI = 0x0000F000
EF_MIPS_ABI_O32 = 0x00001000
EF_MIPS_ABI_O64 = 0x00002000
EF_MIPS_ABI_EABI32 = 0x00003000
EF_MIPS_ABI_EABI64 = 0x00004000
EF_MIPS_MACH = 0x00FF0000
EF_MIPS_ARCH_ASE = 0x0F000000
EF_MIPS_ARCH = 0xF0000000

FP_ABI: tuple[tuple[str, str], ...] = (
    ("any", "FP_ANY (no floating point in its interface)"),
    ("hard", "FP_DOUBLE (-mdouble-float)"),
    ("single", "FP_SINGLE (-msingle-float)"),
    ("soft", "FP_SOFT (-msoft-float)"),
    ("hard", "FP_OLD_64 (old -mfp64, refused by every kernel)"),
    ("hard", "FP_XX (-mfpxx: runs with 32-bit and 64-bit FPU registers)"),
    ("hard", "FP_64 (-mfp64)"),
    ("hard", "FP_64A (-mfp64 -mno-odd-spreg)"),
)
"""(float_abi, detail) by fp_abi, byte 7 of PT_MIPS_ABIFLAGS, and by Tag_GNU_MIPS_ABI_FP (.gnu.attributes)."""

FP_MODES: tuple[str, ...] = ("any", "double", "single", "soft", "old-64", "xx", "64", "64a")
"""Short names by fp_abi, as the -mfp options have them."""

TAG_GNU_MIPS_ABI_FP = 4
TAG_GNU_MIPS_ABI_MSA = 8

ISA_LEVELS: dict[tuple[int, int], str] = {
    **{(level, 0): f"mips{level}" for level in range(1, 6)},
    (32, 1): "mips32",
    (64, 1): "mips64",
    **{(bits, rev): f"mips{bits}r{rev}" for bits in (32, 64) for rev in (2, 3, 5, 6)},
}
"""By isa_level and isa_rev of PT_MIPS_ABIFLAGS."""

ISA_EXTENSIONS: dict[int, str] = {
    1: "xlr",
    2: "octeon2",
    3: "octeon+",
    4: "loongson-3a",
    5: "octeon",
    6: "r5900",
    7: "r4650",
    8: "r4010",
    9: "vr4100",
    10: "r3900",
    11: "r10000",
    12: "sb1",
    13: "vr4111",
    14: "vr4120",
    15: "vr5400",
    16: "vr5500",
    17: "loongson-2e",
    18: "loongson-2f",
    19: "octeon3",
    20: "interaptiv-mr2",
}
"""By isa_ext: what one maker's CPUs have beside the level."""

ASES: tuple[tuple[int, str], ...] = (
    (0x00000001, "dsp"),
    (0x00000002, "dspr2"),
    (0x00000004, "eva"),
    (0x00000008, "mcu"),
    (0x00000010, "mdmx"),
    (0x00000020, "mips3d"),
    (0x00000040, "mt"),
    (0x00000080, "smartmips"),
    (0x00000100, "virt"),
    (0x00000200, "msa"),
    (0x00000400, "mips16"),
    (0x00000800, "micromips"),
    (0x00001000, "xpa"),
    (0x00002000, "dspr3"),
    (0x00004000, "mips16e2"),
    (0x00008000, "crc"),
    (0x00020000, "ginv"),
    (0x00040000, "loongson-mmi"),
    (0x00080000, "loongson-cam"),
    (0x00100000, "loongson-ext"),
    (0x00200000, "loongson-ext2"),
)
"""By the bits of ases."""

_ARCH = (
    "mips1",
    "mips2",
    "mips3",
    "mips4",
    "mips5",
    "mips32",
    "mips64",
    "mips32r2",
    "mips64r2",
    "mips32r6",
    "mips64r6",
)
_MACH = (
    (0x81, "r3900"),
    (0x82, "r4010"),
    (0x83, "vr4100"),
    (0x84, "allegrex"),
    (0x85, "r4650"),
    (0x87, "vr4120"),
    (0x88, "vr4111"),
    (0x8A, "sb1"),
    (0x8B, "octeon"),
    (0x8C, "xlr"),
    (0x8D, "octeon2"),
    (0x8E, "octeon3"),
    (0x91, "vr5400"),
    (0x92, "r5900"),
    (0x93, "interaptiv-mr2"),
    (0x98, "vr5500"),
    (0x99, "rm9000"),
    (0xA0, "loongson-2e"),
    (0xA1, "loongson-2f"),
    (0xA2, "gs464"),
    (0xA3, "gs464e"),
    (0xA4, "gs264e"),
)
_ISA = (
    *(FlagIsa(EF_MIPS_ARCH, number << 28, base=name) for number, name in enumerate(_ARCH)),
    *(FlagIsa(EF_MIPS_MACH, number << 16, extension=name) for number, name in _MACH),
    FlagIsa(0x08000000, 0x08000000, extension="mdmx"),
    FlagIsa(0x04000000, 0x04000000, extension="mips16"),
    FlagIsa(0x02000000, 0x02000000, extension="micromips"),
)
_FLOATS = tuple(AttributeFloat(GNU, TAG_GNU_MIPS_ABI_FP, 0xFF, number, *row) for number, row in enumerate(FP_ABI))

_ABI_OR_ABI2 = EF_MIPS_ABI | EF_MIPS_ABI2
_VARIANTS = (
    FlagVariant(EF_MIPS_ABI, EF_MIPS_ABI_O32, None, "o32"),
    FlagVariant(EF_MIPS_ABI, EF_MIPS_ABI_O64, None, "o64"),
    FlagVariant(EF_MIPS_ABI, EF_MIPS_ABI_EABI32, None, "eabi32"),
    FlagVariant(EF_MIPS_ABI, EF_MIPS_ABI_EABI64, None, "eabi64"),
    FlagVariant(_ABI_OR_ABI2, EF_MIPS_ABI2, None, "n32"),
    FlagVariant(_ABI_OR_ABI2, 0, ELFCLASS64, "n64"),
    # an empty field in a 32-bit file: the kernel's o32 test takes it
    FlagVariant(_ABI_OR_ABI2, 0, ELFCLASS32, "o32"),
)

MIPS = Machine(
    key="mips",
    e_machine=EM_MIPS,
    title="MIPS",
    elf_name="EM_MIPS",
    family="mips",
    runs_linux=True,
    variants=_VARIANTS,
    abi_flags_segment=PT_MIPS_ABIFLAGS,
    abi_flags_section=SHT_MIPS_ABIFLAGS,
    float_attributes=_FLOATS,
    float_flags=(FlagFloat(EF_MIPS_FP64, EF_MIPS_FP64, "hard", "EF_MIPS_FP64 (old -mfp64, refused by every kernel)"),),
    isa_flags=_ISA,
    nan2008_flag=EF_MIPS_NAN2008,
    exec_stack_by_default=True,
    unmarked_stack_executable=True,
    fixed_programs_by_policy=True,
    source="binutils include/elf/mips.h, bfd elf_mips_abi_name; linux arch/mips/include/asm/elf.h; glibc NEWS 2.31",
)

MIPS_RS3_LE = MIPS._replace(
    key="mips_rs3_le", e_machine=EM_MIPS_RS3_LE, title="MIPS R3000 little-endian", elf_name="EM_MIPS_RS3_LE"
)
