"""The starts of some programs alone: what each maps and how its needs end there, whatever other programs do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.needs import Asker, Names
from elfkit.firmware.platforms import Platform
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.search import searcher
from elfkit.firmware.startup import Start, start
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Work
from elfkit.limits import DEFAULT_LIMITS, Limits


def own_starts(
    tree: Tree, resolution: Resolution, members: Iterable[Member], *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[Member, Start]]:
    """Yield each of ``members`` that belongs to a platform with what is mapped from it on, its interpreter last.

    A library passes on to those it needs what ``resolution`` knows of it: the programs that load it are others.
    """
    named = tuple(members)
    names, work = Names(tree, [member for member in named if not member.placed]), Work(limits)
    askers: dict[Platform, Asker] = {}
    by_path = {**tree.by_path} | {member.path: member for member in named}
    for member in named:
        platform = resolution.platform(member)
        if platform is None:
            continue
        if member.facts.kind.value in DYNAMIC_PROGRAMS:
            if platform not in askers:
                askers[platform] = Asker(tree, platform, searcher(tree, platform, work), names)
            begun = start(member, askers[platform], by_path, work)
        else:
            order = resolution.closure(member.path)
            begun = Start(order, {path: resolution.needs[path] for path in order if path in resolution.needs}, {})
        asked = tree.member(member.facts.interpreter.value or "")
        yield member, begun._replace(order=tuple(dict.fromkeys([*begun.order, *([asked.path] if asked else [])])))
