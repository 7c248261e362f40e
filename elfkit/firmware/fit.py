"""Whether an image can run in a tree at all, by machine, class and byte order."""

from __future__ import annotations

from enum import Enum, unique

from elfkit.abi.machines import machine
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit.firmware.platforms import Platforms, family, same_machine
from elfkit.firmware.tree import Member

KERNEL_SIDE = frozenset({Kind.MODULE, Kind.RELOCATABLE})
STATIC = frozenset({Kind.STATIC, Kind.STATIC_PIE})
NO_PROGRAM = frozenset({Kind.CORE, Kind.DEBUG_ONLY, Kind.UNKNOWN})

# Where devices keep what runs on another processor than theirs: DSPs, radios, boot loaders, emulated machines.
BLOB_DIRECTORIES = (
    "lib/firmware/",
    "usr/lib/firmware/",
    "vendor/firmware/",
    "system/etc/firmware/",
    "firmware/",
    "boot/",
    "usr/lib/grub/",
    "usr/share/qemu/",
    "usr/lib/debug/",
)


@unique
class Misfit(Enum):
    """Why an image belongs to none of a tree's platforms."""

    MACHINE = "machine"
    CLASS = "class"
    DATA = "byte order"


def is_blob(member: Member) -> bool:
    """Return whether a file is meant for another processor than the one that runs the tree.

    So are files for machines that never run Linux, and files in a firmware directory that ask for nothing from
    the tree: neither interpreter nor libraries.
    """
    facts = member.facts
    row = machine(facts.e_machine)
    if row is None or not row.runs_linux:
        return True
    if facts.interpreter.value or facts.needed.value:
        return False
    return any(member.path.startswith(place) for place in BLOB_DIRECTORIES)


def misfit(platforms: Platforms, member: Member) -> Misfit | None:
    """Return why no platform of the tree can run ``member``; None if one can, or nothing shows a platform."""
    facts = member.facts
    if facts.kind.value in NO_PROGRAM or is_blob(member) or platforms.primary is None:
        return None
    if any(
        same_machine(platform, facts) or _runs_bare(platform.e_machine, facts, platform.data) for platform in platforms
    ):
        return None
    kin = [platform for platform in platforms if platform.e_machine == facts.e_machine]
    if not kin:
        return Misfit.MACHINE
    return Misfit.CLASS if any(platform.data == facts.data.value for platform in kin) else Misfit.DATA


def _runs_bare(e_machine: int, facts: Facts, data: str) -> bool:
    """Return whether the kernel of a platform takes an image that asks for no loader.

    Kernel modules go by the kernel, which may be wider than what it runs; static programs run on any CPU of
    their family whose kernel has the compat layer.
    """
    akin = family(e_machine) == family(facts.e_machine) and data == facts.data.value
    return akin and facts.kind.value in KERNEL_SIDE | STATIC
