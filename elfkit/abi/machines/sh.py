"""SuperH (binutils include/elf/sh.h): the low five bits of e_flags name the CPU the code was made for."""

from elfkit.abi.header import EM_SH
from elfkit.abi.machines.row import FlagFloat, FlagIsa, FlagVariant, Machine

EF_SH_MACH_MASK = 0x1F
EF_SH_PIC = 0x100
EF_SH_FDPIC = 0x8000

# Only marks that name an FPU state anything: binutils marks each file with the least CPU that its instructions need,
# so that a library of a hard-float build which uses no floating point is marked SH2 or "SH4 without FPU".
_WITH_FPU = (
    (0x08, "SH3E"),
    (0x09, "SH4"),
    (0x0B, "SH2E"),
    (0x0C, "SH4A"),
    (0x0D, "SH2A"),
    (0x17, "SH2A or SH4"),
    (0x18, "SH2A or SH3E"),
)

# named as gcc's -m options are; 0 is no statement
_MACHS = (
    (0x01, "sh1"),
    (0x02, "sh2"),
    (0x03, "sh3"),
    (0x04, "sh-dsp"),
    (0x05, "sh3-dsp"),
    (0x06, "sh4al-dsp"),
    (0x08, "sh3e"),
    (0x09, "sh4"),
    (0x0A, "sh5"),
    (0x0B, "sh2e"),
    (0x0C, "sh4a"),
    (0x0D, "sh2a"),
    (0x10, "sh4-nofpu"),
    (0x11, "sh4a-nofpu"),
    (0x12, "sh4-nommu-nofpu"),
    (0x13, "sh2a-nofpu"),
    (0x14, "sh3-nommu"),
    (0x15, "sh2a-nofpu-or-sh4-nommu-nofpu"),
    (0x16, "sh2a-nofpu-or-sh3-nommu"),
    (0x17, "sh2a-or-sh4"),
    (0x18, "sh2a-or-sh3e"),
)

SH = Machine(
    key="sh",
    e_machine=EM_SH,
    title="SuperH",
    elf_name="EM_SH",
    family="sh",
    runs_linux=True,
    float_flags=tuple(FlagFloat(EF_SH_MACH_MASK, mach, "hard", f"FPU ({cpu})") for mach, cpu in _WITH_FPU),
    variants=(FlagVariant(EF_SH_FDPIC, EF_SH_FDPIC, None, "fdpic"),),
    isa_marks_use=True,
    isa_flags=tuple(FlagIsa(EF_SH_MACH_MASK, mach, base=name) for mach, name in _MACHS),
    unmarked_stack_executable=True,
    source="binutils include/elf/sh.h:29-52; glibc sysdeps/sh/stackinfo.h",
)
