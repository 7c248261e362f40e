"""Needed names and versions that belong to another C library than the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elfkit.abi.libc import BIONIC, MUSL, UCLIBC, libc_of_name
from elfkit.checks.asked_interpreter import KNOWN_LIBCS, lost_interpreter
from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Fact
from elfkit.firmware.resolve import Outcome
from elfkit.firmware.tree import Member

LAYERS = ("libgcompat.so.0",)  # needed by programs that were prepared for the layer
VERSIONS = {"libc.so.0": "libc.so.1", "libc.so.1": "libc.so.0"}  # of uClibc and uClibc-ng
THERE = (Outcome.FOUND, Outcome.ASSUMED)
PASSED_OVER = (*THERE, Outcome.UNKNOWN)


class StrangeLibc(NamedTuple):
    """A needed name that another C library bears; ``answered`` if the platform's loader stands in for it."""

    name: str
    libc: str
    answered: bool
    instead: str


def strange_libcs(member: Member, tree: TreeFacts) -> Iterator[StrangeLibc]:
    """Yield the needed names of ``member`` that are another C library's.

    A file of that name which the loader finds is taken for a compatibility layer, and a program whose interpreter is
    missing is told of for that alone.
    """
    platform = tree.resolution.platform(member)
    found = [
        (need, libc)
        for need in tree.resolution.of(member)
        if need.outcome not in PASSED_OVER and (libc := libc_of_name(need.name))
    ]
    if not found or platform is None or not _is_judged(member, tree):
        return
    for need, libc in found:
        if libc == platform.libc:
            other = VERSIONS.get(need.name, "")
            if libc == UCLIBC and need.outcome is Outcome.MISSING and other in tree.resolution.names:
                yield StrangeLibc(need.name, libc, answered=False, instead=other)
        elif not (libc == MUSL and platform.libc == BIONIC):
            yield StrangeLibc(need.name, libc, need.outcome is Outcome.BUILT_IN, platform.libc)


def strange_versions(member: Member, tree: TreeFacts) -> Fact[str] | None:
    """Return the C library whose symbol versions ``member`` needs, if it is another than its platform's."""
    platform = tree.resolution.platform(member)
    versions = member.facts.libc_versions
    if versions is None or versions.value not in KNOWN_LIBCS or platform is None or versions.value == platform.libc:
        return None
    return versions if _is_judged(member, tree) and not _has_layer(versions.value, member, tree) else None


def _has_layer(libc: str, member: Member, tree: TreeFacts) -> bool:
    return any(libc_of_name(need.name) == libc and need.outcome in THERE for need in tree.resolution.of(member))


def _is_judged(member: Member, tree: TreeFacts) -> bool:
    """Return whether the platform's C library is known, and neither a layer nor another rule stands in the way."""
    platform = tree.resolution.platform(member)
    needs = tree.resolution.of(member)
    if platform is None or platform.libc not in KNOWN_LIBCS or not needs:
        return False
    return {need.name for need in needs}.isdisjoint(LAYERS) and not lost_interpreter(member, tree)
