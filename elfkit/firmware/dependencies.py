"""What programs get from their loaders, and what a library is there for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from elfkit.firmware.needs import FAILURES, Asker, Names, Need, Outcome
from elfkit.firmware.paths import Paths
from elfkit.firmware.platforms import Platform, Platforms, find_platforms
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.search import searcher
from elfkit.firmware.startup import Start, start
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Work
from elfkit.limits import DEFAULT_LIMITS, Limits


class Dependencies:
    """The starts of programs in one tree, each searched as its own platform's loader does."""

    def __init__(self, tree: Tree, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self.tree = tree
        self.work = Work(limits)
        self.platforms: Platforms = find_platforms(tree, limits=limits)
        self._limits = limits
        self._names = Names(tree)
        self._askers: dict[Platform, Asker] = {}

    def platform(self, member: Member) -> Platform | None:
        """Return the platform that runs ``member``; None if none does."""
        interpreter = member.facts.interpreter.value
        loader = self.tree.paths.follow(interpreter).path if interpreter else None
        return self.platforms.of(member.facts, loader)

    def start(self, member: Member) -> Start | None:
        """Return what the start of ``member`` maps and how its needs end; None if no platform of the tree runs it."""
        platform = self.platform(member)
        if platform is None:
            return None
        asker = self._askers.get(platform)
        if asker is None:
            found = searcher(self.tree, platform, self.work)
            asker = self._askers[platform] = Asker(self.tree, platform, found, self._names)
        return start(member, asker, self.tree.by_path, self.work)

    @cached_property
    def resolution(self) -> Resolution:
        """How every name of every image in the tree is found."""
        return resolve(self.tree, self.platforms, limits=self._limits)

    def without(self, path: str) -> Dependencies:
        """Return the same of a tree that lacks one file."""
        tree = self.tree
        paths = Paths(
            tree.paths.directories,
            tree.paths.others - {path},
            tree.paths.links,
            most_hops=tree.paths.most_hops,
            assumed=tree.paths.assumed,
        )
        members = tuple([member for member in tree.members if member.path != path])
        by_path = {name: member for name, member in tree.by_path.items() if member.path != path}
        fewer = Dependencies(replace(tree, paths=paths, members=members, by_path=by_path), limits=self._limits)
        fewer.platforms = self.platforms  # a loader that is removed is still the one programs ask for
        return fewer


def bearers(tree: Tree, library: str) -> tuple[Member, ...]:
    """Return the images that a path in the root, a file's name, a link's name or a DT_SONAME stands for."""
    if "/" in library:
        found = tree.member(library)
        return (found,) if found is not None else ()
    return tuple([member for member in tree.members if library in _names(member)])


def _names(member: Member) -> Iterator[str | None]:
    yield member.facts.soname.value
    for path in (member.path, *member.aliases):
        yield path.rpartition("/")[2]


class Chain(NamedTuple):
    """How a start comes to map an image: the program first, each image with the need that leads to the next."""

    links: tuple[tuple[str, Need], ...]


def chain(found: Start, path: str) -> Chain:
    """Return how the start comes to map ``path``; empty if it does not, or if ``path`` is the program.

    The loader is there before all: who needs it first is told.
    """
    links: list[tuple[str, Need]] = []
    asking = {need.path: image for image in reversed(found.order) for need in _built_in(found, image)}
    while (path in found.loaded_by or path in asking) and len(links) <= len(found.order):
        needer = found.loaded_by.get(path) or asking[path]
        ahead = found.preloaded if needer == found.order[0] else ()
        need = next((need for need in (*ahead, *found.needs.get(needer, ())) if need.path == path), None)
        if need is None:
            break
        links.append((needer, need))
        path = needer
    return Chain(tuple(reversed(links)))


def _built_in(found: Start, image: str) -> list[Need]:
    return [need for need in found.needs.get(image, ()) if need.outcome is Outcome.BUILT_IN]


@dataclass(frozen=True, slots=True)
class Removal:
    """What the removal of one file does.

    ``fails`` holds of each image that needs it the needs that nothing meets then, ``instead`` the needs that another
    file meets, ``stops`` of each program that maps a failing image the nearest one. ``loader_of`` are the programs
    that ask for it as their interpreter.
    """

    path: str
    fails: dict[str, tuple[Need, ...]]
    instead: dict[str, tuple[Need, ...]]
    stops: dict[str, str]
    loader_of: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """Whether anything fails."""
        return bool(self.fails or self.loader_of)


def removal(dependencies: Dependencies, path: str) -> Removal:
    """Return what happens to the images of a tree if the file at ``path`` is removed: all are searched for again."""
    before, after = dependencies.resolution, dependencies.without(path).resolution
    fails: dict[str, tuple[Need, ...]] = {}
    instead: dict[str, tuple[Need, ...]] = {}
    for needer, needs in before.needs.items():
        if needer == path or not any(need.path == path for need in needs):
            continue
        names = {need.name for need in needs if need.path == path and need.met}
        ends = [need for need in after.needs.get(needer, ()) if need.name in names]
        lost = tuple([need for need in ends if need.outcome in FAILURES])
        other = tuple([need for need in ends if need.outcome is Outcome.FOUND])
        fails |= {needer: lost} if lost else {}
        instead |= {needer: other} if other else {}
    programs = [member for member in dependencies.tree.members if before.platform(member) is not None]
    stops = {
        member.path: broken
        for member in programs
        if member.path not in fails
        and (broken := next((image for image in before.closure(member.path) if image in fails), None)) is not None
    }
    return Removal(path, fails, instead, stops, _served(dependencies, programs, path))


def _served(dependencies: Dependencies, programs: list[Member], path: str) -> tuple[str, ...]:
    follow = dependencies.tree.paths.follow
    asking = [(member.path, member.facts.interpreter.value) for member in programs]
    return tuple([name for name, interpreter in asking if interpreter and follow(interpreter).path == path])
