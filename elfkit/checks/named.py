"""Files that were named one by one, judged in a tree: each, and what its start takes from there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace

from elfkit.checks.engine import judge_limits, judge_members, judge_tree
from elfkit.checks.finding import Severity
from elfkit.checks.fold import Sighting
from elfkit.checks.rule import RuleSpec, TreeFacts
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.own_starts import own_starts
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.tree import Member
from elfkit.limits import Limits

TOLD = Severity.WARNING  # of a file that was not named: what is less does not keep the named one from working


def judge_named(rules: Iterable[RuleSpec], members: list[Member], tree: TreeFacts, limits: Limits) -> list[Sighting]:
    """Return what rules see in ``members``, and what is wrong with the files of the tree that their starts map.

    A finding in such a file names the member that needs it. Of what the rules for whole trees see, that is told which
    a start depends on.
    """
    rows = tuple(rules)
    guests = [member for member in members if member.path not in tree.tree.by_path]
    found = resolve(tree.tree, tree.platforms, guests=guests, limits=limits)
    tree = replace(tree, resolution=found, bindings=_bound(rows, tree, found, guests, limits) or tree.bindings)
    needs = dict(tree.resolution.needs)
    apart = {member.path for member in members}
    mapped = set(apart)
    lost: set[str] = set()
    seen: list[Sighting] = []
    begun = {member.path: start for member, start in own_starts(tree.tree, tree.resolution, members, limits=limits)}
    for member in members:
        start = begun.get(member.path)
        if start is None:
            seen += judge_members(rows, [member], tree)
            continue
        # of an image that several programs load, the needs in this start count
        own = replace(tree, resolution=replace(tree.resolution, needs=tree.resolution.needs | start.needs))
        seen += judge_members(rows, [member], own)
        taken = dict.fromkeys(
            [*start.order, *[need.path for ends in start.needs.values() for need in ends if need.path]]
        )
        below = [tree.tree.by_path[path] for path in taken if path not in apart and path in tree.tree.by_path]
        seen += _needed(judge_members(rows, below, own), member)
        mapped.update(taken)
        lost.update([posixpath.basename(need.name) for ends in start.needs.values() for need in ends if not need.met])
        needs |= start.needs
    whole = replace(tree, resolution=replace(tree.resolution, needs=needs))
    seen += [_naming(sighting, apart) for sighting in judge_tree(rows, whole) if _concerns(sighting, mapped, lost)]
    return [*seen, *judge_limits(rows, tree)]


def _bound(
    rules: Iterable[RuleSpec], tree: TreeFacts, found: Resolution, guests: list[Member], limits: Limits
) -> Bindings | None:
    """Return what symbols bind to with the guests in the tree; None where there are none, or no rule asks."""
    if not guests or not any(LINKAGE in rule.needs for rule in rules):
        return None
    from elfkit.firmware.bind import bind  # here: only who binds symbols pays for numpy

    return bind(tree.tree, found, guests=guests, limits=limits)


def _concerns(sighting: Sighting, mapped: set[str], lost: set[str]) -> bool:
    """Return whether a start maps a file, or it bears a name for which the start finds nothing."""
    path = sighting.path
    return path in mapped or posixpath.basename(path) in lost or not mapped.isdisjoint(sighting.problem.needed_by)


def _needed(sightings: Iterable[Sighting], by: Member) -> Iterator[Sighting]:
    """Yield what is worth telling of files that ``by`` needs, each with its name."""
    for sighting in sightings:
        problem = sighting.problem
        if (problem.severity or sighting.rule.severity) >= TOLD:
            told = problem._replace(needed_by=(*problem.needed_by, by.path))
            yield _naming(sighting._replace(problem=told), {by.path})


def _naming(sighting: Sighting, named: set[str]) -> Sighting:
    """Return the sighting, its message ended by a file of ``named`` that needs what it is about."""
    problem = sighting.problem
    needers = sorted(named.intersection(problem.needed_by))
    if not needers or any(needer in problem.message for needer in needers):
        return sighting
    return sighting._replace(problem=problem._replace(message=f"{problem.message}; needed by {needers[0]}"))
