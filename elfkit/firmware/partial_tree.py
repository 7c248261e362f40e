"""A root of which only what somebody asks for is read: enough for one program's start, at once on any root.

A search looks for names in directories it knows; nothing here is listed. So a tree read this way cannot tell of what
lies where no loader looks: its ``members`` are the files that were named, and their loaders.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from elfkit.errors import FormatError, ReadError
from elfkit.firmware.paths import Ending, Paths
from elfkit.firmware.reader import facts_of
from elfkit.firmware.tree import Member, Tree
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Limits

DIRECTORY, LINK, OTHER, ABSENT = "directory", "link", "other", ""
ODD_NAMES = frozenset({"", ".", ".."})


class _Entries:
    """What lies at each path of a root, looked up once; no link is followed on the way."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.kinds: dict[str, str] = {"": DIRECTORY}

    def kind(self, path: str) -> str:
        """Return what lies at ``path``, of which every parent must be a directory and no link."""
        known = self.kinds.get(path)
        if known is None:
            known = self.kinds[path] = self._look(path)
        return known

    def _look(self, path: str) -> str:
        *parents, name = path.split("/")
        if name in ODD_NAMES or path.startswith("/") or self.kind("/".join(parents)) != DIRECTORY:
            return ABSENT
        try:
            mode = os.lstat(f"{self.root}/{path}").st_mode
        except (OSError, ValueError):
            return ABSENT
        return DIRECTORY if stat.S_ISDIR(mode) else LINK if stat.S_ISLNK(mode) else OTHER


class _Of(AbstractSet[str]):
    """The paths of one kind; its elements are those that were asked for until now."""

    def __init__(self, entries: _Entries, kind: str) -> None:
        self._entries = entries
        self._kind = kind

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._entries.kind(path) == self._kind

    def __iter__(self) -> Iterator[str]:
        return iter([path for path, kind in self._entries.kinds.items() if kind == self._kind])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Links(Mapping[str, str]):
    """The target of each link, asked for until now or not."""

    def __init__(self, entries: _Entries) -> None:
        self._entries = entries
        self._links = _Of(entries, LINK)

    def __getitem__(self, path: str) -> str:
        if path not in self._links:
            raise KeyError(path)
        try:
            return os.readlink(f"{self._entries.root}/{path}")
        except OSError:  # gone meanwhile
            raise KeyError(path) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._links)

    def __len__(self) -> int:
        return len(self._links)


class _Members(Mapping[str, Member]):
    """The ELF file at each path that is one, read when it is asked for."""

    def __init__(self, root: str, others: AbstractSet[str], limits: Limits) -> None:
        self._root = root
        self._others = others
        self._limits = limits
        self._known: dict[str, Member | None] = {}

    def __getitem__(self, path: str) -> Member:
        if path not in self._known:
            self._known[path] = self._read(path) if path in self._others else None
        member = self._known[path]
        if member is None:
            raise KeyError(path)
        return member

    def __iter__(self) -> Iterator[str]:
        return iter([path for path, member in self._known.items() if member is not None])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read(self, path: str) -> Member | None:
        try:
            with Source.open(f"{self._root}/{path}", follow=False, limits=self._limits) as source:
                return Member(path, (), source.status.st_mode if source.status else 0, facts_of(source, frozenset()))
        except (FormatError, ReadError):
            return None


def partial_tree(root: str, *, limits: Limits = DEFAULT_LIMITS) -> Tree:
    """Return the tree at ``root``, nothing of it read yet; ReadError if it is no directory."""
    if not os.path.isdir(root):
        raise ReadError(root, "is no directory")
    entries = _Entries(root)
    others = _Of(entries, OTHER)
    paths = Paths(_Of(entries, DIRECTORY), others, _Links(entries), most_hops=limits.link_hops)
    members = _Members(root, others, limits)
    return Tree(root, paths, (), {}, {}, (), (), (), (), 0, members)


def with_programs(tree: Tree, programs: tuple[Member, ...]) -> Tree:
    """Return a partial tree whose members are ``programs`` and the loaders they ask for: what shows its platforms."""
    asked = [tree.paths.follow(member.facts.interpreter.value or "") for member in programs]
    places = [place.path for place in asked if place.path is not None and place.ending is Ending.FOUND]
    loaders = [member for place in places if (member := tree.by_path.get(place)) is not None]
    members = {member.path: member for member in (*programs, *loaders)}
    return replace(tree, members=tuple([members[path] for path in sorted(members)]))
