"""Listing a root without following a link out of it, and without opening what is no regular file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from enum import Enum, unique
from operator import attrgetter
from typing import NamedTuple

from elfkit.errors import ReadError
from elfkit.firmware.excluded import Exclusions
from elfkit.image.source import OPEN_FLAGS, reason

OPEN_UNFOLLOWED = OPEN_FLAGS | os.O_NOFOLLOW
MAGIC_BYTES = 4
PSEUDO_FILE_SYSTEMS = ("proc", "sys", "dev")  # the kernel fills them at run time; names below the root
MOUNTS, OCTAL = "/proc/self/mountinfo", re.compile(rb"\\([0-3][0-7]{2})")  # how it writes blanks and backslashes
# What has no files but those that the kernel makes up (Linux fs/*/, kernel/, security/: register_filesystem)
# fmt: off
PSEUDO_TYPES = frozenset((
    b"binfmt_misc", b"bpf", b"cgroup", b"cgroup2", b"configfs", b"cpuset", b"debugfs", b"devpts", b"devtmpfs",
    b"efivarfs", b"fusectl", b"hugetlbfs", b"mqueue", b"nfsd", b"nsfs", b"proc", b"pstore", b"resctrl",
    b"rpc_pipefs", b"securityfs", b"selinuxfs", b"smackfs", b"sysfs", b"tracefs",
))
# fmt: on
NOTHING_EXCLUDED = Exclusions()


@unique
class EntryKind(Enum):
    """What a directory entry is, by its type alone: nothing is opened to find out."""

    DIRECTORY = "directory"
    FILE = "file"
    LINK = "symbolic link"
    SPECIAL = "FIFO, socket or device"
    UNREADABLE = "unreadable"
    PSEUDO = "pseudo file system"
    EXCLUDED = "excluded"

    __hash__ = object.__hash__  # members are unique; Enum's own hash of the name is ten times slower, on hot paths


class Entry(NamedTuple):
    """One directory entry; ``path`` is relative to the root, without a leading slash.

    ``detail`` is the target of a link, the reason why something is unreadable, else empty.
    """

    path: str
    kind: EntryKind
    detail: str = ""


def walk(root: str, excluded: Exclusions = NOTHING_EXCLUDED) -> Iterator[Entry]:
    """Yield every entry below ``root``, a directory before its content, names sorted.

    Directories that the kernel fills, by their names or as they are mounted, and what is ``excluded`` are entries
    without content. ReadError if ``root`` itself cannot be listed. What vanishes or cannot be read below it is an entry
    that says so.
    """
    try:
        os.scandir(root).close()
    except OSError as error:
        raise ReadError(root, reason(error)) from None
    pseudo = pseudo_mounts(root).union(PSEUDO_FILE_SYSTEMS)
    excludes = excluded.cover if excluded else None
    pending = [""]
    while pending:
        directory = pending.pop()
        below: list[str] = []
        for entry in _entries(root, directory, pseudo):
            if excludes is not None and excludes(entry.path):
                yield Entry(entry.path, EntryKind.EXCLUDED)
                continue
            if entry.kind is EntryKind.DIRECTORY:
                below.append(entry.path)
            yield entry
        pending += reversed(below)


def _entries(root: str, directory: str, pseudo: AbstractSet[str]) -> list[Entry]:
    prefix = f"{directory}/" if directory else ""
    try:
        with os.scandir(f"{root}/{directory}") as listing:
            items = sorted(listing, key=attrgetter("name"))
    except OSError as error:
        return [Entry(directory, EntryKind.UNREADABLE, reason(error))]
    return [_entry(item, prefix + item.name, pseudo) for item in items]


def _entry(item: os.DirEntry[str], path: str, pseudo: AbstractSet[str]) -> Entry:
    try:
        if item.is_file(follow_symlinks=False):
            return Entry(path, EntryKind.FILE)
        if item.is_dir(follow_symlinks=False):
            kind = EntryKind.PSEUDO if path in pseudo else EntryKind.DIRECTORY
            return Entry(path, kind)
        if item.is_symlink():
            return Entry(path, EntryKind.LINK, os.readlink(item.path))
    except OSError as error:
        return Entry(path, EntryKind.UNREADABLE, reason(error))
    return Entry(path, EntryKind.SPECIAL)


def pseudo_mounts(root: str) -> frozenset[str]:
    """Return the paths below ``root`` at which this system has a pseudo file system mounted (proc_pid_mountinfo(5)).

    Of a mount that another one hides, or that another mount namespace has, the device number tells.
    """
    try:
        with open(MOUNTS, "rb") as listing:
            lines = listing.read().splitlines()
        above = os.fsencode(os.path.realpath(root)).rstrip(b"/") + b"/"
    except (OSError, ValueError):
        return frozenset()
    found: set[str] = set()
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields = before.split(b" ")
        if after.partition(b" ")[0] not in PSEUDO_TYPES or len(fields) < 5:
            continue
        place = OCTAL.sub(lambda code: bytes([int(code[1], 8)]), fields[4])
        if place.startswith(above) and place != above and _device(place) == fields[2].decode("latin-1"):
            found.add(os.fsdecode(place[len(above) :]))
    return frozenset(found)


def _device(place: bytes) -> str:
    try:
        number = os.lstat(place).st_dev
    except (OSError, ValueError):
        return ""
    return f"{os.major(number)}:{os.minor(number)}"


def names_in(root: str, directory: str) -> list[str]:
    """Return the names in a directory below ``root``, sorted; none where it cannot be listed."""
    try:
        return sorted(os.listdir(f"{root}/{directory}"))
    except OSError:
        return []


def open_if_begins(place: str, heads: tuple[bytes, ...]) -> int | None:
    """Return a descriptor of a file that begins with one of ``heads``, for the caller to close; None of any other.

    A link is not followed. -1 where the file cannot be opened: why, whoever opens it again can tell.
    """
    descriptor = -1
    try:
        descriptor = os.open(place, OPEN_UNFOLLOWED)
        if os.pread(descriptor, MAGIC_BYTES, 0).startswith(heads):
            return descriptor
    except (OSError, ValueError):
        return descriptor
    os.close(descriptor)
    return None


def mode_of(root: str, path: str) -> int:
    """Return st_mode of what lies at ``path`` below ``root``, a link not followed; 0 where it cannot be told."""
    try:
        return os.lstat(f"{root}/{path}").st_mode
    except (OSError, ValueError):
        return 0
