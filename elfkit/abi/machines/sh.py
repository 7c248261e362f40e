"""SuperH (binutils include/elf/sh.h): the low five bits of e_flags name the CPU the code was made for."""

from elfkit.abi.header import EM_SH
from elfkit.abi.machines.row import FlagFloat, Machine

EF_SH_MACH_MASK = 0x1F
EF_SH_PIC = 0x100
EF_SH_FDPIC = 0x8000

_WITHOUT_FPU = (
    (0x01, "SH1"),
    (0x02, "SH2"),
    (0x03, "SH3"),
    (0x04, "SH-DSP"),
    (0x05, "SH3-DSP"),
    (0x06, "SH4AL-DSP"),
    (0x10, "SH4 without FPU"),
    (0x11, "SH4A without FPU"),
    (0x12, "SH4 without MMU and FPU"),
    (0x13, "SH2A without FPU"),
    (0x14, "SH3 without MMU"),
    (0x15, "SH2A or SH4 without FPU"),
    (0x16, "SH2A or SH3 without FPU"),
)
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
    # 0 (EF_SH_UNKNOWN) is no statement
    float_flags=(
        *(FlagFloat(EF_SH_MACH_MASK, mach, "soft", f"no FPU ({cpu})") for mach, cpu in _WITHOUT_FPU),
        *(FlagFloat(EF_SH_MACH_MASK, mach, "hard", f"FPU ({cpu})") for mach, cpu in _WITH_FPU),
    ),
    unmarked_stack_executable=True,
    source="binutils include/elf/sh.h:29-52; glibc sysdeps/sh/stackinfo.h",
)
