"""Whether the processes of a platform can use an image, by the ABI that its bytes show."""

from __future__ import annotations

from elfkit.abi.header import EM_ARM, EM_LOONGARCH, EM_MIPS, EM_RISCV
from elfkit.evidence import Certainty
from elfkit.facts.facts import Facts
from elfkit.firmware.platforms import Platform, same_machine

FLOAT_CHECKED = frozenset({EM_ARM, EM_MIPS, EM_RISCV, EM_LOONGARCH})  # where glibc refuses another float ABI
STATED_FLOAT_ABIS = frozenset({"soft", "hard", "single", "quad"})


def abi_clash(platform: Platform, facts: Facts) -> str | None:
    """Return what an image is made for, in words, if a process of ``platform`` cannot use it; None if it can.

    Compared are machine, class, byte order, ABI variant, and the float ABI where glibc does; what is unknown or
    guessed keeps nothing out.
    """
    return clash(platform, facts)[1] or None


def clash(platform: Platform, facts: Facts) -> tuple[str, str]:
    """Return the trait in which an image differs from ``platform``, and what it is made for; "" where it fits."""
    if not same_machine(platform, facts):
        words = f"{facts.machine.value} {facts.elf_class.value}-bit {facts.data.value}-endian"
        return "machine", words
    variant = facts.abi_variant.value
    if variant and platform.variant and variant != platform.variant:
        return "variant", f"{facts.machine.value} {variant}"
    own = facts.float_abi
    if facts.e_machine not in FLOAT_CHECKED:
        return "", ""
    if own.value != platform.float_abi and {own.value, platform.float_abi} <= STATED_FLOAT_ABIS:
        return ("", "") if own.certainty is Certainty.GUESSED else ("float", f"{own.value}-float")
    return "", ""
