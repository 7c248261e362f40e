"""Segment types and permissions (System V gABI 4.3, "Program Header"; GNU, OpenBSD, PaX, Sun; the processors).

One number of the processor's range means another thing on every machine: only `segment_name` may name it.
"""

from elfkit.abi.header import (
    EM_AARCH64,
    EM_ARM,
    EM_IA_64,
    EM_MIPS,
    EM_MIPS_RS3_LE,
    EM_PARISC,
    EM_RISCV,
    EM_S390,
)
from elfkit.abi.names import names_of

PT_NULL = 0
PT_LOAD = 1
PT_DYNAMIC = 2
PT_INTERP = 3
PT_NOTE = 4
PT_SHLIB = 5
PT_PHDR = 6
PT_TLS = 7

# the operating systems' range
PT_GNU_EH_FRAME = 0x6474E550
PT_GNU_STACK = 0x6474E551
PT_GNU_RELRO = 0x6474E552
PT_GNU_PROPERTY = 0x6474E553
PT_GNU_SFRAME = 0x6474E554
PT_OPENBSD_MUTABLE = 0x65A3DBE5
PT_OPENBSD_RANDOMIZE = 0x65A3DBE6
PT_OPENBSD_WXNEEDED = 0x65A3DBE7
PT_OPENBSD_NOBTCFI = 0x65A3DBE8
PT_OPENBSD_SYSCALLS = 0x65A3DBE9
PT_OPENBSD_BOOTDATA = 0x65A41BE6
PT_PAX_FLAGS = 0x65041580
PT_SUNWBSS = 0x6FFFFFFA
PT_SUNWSTACK = 0x6FFFFFFB
_NAMES = names_of(globals(), "PT_")

PT_LOOS = 0x60000000
PT_HIOS = 0x6FFFFFFF
PT_LOPROC = 0x70000000
PT_HIPROC = 0x7FFFFFFF

# the processors' range
PT_MIPS_REGINFO = 0x70000000
PT_MIPS_RTPROC = 0x70000001
PT_MIPS_OPTIONS = 0x70000002
PT_MIPS_ABIFLAGS = 0x70000003

PT_ARM_ARCHEXT = 0x70000000
PT_ARM_EXIDX = 0x70000001
PT_AARCH64_ARCHEXT = 0x70000000
PT_AARCH64_MEMTAG_MTE = 0x70000002

PT_RISCV_ATTRIBUTES = 0x70000003

PT_S390_PGSTE = 0x70000000

PT_IA_64_ARCHEXT = 0x70000000
PT_IA_64_UNWIND = 0x70000001

PT_PARISC_ARCHEXT = 0x70000000
PT_PARISC_UNWIND = 0x70000001

_MIPS = names_of(globals(), "PT_MIPS_")
_PROCESSOR: dict[int, dict[int, str]] = {
    EM_MIPS: _MIPS,
    EM_MIPS_RS3_LE: _MIPS,
    EM_ARM: names_of(globals(), "PT_ARM_"),
    EM_AARCH64: names_of(globals(), "PT_AARCH64_"),
    EM_RISCV: names_of(globals(), "PT_RISCV_"),
    EM_S390: names_of(globals(), "PT_S390_"),
    EM_IA_64: names_of(globals(), "PT_IA_64_"),
    EM_PARISC: names_of(globals(), "PT_PARISC_"),
}

PF_X = 1
PF_W = 2
PF_R = 4
PF_MASKOS = 0x0FF00000
PF_MASKPROC = 0xF0000000


def segment_name(p_type: int, e_machine: int) -> str:
    """The specification's name of a segment type on this machine; "0x6474e5ff" for a number without one."""
    names = _PROCESSOR.get(e_machine, {}) if PT_LOPROC <= p_type <= PT_HIPROC else _NAMES
    return names.get(p_type) or f"{p_type:#x}"


def permissions(p_flags: int) -> str:
    """The three permission bits as readelf prints them: "R E", "RW ", "RWE"."""
    return ("R" if p_flags & PF_R else " ") + ("W" if p_flags & PF_W else " ") + ("E" if p_flags & PF_X else " ")
