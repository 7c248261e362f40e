"""SuperH (binutils include/elf/sh.h): the low five bits of e_flags name the CPU the code was made for."""

from elfkit.abi.header import EM_SH
from elfkit.abi.machines.row import FlagFloat, Machine

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

SH = Machine(
    key="sh",
    e_machine=EM_SH,
    title="SuperH",
    elf_name="EM_SH",
    family="sh",
    runs_linux=True,
    float_flags=tuple(FlagFloat(EF_SH_MACH_MASK, mach, "hard", f"FPU ({cpu})") for mach, cpu in _WITH_FPU),
    unmarked_stack_executable=True,
    source="binutils include/elf/sh.h:29-52; glibc sysdeps/sh/stackinfo.h",
)
