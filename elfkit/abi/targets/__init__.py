"""Targets by name: what OpenWrt, Alpine, Debian, Rust and GNU call the systems that they build for."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from elfkit.abi.targets.alpine import ALPINE
from elfkit.abi.targets.debian import DEBIAN
from elfkit.abi.targets.gnu import CPUS, ENVIRONMENTS, gnu_columns
from elfkit.abi.targets.openwrt import OPENWRT
from elfkit.abi.targets.row import GNU, Target, target_of
from elfkit.abi.targets.rust import RUST
from elfkit.errors import UsageError

__all__ = ["Target", "close_names", "target_named", "targets", "targets_named"]
SYSTEMS = (("OpenWrt", OPENWRT), ("Alpine", ALPINE), ("Debian", DEBIAN), ("Rust", RUST))


@cache
def targets() -> tuple[Target, ...]:
    """All targets that have a row of their own; further GNU triplets are understood by their parts."""
    return tuple([target_of(system, row) for system, rows in SYSTEMS for row in rows])


def targets_named(name: str) -> tuple[Target, ...]:
    """Return what a name stands for: one target of each system that has it, or a GNU triplet; empty if unknown.

    A name may be preceded by its system: "alpine:armhf".

    >>> [target.describe() for target in targets_named("mips_24kc")]
    ['MIPS 32-bit big-endian o32 soft-float musl']
    """
    system, _, bare = name.rpartition(":")
    found = [row for row in targets() if row.name == bare and system.lower() in ("", row.system.lower())]
    if not found and system.lower() in ("", "gnu"):
        columns = gnu_columns(bare)
        found = [target_of(GNU, columns)] if columns else []
    return tuple(found)


def target_named(name: str) -> Target:
    """Return the one target that a name stands for; UsageError if there is none, or several that differ."""
    found = targets_named(name)
    if not found:
        close = close_names(name)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f"no target is called {name}: {hint}elfkit targets lists those there are")
    if len({row[2:7] for row in found}) > 1:
        full = [f"{row.system.lower()}:{row.name}" for row in found]
        raise UsageError(f"{name} is a target of several systems: say {' or '.join(full)}")
    return found[0]


def close_names(name: str) -> list[str]:
    """Return known names that are spelled much like ``name``."""
    known = [row.name for row in targets()]
    cpu, _, environment = name.partition("-linux-")
    triplet = get_close_matches(cpu.partition("-")[0], [row[0] for row in CPUS], n=1)
    ending = get_close_matches(environment, [*ENVIRONMENTS], n=1)
    composed = [f"{triplet[0]}-linux-{ending[0]}"] if environment and triplet and ending else []
    return composed or get_close_matches(name, known, n=3)
