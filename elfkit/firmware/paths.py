"""Paths inside a root: links are followed as the device will follow them, never out of the root.

An absolute target begins at the root again, ``..`` at the root stays there, as after chroot(2).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
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


NOTHING, NO_DIRECTORY = Followed(None, Ending.MISSING), Followed(None, Ending.NOT_A_DIRECTORY)


class Paths:
    """The names of a root: directories, other entries, and links with their targets; all relative to the root."""

    __slots__ = ("_followed", "assumed", "directories", "links", "most_hops", "others")

    def __init__(
        self,
        directories: frozenset[str],
        others: frozenset[str],
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
        if path in self.others:
            return Followed(path, Ending.FOUND)
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
