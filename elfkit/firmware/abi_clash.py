"""Whether the processes of a platform can use an image, by the ABI that its bytes show."""

from __future__ import annotations

from elfkit.abi.compatibility import floats_meet, variants_meet
from elfkit.abi.header import EM_ARM, EM_LOONGARCH, EM_MIPS, EM_RISCV
from elfkit.abi.libc import GLIBC
from elfkit.abi.machines import machine
from elfkit.evidence import Certainty
from elfkit.facts.facts import Facts
from elfkit.firmware.platforms import Platform, same_machine

FLOAT_CHECKED = frozenset({EM_ARM, EM_MIPS, EM_RISCV, EM_LOONGARCH})  # where glibc refuses another float ABI


def abi_clash(platform: Platform, facts: Facts) -> str | None:
    """Return what an image is made for, in words, if a process of ``platform`` cannot use it; None if it can.

    Compared are machine, class, byte order, ABI variant, and what glibc compares: float ABI, and of MIPS the NaN
    encoding; what is unknown or guessed keeps nothing out.
    """
    return clash(platform, facts)[1] or None


def clash(platform: Platform, facts: Facts) -> tuple[str, str]:
    """Return the trait in which an image differs from ``platform``, and what it is made for; "" where it fits."""
    if not same_machine(platform, facts):
        words = f"{facts.machine.value} {facts.elf_class.value}-bit {facts.data.value}-endian"
        return "machine", words
    variant = facts.abi_variant.value
    if not variants_meet(variant, platform.variant):
        return "variant", f"{facts.machine.value} {variant}"
    own = facts.float_abi
    if facts.e_machine not in FLOAT_CHECKED:
        return "", ""
    if own.certainty is not Certainty.GUESSED and not floats_meet(own.value, platform.float_abi):
        return "float", f"{own.value}-float"
    return _nan_clash(platform, facts) if platform.libc == GLIBC else ("", "")


def _nan_clash(platform: Platform, facts: Facts) -> tuple[str, str]:
    """Return the NaN encoding of an image if glibc refuses it for that; the other loaders do not look at it."""
    row = machine(facts.e_machine)
    if row is None or not (facts.flags.value ^ platform.flags) & row.nan2008_flag:
        return "", ""
    return "float", "nan2008" if facts.nan2008.value else "legacy NaN"
