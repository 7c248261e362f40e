"""From needed names to the images that serve them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from enum import Enum, unique
from typing import NamedTuple

from elfkit.firmware.platforms import Platform, Platforms
from elfkit.firmware.search import Searcher, Tried, searcher
from elfkit.firmware.tree import Member, Tree


@unique
class Outcome(Enum):
    """What became of one needed name."""

    FOUND = "found"
    BUILT_IN = "answered by the loader itself"
    NOT_ON_PATH = "in the tree, not where the loader looks"
    MISSING = "nowhere in the tree"
    UNKNOWN = "the loader's rules are not known"


class Need(NamedTuple):
    """One DT_NEEDED of one image and how its search ended; ``tried`` holds the steps of a search that failed."""

    name: str
    outcome: Outcome
    path: str | None = None
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """For each image that belongs to a platform: the platform, and every name it needs."""

    platform_of: dict[str, Platform]
    needs: dict[str, tuple[Need, ...]]
    names: frozenset[str]  # of all files and links of the tree, without their directories
    needed_names: frozenset[str]

    def platform(self, member: Member) -> Platform | None:
        """Return the platform that ``member`` belongs to; None if it fits none of the tree's."""
        return self.platform_of.get(member.path)

    def of(self, member: Member) -> tuple[Need, ...]:
        """Return the needed names of ``member`` in file order; empty if it belongs to no platform."""
        return self.needs.get(member.path, ())


def resolve(tree: Tree, platforms: Platforms) -> Resolution:
    """Search every needed name of every image of ``tree`` as its platform's loader would.

    What an image inherits from whoever loads it is not known here: its own search paths and the system's count.
    """
    searchers = {platform: searcher(tree, platform) for platform in platforms}
    names = frozenset(path.rpartition("/")[2] for path in (*tree.paths.others, *tree.paths.links))
    platform_of: dict[str, Platform] = {}
    needs: dict[str, tuple[Need, ...]] = {}
    memory: dict[tuple[object, ...], Need] = {}
    for member in tree.members:
        interpreter = member.facts.interpreter.value
        loader = tree.paths.follow(interpreter).path if interpreter else None
        platform = platforms.of(member.facts, loader)
        if platform is None:
            continue
        platform_of[member.path] = platform
        if member.facts.needed.value:
            ask = _Asker(searchers[platform], platform, names, memory)
            needs[member.path] = tuple([ask.need(member, name) for name in member.facts.needed.value])
    needed_names = frozenset(name for member in tree.members for name in member.facts.needed.value)
    return Resolution(platform_of, needs, names, needed_names)


class _Asker(NamedTuple):
    """Searches for the images of one platform; searches that cannot differ are made once, in ``memory``."""

    searcher: Searcher | None
    platform: Platform
    names: frozenset[str]
    memory: dict[tuple[object, ...], Need]

    def need(self, member: Member, name: str) -> Need:
        """Return how the search for one needed name of ``member`` ends."""
        facts = member.facts
        paths = (facts.rpath.value, facts.runpath.value)
        key = (self.platform.loader, name, paths, posixpath.dirname(member.path) if any(paths) else "")
        known = self.memory.get(key)
        if known is None:
            known = self.memory[key] = self._search(member, name)
        return known

    def _search(self, member: Member, name: str) -> Need:
        in_tree = posixpath.basename(name) in self.names
        if self.searcher is None:
            return Need(name, Outcome.UNKNOWN if in_tree else Outcome.MISSING)
        search = self.searcher.find(name, member)
        if search.builtin:
            return Need(name, Outcome.BUILT_IN, search.path)
        if search.path is not None:
            return Need(name, Outcome.FOUND, search.path)
        return Need(name, Outcome.NOT_ON_PATH if in_tree else Outcome.MISSING, None, search.tried)
