"""Paths inside a root: links are followed as the device will follow them, never out of the root.

An absolute target begins at the root again, ``..`` at the root stays there, as after chroot(2).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum, unique
from typing import NamedTuple

from elfkit.firmware.assumed import Assumptions
from elfkit.limits import DEFAULT_LIMITS


@unique
class Ending(Enum):
    """How following a path ended."""

    FOUND = "found"
    MISSING = "missing"
    LOOP = "loop of links"
    NOT_A_DIRECTORY = "not a directory on the way"
    ASSUMED = "assumed to be there at run time"


class Followed(NamedTuple):
    """Where a path leads: ``path`` relative to the root (None unless found or assumed), the links taken on the way."""

    path: str | None
    ending: Ending
    hops: tuple[tuple[str, str], ...] = ()


NO_NAMES = ("", ".", "..")
NOTHING, NO_DIRECTORY = Followed(None, Ending.MISSING), Followed(None, Ending.NOT_A_DIRECTORY)


class Paths:
    """The names of a root: directories, other entries, and links with their targets; all relative to the root."""

    __slots__ = ("_followed", "_named", "assumed", "directories", "links", "most_hops", "others")

    def __init__(
        self,
        directories: AbstractSet[str],
        others: AbstractSet[str],
        links: Mapping[str, str],
        *,
        most_hops: int = DEFAULT_LIMITS.link_hops,
        assumed: Assumptions | None = None,
    ) -> None:
        self.directories = directories
        self.others = others
        self.links = links
        self.most_hops = most_hops
        self.assumed = assumed if assumed is not None else Assumptions()
        self._followed: dict[str, Followed] = {}
        self._named: dict[str, list[str]] | None = None

    def named(self, name: str) -> tuple[str, ...]:
        """Return the files and links that bear a name, sorted; all names are sorted out at once, for all who ask."""
        if self._named is None:
            self._named = {}
            for place in (*self.others, *self.links):
                self._named.setdefault(place.rpartition("/")[2], []).append(place)
        return tuple(sorted(self._named.get(name, ())))

    def follow(self, path: str) -> Followed:
        """Return where ``path`` (from the root, whether or not it begins with a slash) leads.

        >>> paths = Paths(frozenset({"", "lib"}), frozenset({"lib/libc.so"}), {"lib/ld.so.1": "/lib/libc.so"})
        >>> paths.follow("/lib/ld.so.1").path
        'lib/libc.so'
        """
        known = self._followed.get(path)
        if known is None:
            known = self._followed[path] = self._follow(path)
        return known

    def _follow(self, path: str) -> Followed:
        """Return the same of a path that was not followed before; where its directory leads is known from others."""
        if path in self.others:
            return Followed(path, Ending.FOUND)
        parent, _, name = path.rpartition("/")
        above = self._followed.get(parent)
        if above is None:
            above = self._followed[parent] = self._step_by_step(parent)
        if above.path in self.directories and name not in NO_NAMES and above.ending is Ending.FOUND:
            place = f"{above.path}/{name}" if above.path else name
            if place in self.others or place in self.directories:
                return Followed(place, Ending.FOUND, above.hops)
            if place not in self.links and not self.assumed:
                return Followed(None, Ending.MISSING, above.hops) if above.hops else NOTHING
        return self._step_by_step(path)

    def _step_by_step(self, path: str) -> Followed:
        here = ""
        hops: list[tuple[str, str]] = []
        ahead = path.split("/")[::-1]
        while ahead:
            name = ahead.pop()
            place = self._step(here, name)
            if place is None:
                lost = "/".join([here, name, *reversed(ahead)])
                if self._is_assumed(lost) or (hops and self._is_assumed(path)):
                    return Followed(posixpath.normpath(lost).lstrip("/"), Ending.ASSUMED, tuple(hops))
                if not hops:
                    return NOTHING if here in self.directories else NO_DIRECTORY  # the most usual ends, made once
                ending = Ending.MISSING if here in self.directories else Ending.NOT_A_DIRECTORY
                return Followed(None, ending, tuple(hops))
            target = self.links.get(place)
            if target is None:
                here = place
                continue
            hops.append((place, target))
            if len(hops) > self.most_hops:
                return Followed(None, Ending.LOOP, tuple(hops))
            here = "" if target.startswith("/") else here
            ahead += target.split("/")[::-1]
        return Followed(here, Ending.FOUND, tuple(hops))

    def _is_assumed(self, path: str) -> bool:
        return bool(self.assumed) and self.assumed.cover(posixpath.normpath(path).lstrip("/"))

    def _step(self, here: str, name: str) -> str | None:
        """Return where ``name`` in the directory ``here`` lies, links not followed; None if it is not there."""
        if here not in self.directories:
            return None  # not even "file/" or "file/.."
        if name in ("", "."):
            return here
        if name == "..":
            return here.rpartition("/")[0]
        place = f"{here}/{name}" if here else name
        there = place in self.directories or place in self.others or place in self.links
        return place if there else None
