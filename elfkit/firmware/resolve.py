"""From needed names to the images that serve them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from elfkit.firmware.fit import is_blob
from elfkit.firmware.needs import Asker, Names, Need, Outcome
from elfkit.firmware.platforms import Platform, Platforms
from elfkit.firmware.pulls import Pull, find_pulls
from elfkit.firmware.search import searcher
from elfkit.firmware.search_paths import PathElement, search_paths
from elfkit.firmware.startup import Starts, start_all
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Cut, Work
from elfkit.limits import DEFAULT_LIMITS, Limits

__all__ = ["Need", "Outcome", "Resolution", "resolve"]
FAMILY = 3  # images that lack one name alike: not one's mistake, but the custom of a program that opens them
MOST_STEPS = 64  # from an image to the program that brings it in


@dataclass(frozen=True, slots=True)
class Resolution:
    """For each image that belongs to a platform: the platform, and how the search for every name it needs ends.

    Of an image that programs map at their start, a need tells of the worst of these starts; of any other image it
    tells what its own search paths and the system's give. ``pulls`` tells what brings an image without a platform
    into use, ``loaded_by`` of each image that some start maps the one that needs it.
    """

    platform_of: dict[str, Platform]
    needs: dict[str, tuple[Need, ...]]
    names: frozenset[str]  # of all files and links of the tree, without their directories
    needed_names: frozenset[str]
    pulls: dict[str, tuple[Pull, ...]]
    loaded_by: dict[str, str] = field(default_factory=dict)
    started: frozenset[str] = frozenset()
    """Programs, and the images that their starts map; all others are opened at run time, or never."""
    left_to_openers: frozenset[str] = frozenset()
    """Names that many images opened at run time need and none finds: whoever opens them must bring those first."""
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For each name that is nowhere in the tree the images that need it."""
    walked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Load orders of the starts that inheritance or a name with several files makes differ from ``needs``."""
    system_places: dict[Platform, frozenset[str]] = field(default_factory=dict)
    """The directories in the tree where each platform's loader looks for everybody."""
    paths: dict[str, tuple[PathElement, ...]] = field(default_factory=dict)
    """The elements of each image's own RPATH or RUNPATH, where it has one."""
    cuts: tuple[Cut, ...] = ()
    """What was not done to its end because a limit was reached."""

    def platform(self, member: Member) -> Platform | None:
        """Return the platform that ``member`` belongs to; None if it fits none of the tree's."""
        return self.platform_of.get(member.path)

    def of(self, member: Member) -> tuple[Need, ...]:
        """Return the needed names of ``member`` in file order; empty if it belongs to no platform."""
        return self.needs.get(member.path, ())

    def needed_by(self, path: str) -> tuple[str, ...]:
        """Return a chain of images that brings ``path`` into a start, the program last.

        It ends with an image opened at run time where no program's start maps ``path``, and is empty where the start
        is its own.
        """
        chain: list[str] = []
        while path in self.loaded_by and len(chain) < MOST_STEPS:
            path = self.loaded_by[path]
            chain.append(path)
        return tuple(chain)

    def closure(self, program: str) -> tuple[str, ...]:
        """Return the images that the start of ``program`` maps, in load order, itself first, the loader left out."""
        if program in self.walked:
            return self.walked[program]
        order = dict.fromkeys([program])
        pending = [program]
        for here in pending:
            for need in self.needs.get(here, ()):
                if need.loads and need.path is not None and need.path not in order:
                    order[need.path] = None
                    pending.append(need.path)
        return tuple(order)


def resolve(
    tree: Tree, platforms: Platforms, *, guests: Iterable[Member] = (), limits: Limits = DEFAULT_LIMITS
) -> Resolution:
    """Search every needed name of every image of ``tree`` as its platform's loader would, as far as ``limits`` allow.

    ``guests`` are images from elsewhere, searched as if they were started in the tree; they serve where it has nothing.
    """
    visitors = tuple(guests)
    names, work = Names(tree, visitors), Work(limits)
    for place in platforms.left_out[:1]:
        work.cut("platforms", place, f"{len(platforms.left_out):,} loaders from here on were not told apart")
    askers = {platform: Asker(tree, platform, searcher(tree, platform, work), names) for platform in platforms}
    asker_of: dict[str, Asker] = {}
    alone: dict[str, tuple[Need, ...]] = {}
    strangers: list[Member] = []
    for member in (*tree.members, *visitors):
        interpreter = member.facts.interpreter.value
        loader = tree.paths.follow(interpreter).path if interpreter else None
        platform = platforms.of(member.facts, loader)
        bare = interpreter is None and not member.facts.needed.value
        if platform is None or (bare and is_blob(member)):
            strangers.append(member)
            continue
        asker_of[member.path] = askers[platform]
        if member.facts.needed.value:
            alone[member.path] = askers[platform].needs(member)
    members = {**tree.by_path} | {guest.path: guest for guest in visitors}
    starts = start_all(members, alone, asker_of, work)
    return Resolution(
        platform_of={path: asker.platform for path, asker in asker_of.items()},
        needs=starts.needs,
        names=names.all,
        needed_names=frozenset(name for member in tree.members for name in member.facts.needed.value),
        pulls=find_pulls(tree, strangers, limits=limits),
        loaded_by=starts.loaded_by,
        started=starts.started,
        left_to_openers=_left_to_openers(starts),
        missing=_missing(starts),
        walked=starts.walked,
        system_places={platform: _places(tree, asker) for platform, asker in askers.items()},
        paths=search_paths(tree, [(members[path], asker.searcher) for path, asker in asker_of.items()], work),
        cuts=work.cuts,
    )


def _places(tree: Tree, asker: Asker) -> frozenset[str]:
    directories = asker.searcher.system if asker.searcher else ()
    found = [tree.paths.follow(directory.path).path for directory in directories]
    return frozenset(path for path in found if path is not None)


def _missing(starts: Starts) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path, needs in starts.needs.items():
        for need in needs:
            if need.outcome is Outcome.MISSING:
                found.setdefault(need.name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


def _left_to_openers(starts: Starts) -> frozenset[str]:
    unfound = Counter(
        need.name
        for path, needs in starts.needs.items()
        if path not in starts.started
        for need in needs
        if need.outcome is Outcome.NOT_ON_PATH
    )
    return frozenset(name for name, count in unfound.items() if count >= FAMILY)
