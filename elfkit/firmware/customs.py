"""What the files of a tree have in common, so that an odd one out can be told from a custom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from elfkit.abi.libc import MUSL, libc_of_name
from elfkit.facts.kind import PROGRAMS, Kind
from elfkit.firmware.baseline import Baseline, baseline_of, stated_isas
from elfkit.firmware.platforms import Platform
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member, Tree

LOADED = PROGRAMS | {Kind.SHARED}
EXECUTABLE_MODE = 0o111


class Custom(NamedTuple):
    """One platform's programs and libraries: how many, how many say what stack they want, its C library and its CPU."""

    files: int
    state_a_stack: int
    libc: Member | None
    baseline: Baseline | None = None
    isa_stated: int = 0  # files that state their ISA

    @property
    def without_relro(self) -> bool:
        """Whether the C library itself has no RELRO: then its toolchain makes none."""
        facts = self.libc.facts if self.libc else None
        return facts is not None and facts.relro.value == "none" and facts.writable_dynamic.value


class Customs(NamedTuple):
    """The customs of each platform; ``modes_kept`` is False where not one ELF file of the tree may be executed."""

    of: Mapping[Platform, Custom]
    modes_kept: bool


def customs(tree: Tree, resolution: Resolution, *, demanded: Baseline | None = None) -> Customs:
    """Return what the programs and libraries of each platform of ``tree`` have in common.

    ``demanded`` is what the primary platform's CPU has, where that was said.
    """
    # a platform that was named has a CPU before it has files
    groups: dict[Platform, list[Member]] = {row: [] for row in resolution.platform_of.values() if demanded}
    for member in tree.members:
        platform = resolution.platform_of.get(member.path)
        if platform is not None and member.facts.kind.value in LOADED:
            groups.setdefault(platform, []).append(member)
    return Customs(
        {
            platform: _custom(tree, platform, members, demanded if platform.primary else None)
            for platform, members in groups.items()
        },
        any(member.mode & EXECUTABLE_MODE for member in tree.members),
    )


def _custom(tree: Tree, platform: Platform, members: list[Member], demanded: Baseline | None) -> Custom:
    stated = sum([member.facts.stack.value != "unstated" for member in members])
    named = [member for member in members if libc_of_name(member.facts.soname.value or "")]
    if platform.libc == MUSL:
        named += [member for member in members if member.path == platform.loader]  # its loader is its C library
    libc = named[0] if named else None
    baseline = baseline_of(tree, platform, libc, demanded)
    return Custom(len(members), stated, libc, baseline, stated_isas(members) if baseline else 0)
