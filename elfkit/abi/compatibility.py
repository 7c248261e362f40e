"""Which files may meet in one process: FPU modes, float ABIs, ABI variants, NaN encodings.

Rows from linux arch/mips/kernel/elf.c and glibc sysdeps/mips/dl-machine-reject-phdr.h (FPU modes; both have the same
table), glibc's elf_machine_matches_host and open_verify, binutils' merge functions of each machine.
"""

from __future__ import annotations

from collections.abc import Iterable

SINGLE, SOFT, FR0, FR1, FRE = 1, 2, 4, 8, 16
EVERY_MODE = SINGLE | SOFT | FR0 | FR1 | FRE

FPU_MODES: dict[str, int] = {
    "any": EVERY_MODE,
    "double": FR0 | FRE,
    "single": SINGLE,
    "soft": SOFT,
    "old-64": 0,
    "xx": FR0 | FR1 | FRE,
    "64": FR1,
    "64a": FR1 | FRE,
    "unknown": SINGLE | SOFT | FR0 | FRE,  # no record at all: goes with everything but 64
}
"""By the fp_mode of a MIPS file: the modes of the FPU in which it runs. FR is the size of registers, FRE emulates."""


def common_modes(fp_modes: Iterable[str]) -> int:
    """The FPU modes in which files with these fp_modes run together; 0: there is none."""
    common = EVERY_MODE
    for mode in fp_modes:
        common &= FPU_MODES[mode]
    return common


FLOAT_ABIS_TOLD = frozenset({"soft", "hard", "single", "quad"})
"""What may clash: "any" and "none" go with all, "unknown" is no statement."""


def floats_meet(one: str, other: str) -> bool:
    """Whether files with these float ABIs may call each other, as far as is known.

    softfp on ARM and C-SKY is "soft" here: it calls as soft float does. Between hard, single and soft float no machine
    has a compatible pair: another register, or another one's half, carries each argument.
    """
    return one == other or not {one, other} <= FLOAT_ABIS_TOLD


# variants that call each other alike, whatever their number: the edition changed what tools write, not the calls
_EDITIONS: tuple[frozenset[str], ...] = (frozenset({"eabi1", "eabi2", "eabi3", "eabi4", "eabi5"}),)


def variants_meet(one: str, other: str) -> bool:
    """Whether files of these ABI variants may meet in one process; "" is no statement.

    o32, n32 and n64; x32; ELFv1 and ELFv2; FDPIC; EABI and the old ABI; ARC's system call ABIs never do.
    """
    return one == other or not (one and other) or any({one, other} <= editions for editions in _EDITIONS)
