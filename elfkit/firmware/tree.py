"""A firmware's files: its ELF files with their facts, and everything that could not be read."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from elfkit.abi.header import ELF_MAGIC
from elfkit.errors import FormatError, ReadError
from elfkit.facts.damaged import damaged_facts
from elfkit.facts.facts import DEAR, Facts, conclude
from elfkit.firmware.apex import mount_apexes
from elfkit.firmware.assumed import Assumptions
from elfkit.firmware.foreign import FOREIGN_HEADS, Foreign, foreign_program
from elfkit.firmware.paths import Paths
from elfkit.firmware.walk import Entry, EntryKind, open_if_begins, walk
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Budget, Limits
from elfkit.tables.linkage import OVER_LIMIT

SHEBANG = b"#!"
SHEBANG_BYTES = 256  # BINPRM_BUF_SIZE: what the Linux kernel reads of a script
OTHER_HEADS = (SHEBANG, *FOREIGN_HEADS)
HEADS = (ELF_MAGIC, *OTHER_HEADS)
OF_USR = ("include", "libexec", "share")  # no root file system has these right below /
OF_ROOT = ("dev", "init", "proc", "sys", "usr")
Progress = Callable[[int, str], None]


class Member(NamedTuple):
    """One ELF file of a tree: ``path`` in the root, its other names (hard and symbolic links), its mode.

    ``opened_in`` is the directory in which a loader met it, where that was a link from another one. Of a file from
    elsewhere, which is not ``placed``, ``path`` is none of the root's.
    """

    path: str
    aliases: tuple[str, ...]
    mode: int
    facts: Facts
    opened_in: str = ""
    placed: bool = True

    @property
    def origin(self) -> str:
        """What $ORIGIN stands for: of the path as the loader opened it, whatever it is a link to; "" if not known."""
        if not self.placed:
            return ""
        return self.opened_in or posixpath.dirname(f"/{self.path}")


class Unfinished(KeyboardInterrupt):
    """Ctrl-C while a tree was read: the ELF files until then, without their other names, among how many files."""

    def __init__(self, members: tuple[Member, ...], files: int) -> None:
        super().__init__(members, files)
        self.members = members
        self.files = files


class Skipped(NamedTuple):
    """Something in the tree that was not looked into, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """All files below one root, read.

    ``members`` are the ELF files sorted by path, ``scripts`` the interpreter that each ``#!`` file names, with the
    ``script_arguments`` of those that have one,
    ``foreign`` programs of other operating systems, ``unreadable`` what failed to open or list, ``special`` FIFOs,
    sockets and devices, ``pseudo`` skipped pseudo file systems; ``file_count`` counts regular files.
    """

    root: str
    paths: Paths
    members: tuple[Member, ...]
    scripts: dict[str, str]
    script_arguments: dict[str, str]
    foreign: tuple[Foreign, ...]
    unreadable: tuple[Skipped, ...]
    special: tuple[Skipped, ...]
    pseudo: tuple[str, ...]
    file_count: int
    by_path: Mapping[str, Member]

    def member(self, path: str) -> Member | None:
        """Return the ELF file that ``path`` leads to inside the root; None if it leads to none."""
        found = self.paths.follow(path).path
        return self.by_path.get(found) if found is not None else None

    def read_text(self, path: str, limits: Limits = DEFAULT_LIMITS) -> str | None:
        """Return a text file of the tree, at most ``config_bytes`` of it; None if it is not there or unreadable."""
        raw = self.read_file(path, limits)
        return None if raw is None else raw.decode("utf-8", "surrogateescape")

    def read_file(self, path: str, limits: Limits = DEFAULT_LIMITS) -> bytes | None:
        """Return the beginning of a file of the tree, as `read_text` does."""
        found = self.paths.follow(path).path
        if found is None or found in self.paths.directories or any(found == row.path for row in self.special):
            return None
        try:
            with Source.open(f"{self.root}/{found}", follow=False) as source:
                return source.view(0, limits.config_bytes)
        except ReadError:
            return None


class _Reader:
    """Reads the regular files of a root one after the other and keeps what later steps need of them."""

    def __init__(self, root: str, needs: frozenset[str], limits: Limits) -> None:
        self.root = root
        self.needs = needs
        self.limits = limits
        self.linkage = Budget(limits.tree_linkage_bytes)
        self.found: dict[str, tuple[int, Facts]] = {}
        self.first_names: dict[tuple[int, int], str] = {}  # of files with several hard links
        self.hard_links: dict[str, str] = {}
        self.scripts: dict[str, str] = {}
        self.script_arguments: dict[str, str] = {}
        self.foreign: list[Foreign] = []
        self.unreadable: list[Skipped] = []

    def members(self, aliases: Mapping[str, tuple[str, ...]]) -> tuple[Member, ...]:
        """Return the ELF files found so far, sorted by path."""
        return tuple([Member(path, aliases.get(path, ()), *found) for path, found in sorted(self.found.items())])

    def read(self, path: str) -> None:
        """Look at one regular file; whatever fails is recorded, nothing is raised."""
        place = f"{self.root}/{path}"
        descriptor = open_if_begins(place, HEADS)
        if descriptor is None:
            return  # most files of a root: one look, and nothing is made for them
        try:
            with self._source(place, descriptor) as source:
                self._look(path, source)
        except ReadError as error:
            self.unreadable.append(Skipped(path, error.reason))

    def _source(self, place: str, descriptor: int) -> Source:
        if descriptor < 0:
            return Source.open(place, follow=False, limits=self.limits)
        return Source.of_descriptor(descriptor, place, owned=True, limits=self.limits)

    def _look(self, path: str, source: Source) -> None:
        head = source.view(0, 4)
        if head == ELF_MAGIC:
            status = source.status
            if status is not None and status.st_nlink > 1:
                first = self.first_names.setdefault((status.st_dev, status.st_ino), path)
                if first != path:
                    self.hard_links[path] = first
                    return
            self.found[path] = (status.st_mode if status else 0, self._facts(source))
        elif head.startswith(OTHER_HEADS):
            self._look_at_other(path, source)

    def _look_at_other(self, path: str, source: Source) -> None:
        if source.view(0, 2) != SHEBANG:
            foreign = foreign_program(path, source)
            self.foreign += [foreign] if foreign else []
            return
        interpreter, argument = shebang(source.view(0, SHEBANG_BYTES))
        if interpreter:
            self.scripts[path] = interpreter
        if argument:
            self.script_arguments[path] = argument

    def _facts(self, source: Source) -> Facts:
        facts = facts_of(source, self.needs)
        size = facts.linkage.size if facts.linkage is not None else 0
        return facts if self.linkage.spend(size) == size else replace(facts, linkage=OVER_LIMIT)


def facts_of(source: Source, needs: frozenset[str]) -> Facts:
    """Return the facts of an ELF file, however damaged its header is; FormatError if it is none."""
    try:
        return conclude(Image(source), needs)
    except FormatError as error:
        if source.view(0, len(ELF_MAGIC)) != ELF_MAGIC:
            raise
        return damaged_facts(source, error)


def read_tree(
    root: str,
    *,
    needs: frozenset[str] = DEAR,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    assumed: Assumptions | None = None,
) -> Tree:
    """Walk ``root``, read every regular file's head and every ELF file's facts; ReadError if it cannot be listed.

    ``progress`` is called with the number of files seen and the path of the next. ``assumed`` is what counts as
    present though it is missing. Ctrl-C while files are read raises Unfinished, with what had been read.
    """
    reader = _Reader(root, needs, limits)
    entries: dict[EntryKind, list[Entry]] = {kind: [] for kind in EntryKind}
    count = 0
    try:
        for entry in walk(root):
            entries[entry.kind].append(entry)
        for count, entry in enumerate(entries[EntryKind.FILE]):
            if progress is not None:
                progress(count, entry.path)
            reader.read(entry.path)
    except KeyboardInterrupt:
        raise Unfinished(reader.members({}), count) from None
    return _tree(reader, entries, _paths(entries, limits, assumed))


def empty_tree() -> Tree:
    """Return a tree without a file."""
    paths = Paths(frozenset({""}), frozenset(), {})
    return Tree("", paths, (), {}, {}, (), (), (), (), 0, {})


def shebang(head: bytes) -> tuple[str, str]:
    r"""Return the interpreter and the one argument that a script names, as load_script of the Linux kernel does.

    Blanks and tabs part them, nothing else: the CR of a line that ends in CR LF belongs to the name.

    >>> shebang(b"#! /bin/sh -e \nexit"), shebang(b"#!/bin/sh\r\n")
    (('/bin/sh', '-e'), ('/bin/sh\r', ''))
    """
    line = head[len(SHEBANG) :].partition(b"\n")[0].partition(b"\0")[0].strip(b" \t").replace(b"\t", b" ")
    interpreter, _, argument = line.decode("utf-8", "surrogateescape").partition(" ")
    return interpreter, argument.lstrip(" ")


def _tree(reader: _Reader, entries: dict[EntryKind, list[Entry]], paths: Paths) -> Tree:
    """Return all that was read of a root as one value."""
    members = reader.members(_aliases(paths, reader))
    unreadable = [Skipped(entry.path, entry.detail) for entry in entries[EntryKind.UNREADABLE]]
    by_path = {member.path: member for member in members}
    by_path |= {path: by_path[first] for path, first in reader.hard_links.items()}
    return Tree(
        root=reader.root,
        paths=paths,
        members=members,
        scripts=reader.scripts,
        script_arguments=reader.script_arguments,
        foreign=tuple(sorted(reader.foreign)),
        unreadable=tuple(sorted(unreadable + reader.unreadable)),
        special=tuple([Skipped(entry.path, entry.kind.value) for entry in entries[EntryKind.SPECIAL]]),
        pseudo=tuple([entry.path for entry in entries[EntryKind.PSEUDO]]),
        file_count=len(entries[EntryKind.FILE]),
        by_path=by_path,
    )


def _paths(entries: dict[EntryKind, list[Entry]], limits: Limits, assumed: Assumptions | None) -> Paths:
    directories = {entry.path for kind in (EntryKind.DIRECTORY, EntryKind.PSEUDO) for entry in entries[kind]}
    others = {
        entry.path for kind in (EntryKind.FILE, EntryKind.SPECIAL, EntryKind.UNREADABLE) for entry in entries[kind]
    }
    links = {entry.path: entry.detail for entry in entries[EntryKind.LINK]}
    if _is_usr({*directories, *others, *links}):
        links["usr"] = "."
    plain = frozenset(others - directories)
    if "system/apex" in directories:
        assumed = mount_apexes(directories, links, assumed)
    return Paths(frozenset({"", *directories}), plain, links, most_hops=limits.link_hops, assumed=assumed)


def _is_usr(names: set[str]) -> bool:
    """Return whether a root is what a device mounts at /usr: paths below /usr lead into it then."""
    return "lib" in names and not names.isdisjoint(OF_USR) and names.isdisjoint(OF_ROOT)


def _aliases(paths: Paths, reader: _Reader) -> dict[str, tuple[str, ...]]:
    """Return the other names of each ELF file: hard links, and symbolic links that lead to it."""
    names: dict[str, list[str]] = {}
    for path, first in reader.hard_links.items():
        names.setdefault(first, []).append(path)
    for link in paths.links:
        target = paths.follow(link).path
        if target is not None:
            first = reader.hard_links.get(target, target)
            if first in reader.found:
                names.setdefault(first, []).append(link)
    return {path: tuple(sorted(found)) for path, found in names.items()}
