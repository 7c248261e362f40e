"""What images say themselves of where their libraries are: the elements of DT_RPATH and DT_RUNPATH, one by one."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from typing import NamedTuple

from elfkit.evidence import Evidence
from elfkit.firmware.search import Searcher
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.walk import mode_of
from elfkit.firmware.work import Work


class PathElement(NamedTuple):
    """One element of a search path that the loader heeds.

    ``text`` is the element as it stands in the file, ``directories`` what it stands for: none for an empty element,
    an unknown token or a loader whose rules are not known. ``present`` are those of them that are in the tree (or
    assumed to be), as paths in the root; ``open_to_all`` those that everybody may write to, with their mode.
    """

    text: str
    evidence: Evidence
    directories: tuple[str, ...]
    present: tuple[str, ...]
    open_to_all: tuple[tuple[str, int], ...]


def search_paths(
    tree: Tree, images: Iterable[tuple[Member, Searcher | None]], work: Work
) -> dict[str, tuple[PathElement, ...]]:
    """Return the elements of each image's own search path, by the image's path; images without one are left out."""
    reader = _Reader(tree, work)
    return {
        member.path: tuple(reader.elements(member, searcher))
        for member, searcher in images
        if member.facts.rpath.value or member.facts.runpath.value
    }


class _Reader:
    """Takes search paths apart; what stands for the same directories is followed once."""

    def __init__(self, tree: Tree, work: Work) -> None:
        self.tree = tree
        self.work = work
        self._places: dict[str, tuple[tuple[str, ...], tuple[tuple[str, int], ...]]] = {}
        self._modes: dict[str, int] = {}

    def elements(self, member: Member, searcher: Searcher | None) -> Iterable[PathElement]:
        facts = member.facts
        row = searcher.row if searcher else None
        ignored = row and (not row.rpath_heeded or (row.rpath_ignored_if_runpath and facts.runpath.value))
        for fact in (facts.runpath,) if ignored else (facts.rpath, facts.runpath):
            if not fact.value:
                continue
            (whole,) = fact.evidence
            start = whole.offset or 0
            for text in fact.value.split(":"):
                if not self.work.elements.spend(1):
                    self.work.cut("path_elements", member.path, "the rest of its RPATH or RUNPATH was not looked at")
                    return
                raw = text.encode("utf-8", "surrogateescape")
                directories = tuple(searcher.expanded(text, member.origin)) if searcher else ()
                present, writable = self._look(text, directories)
                yield PathElement(text, Evidence(whole.source, start, raw[:64], text), directories, present, writable)
                start += len(raw) + 1

    def _look(self, text: str, directories: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
        key = text if "$" not in text else "\0".join(directories)
        known = self._places.get(key)
        if known is None:
            known = self._places[key] = self._followed([place for place in directories if place.startswith("/")])
        return known

    def _followed(self, directories: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
        paths = self.tree.paths
        ends = [paths.follow(place) for place in directories]
        present = tuple([end.path for end in ends if end.path is not None and end.path not in paths.others])
        modes = [(path, mode_of(self.tree.root, path)) for path in present if path in paths.directories]
        return present, tuple([(path, mode & 0o7777) for path, mode in modes if mode & stat.S_IWOTH])
