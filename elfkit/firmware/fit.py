"""Whether an image can run in a tree at all, by machine, class and byte order."""

from __future__ import annotations

import posixpath
from enum import Enum, unique

from elfkit.abi.machines import machine
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit.firmware.platforms import Platform, Platforms, family, same_machine
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


PROGRAM_DIRECTORIES = frozenset({"bin", "sbin"})


@unique
class Misfit(Enum):
    """Why an image belongs to none of a tree's platforms."""

    MACHINE = "machine"
    CLASS = "class"
    DATA = "byte order"


def is_blob(member: Member) -> bool:
    """Return whether a file is meant for another processor than the one that runs the tree.

    So are files for machines that never run Linux, or for a CPU without an MMU, and files in a firmware directory or
    for a machine nobody registered that ask for nothing from the tree: neither interpreter nor libraries. What asks
    for an interpreter or lies among the programs (bin, sbin) is meant to be started here, whatever it says of its
    machine.
    """
    facts = member.facts
    row = machine(facts.e_machine)
    if facts.needed.value and row is not None and row.runs_linux:
        return False  # most images: nothing more to look at
    if facts.interpreter.value or posixpath.basename(posixpath.dirname(member.path)) in PROGRAM_DIRECTORIES:
        return False
    if facts.without_mmu.value or (row is not None and not row.runs_linux):
        return True
    if facts.needed.value:
        return False
    if row is None:
        return True
    return member.path.startswith(BLOB_DIRECTORIES)


def misfit(platforms: Platforms, member: Member) -> Misfit | None:
    """Return why no platform of the tree can run ``member``; None if one can, or nothing shows a platform."""
    facts = member.facts
    if facts.kind.value in NO_PROGRAM or is_blob(member) or platforms.primary is None:
        return None
    bare = facts.kind.value in KERNEL_SIDE | STATIC  # asks for no loader
    if any(same_machine(platform, facts) or (bare and _akin(platform, facts)) for platform in platforms):
        return None
    kin = [platform for platform in platforms if platform.e_machine == facts.e_machine]
    if not kin:
        return Misfit.MACHINE
    return Misfit.CLASS if any(platform.data == facts.data.value for platform in kin) else Misfit.DATA


def runs_on(platform: Platform, facts: Facts) -> bool:
    """Return whether the CPU of a platform runs such code where the kernel lets it: same family, no wider class."""
    return _akin(platform, facts) and facts.elf_class.value <= platform.elf_class


def _akin(platform: Platform, facts: Facts) -> bool:
    """Return whether an image has a platform's CPU family and byte order.

    The kernel may be wider than the programs it runs, so for modules and static programs that is all that counts.
    """
    return family(platform.e_machine) == family(facts.e_machine) and platform.data == facts.data.value
