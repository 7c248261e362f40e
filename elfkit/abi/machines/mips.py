"""MIPS. No bit of e_flags tells soft from hard float: PT_MIPS_ABIFLAGS does (binutils include/elf/mips.h)."""

from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_MIPS, EM_MIPS_RS3_LE
from elfkit.abi.machines.row import FlagVariant, Machine

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
    exec_stack_by_default=True,
    unmarked_stack_executable=True,
    fixed_programs_by_policy=True,
    source="binutils include/elf/mips.h, bfd elf_mips_abi_name; linux arch/mips/include/asm/elf.h; glibc NEWS 2.31",
)

MIPS_RS3_LE = MIPS._replace(
    key="mips_rs3_le", e_machine=EM_MIPS_RS3_LE, title="MIPS R3000 little-endian", elf_name="EM_MIPS_RS3_LE"
)
