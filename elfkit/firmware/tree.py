"""A firmware's files: its ELF files with their facts, and everything that could not be read."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from elfkit.errors import ReadError
from elfkit.facts.facts import DEAR, Facts
from elfkit.firmware.apex import mount_apexes
from elfkit.firmware.assumed import Assumptions
from elfkit.firmware.excluded import Exclusions
from elfkit.firmware.foreign import Foreign
from elfkit.firmware.paths import Paths
from elfkit.firmware.processes import Work, can_share, share
from elfkit.firmware.reader import Gathered, Reader, Skipped, joined
from elfkit.firmware.walk import NOTHING_EXCLUDED, Entry, EntryKind, walk
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Limits

OF_USR = ("include", "libexec", "share")  # no root file system has these right below /
OF_ROOT = ("dev", "init", "proc", "sys", "usr")
FEWEST_FILES = 1024  # of a root: fewer are read before a second process has begun
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


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """All files below one root, read.

    ``members`` are the ELF files sorted by path, ``scripts`` the interpreter that each ``#!`` file names, with the
    ``script_arguments`` of those that have one,
    ``foreign`` programs of other operating systems, ``unreadable`` what failed to open or list, ``special`` FIFOs,
    sockets and devices, ``pseudo`` skipped pseudo file systems, ``excluded`` what was passed over as asked;
    ``file_count`` counts regular files.
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
    excluded: tuple[str, ...] = ()

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


def read_tree(
    root: str,
    *,
    needs: frozenset[str] = DEAR,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    assumed: Assumptions | None = None,
    excluded: Exclusions = NOTHING_EXCLUDED,
    jobs: int = 1,
) -> Tree:
    """Walk ``root``, read every regular file's head and every ELF file's facts; ReadError if it cannot be listed.

    ``progress`` is called with the number of files seen and the path of the next. ``assumed`` is what counts as
    present though it is missing, ``excluded`` what is passed over. With ``jobs`` above 1, that many processes share the
    files of a large root: on Linux, by fork, so only where the caller has no other threads. Ctrl-C while files are read
    raises Unfinished, with what had been read.
    """
    parts = [Gathered()]
    entries: dict[EntryKind, list[Entry]] = {kind: [] for kind in EntryKind}
    try:
        for entry in walk(root, excluded):
            entries[entry.kind].append(entry)
        paths = [entry.path for entry in entries[EntryKind.FILE]]
        reader = Reader(root, needs, limits, parts[0])
        if jobs > 1 and len(paths) >= FEWEST_FILES and can_share():
            share(_work(reader, paths, parts, progress), len(paths), jobs)
            parts = [joined(parts, paths, limits)]
        else:
            _read(reader, paths, progress)
    except KeyboardInterrupt:
        found = joined(parts, sorted({path for part in parts for path in part.images}), limits)
        raise Unfinished(_members(found, {}), found.files) from None
    assumed = excluded.assumptions(assumed) if excluded else assumed
    return _tree(root, parts[0], entries, _paths(entries, limits, assumed))


def _read(reader: Reader, paths: list[str], progress: Progress | None) -> None:
    for count, path in enumerate(paths):
        if progress is not None:
            progress(count, path)
        reader.read(path)


def _work(reader: Reader, paths: list[str], parts: list[Gathered], progress: Progress | None) -> Work[Gathered]:
    """Return the reading of files as work to share; ``parts`` gets what each process gathered, this one's first."""
    held, most = 0, 2 * reader.limits.tree_linkage_bytes

    def do(block: range) -> None:
        for number in block:
            reader.read(paths[number])

    def before(number: int) -> None:
        if progress is not None:
            progress(number, paths[number])

    def take(part: Gathered) -> None:
        nonlocal held
        parts.append(part)
        held += part.linkage_bytes
        if held > most:  # each process by itself keeps what the limit of the tree allows
            parts[1:] = [joined(parts[1:], paths, reader.limits)]
            held = parts[1].linkage_bytes

    return Work(do, reader.hand_over, before, take, reader.restart)


def empty_tree() -> Tree:
    """Return a tree without a file."""
    paths = Paths(frozenset({""}), frozenset(), {})
    return Tree("", paths, (), {}, {}, (), (), (), (), 0, {})


def _tree(root: str, gathered: Gathered, entries: dict[EntryKind, list[Entry]], paths: Paths) -> Tree:
    """Return all that was read of a root as one value."""
    hard_links = _hard_links(gathered)
    members = _members(gathered, _aliases(paths, gathered, hard_links))
    unreadable = [Skipped(entry.path, entry.detail) for entry in entries[EntryKind.UNREADABLE]]
    by_path = {member.path: member for member in members}
    by_path |= {path: by_path[first] for path, first in hard_links.items()}
    return Tree(
        root=root,
        paths=paths,
        members=members,
        scripts=gathered.scripts,
        script_arguments=gathered.script_arguments,
        foreign=tuple(sorted(gathered.foreign)),
        unreadable=tuple(sorted(unreadable + gathered.unreadable)),
        special=tuple([Skipped(entry.path, entry.kind.value) for entry in entries[EntryKind.SPECIAL]]),
        pseudo=tuple([entry.path for entry in entries[EntryKind.PSEUDO]]),
        file_count=len(entries[EntryKind.FILE]),
        by_path=by_path,
        excluded=tuple([entry.path for entry in entries[EntryKind.EXCLUDED]]),
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


def _members(gathered: Gathered, aliases: Mapping[str, tuple[str, ...]]) -> tuple[Member, ...]:
    """Return the ELF files, sorted by path."""
    return tuple([Member(path, aliases.get(path, ()), *found) for path, found in sorted(gathered.images.items())])


def _hard_links(gathered: Gathered) -> dict[str, str]:
    """Return the name that stands for each other name of an ELF file with several."""
    first_names = {file: path for path, file in gathered.linked.items() if path in gathered.images}
    return {path: first_names[file] for path, file in gathered.linked.items() if path not in gathered.images}


def _aliases(paths: Paths, gathered: Gathered, hard_links: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the other names of each ELF file: hard links, and symbolic links that lead to it."""
    names: dict[str, list[str]] = {}
    for path, first in hard_links.items():
        names.setdefault(first, []).append(path)
    for link in paths.links:
        target = paths.follow(link).path
        if target is not None:
            first = hard_links.get(target, target)
            if first in gathered.images:
                names.setdefault(first, []).append(link)
    return {path: tuple(sorted(found)) for path, found in names.items()}
