"""Programs whose start maps two versions of one library: libssl.so.1.1 and libssl.so.3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.resolve import Outcome, Resolution
from elfkit.firmware.tree import Member, Tree
from elfkit.limits import Budget

MARK = ".so."
MOST_VERSIONS = 16  # of one library that are compared with each other
MOST_STEPS = 1 << 20  # from libraries to what needs them, over all clashes of a tree


class Clash(NamedTuple):
    """Two libraries with one stem and different versions, and the programs that map both, sorted."""

    one: Member
    other: Member
    programs: tuple[str, ...]


def find_clashes(tree: Tree, resolution: Resolution) -> Iterator[Clash]:
    """Yield the clashes of a tree, as far as MOST_STEPS steps tell."""
    needers = _needers(resolution)
    steps = Budget(MOST_STEPS)
    for members in _by_stem(tree, needers):
        if len({member.facts.soname.value for member in members}) > 1:
            compared = members[:MOST_VERSIONS]
            above = {member.path: _above(member.path, needers, steps) for member in compared}
            yield from _pairs(tree, resolution, compared, above, steps)


def _needers(resolution: Resolution) -> dict[str, list[str]]:
    needers: dict[str, list[str]] = {}
    for path, needs in resolution.needs.items():
        for need in needs:
            if need.outcome is Outcome.FOUND and need.path is not None:
                needers.setdefault(need.path, []).append(path)
    return needers


def _by_stem(tree: Tree, needed: Iterable[str]) -> Iterable[list[Member]]:
    """Return the libraries that something needs, those with one stem together."""
    stems: dict[str, list[Member]] = {}
    for path in sorted(needed):
        member = tree.by_path.get(path)
        parts = stem(member.facts.soname.value or "") if member else None
        if member is not None and parts is not None:
            stems.setdefault(parts[0], []).append(member)
    return stems.values()


def stem(soname: str) -> tuple[str, str] | None:
    """Return a library's name and its version; None for a name without one.

    >>> stem("libssl.so.1.1"), stem("libplugin.so")
    (('libssl', '1.1'), None)
    """
    name, mark, version = soname.partition(MARK)
    return (name, version) if mark and version[:1].isdigit() else None


def _above(path: str, needers: dict[str, list[str]], steps: Budget) -> frozenset[str]:
    """Return what needs an image, directly or through others, as far as ``steps`` allow."""
    order = [path]
    seen = set(order)
    for here in order:
        near = needers.get(here, [])
        for there in near[: steps.spend(len(near))]:
            if there not in seen:
                seen.add(there)
                order.append(there)
    return frozenset(seen)


def _pairs(
    tree: Tree, resolution: Resolution, members: list[Member], above: dict[str, frozenset[str]], steps: Budget
) -> Iterator[Clash]:
    for one, other in combinations(members, 2):
        if one.facts.soname.value == other.facts.soname.value or steps.exhausted:
            continue
        both = [path for path in sorted(above[one.path] & above[other.path]) if _is_program(tree, path)]
        mapped = set(resolution.closure(both[0])) if both else frozenset[str]()
        steps.spend(len(above[one.path]) + len(mapped))
        # what inheritance makes differ from the needs themselves shows in the load order
        if {one.path, other.path} <= mapped:
            yield Clash(one, other, tuple(both))


def _is_program(tree: Tree, path: str) -> bool:
    member = tree.by_path.get(path)
    return member is not None and member.facts.kind.value in DYNAMIC_PROGRAMS
