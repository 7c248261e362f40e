"""Where images say themselves that their libraries are: RPATH and RUNPATH, as a loader heeds and inherits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from elfkit.abi.loaders import Loader
from elfkit.firmware.search_places import Directory
from elfkit.firmware.search_tokens import Tokens
from elfkit.firmware.tree import Member

if TYPE_CHECKING:
    from elfkit.firmware.namespaces import Namespaces

STARTED_IN_ROOT = "if the program is started in /"
MOST_KEPT = 64  # elements of a search path that is taken apart once for all searches in it


class OwnPaths:
    """The own and inherited search paths of images, for one loader."""

    def __init__(self, row: Loader, tokens: Tokens, namespaces: Namespaces | None) -> None:
        self.row = row
        self.tokens = tokens
        self.namespaces = namespaces
        self._own: dict[tuple[str, str, str], tuple[Directory, ...]] = {}

    def directories(self, requester: Member, ancestors: tuple[Member, ...]) -> Iterator[Directory]:
        """Yield what they say in their order; ``ancestors`` are who needed the requester, nearest first."""
        row = self.row
        # glibc asks no ancestor for its RPATH where the requester has RUNPATH; musl treats both alike
        silent = bool(requester.facts.runpath.value) and not row.runpath_inherited
        for generation, member in enumerate((requester, *ancestors)):
            heard = row.rpath_heeded and (generation == 0 or (row.rpath_inherited and not silent))
            if heard and not (row.rpath_ignored_if_runpath and member.facts.runpath.value):
                yield from self._paths_of(member, "RPATH", member.facts.rpath.value)
            if generation == 0 or row.runpath_inherited:
                yield from self._paths_of(member, "RUNPATH", member.facts.runpath.value)

    def _paths_of(self, member: Member, kind: str, value: str | None) -> Iterable[Directory]:
        if not value:
            return ()
        origin = member.origin
        key = (kind, value, origin)
        known = self._own.get(key)
        if known is not None:
            return known
        why, doubt = f"{kind} of {member.path}", option(self.row, kind)
        found: Iterable[Directory] = (
            Directory(place, why, doubt=doubt if place.startswith("/") else STARTED_IN_ROOT)
            for place in self._split(value, origin)
        )
        if self.namespaces:
            of = self.namespaces
            found = (d._replace(closed=of.closed(member, d.path)) for d in found)
        if value.count(":") >= MOST_KEPT:
            return found  # one after the other: a search that ends early pays for no more
        known = self._own[key] = tuple(found)
        return known

    def _split(self, value: str, origin: str) -> Iterator[str]:
        """Return the directories of a search path; an empty element is the working directory, which nobody knows."""
        if self.tokens.voids(value):
            return
        for element in value.split(":"):
            yield from self.tokens.expanded(element, origin)


def option(row: Loader, what: str) -> str:
    """Return in words that only some builds of a loader do ``what``; "" where all do."""
    return f"if the loader was built with {what} support" if what in row.optional else ""
