"""What `elfkit rebuild-sections` is to do: which files, and where each goes."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from elfkit.abi.header import ELF_MAGIC
from elfkit.errors import RefusedError, WriteError
from elfkit.firmware.walk import Entry, EntryKind, walk
from elfkit.image.source import Source, reason
from elfkit.rebuild.output import PREFIX
from elfkit_cli.output import DESCRIPTORS, STANDARD_OUTPUT

MOST_HOPS = 40  # from link to link, as the Linux kernel goes


class Job(NamedTuple):
    """One file: ``path`` as it is shown, below ``root`` where there is one; ``target`` None writes nothing.

    Folders of the target are made where they are missing, below ``folder``.
    """

    path: str
    origin: str
    target: str | None
    root: str | None = None
    folder: str | None = None

    @property
    def shown(self) -> str:
        """The path for a sentence of its own."""
        return self.path if self.root is None else f"{self.root}: {self.path}"


def misuse(arguments: Namespace) -> str:
    """Return what is wrong with the arguments as a whole, in one clause; "" if nothing."""
    alone = len(arguments.paths) == 1 and not os.path.isdir(arguments.paths[0])
    suffix = arguments.backup
    wrong = {
        "say what becomes of it: -o FILE, --output-dir DIR, --in-place, --dry-run or --self-test": not (
            arguments.output or arguments.output_dir or arguments.in_place or arguments.dry_run or arguments.self_test
        ),
        "-o is for one file; for several, or a directory, there is --output-dir": arguments.output and not alone,
        "--symbols is for one file": arguments.symbols is not None and not alone,
        "--memory-dump is for one file": arguments.memory_dump is not None and not alone,
        "--self-test takes no other option of the rebuild": arguments.self_test and _said(arguments),
        "--backup needs --in-place": suffix is not None and not arguments.in_place,
        "--backup needs a suffix of a name, such as .orig": suffix is not None and (not suffix or "/" in suffix),
    }
    return next((said for said, holds in wrong.items() if holds), "")


def _said(arguments: Namespace) -> bool:
    """Return whether an option is given that changes how a file is rebuilt."""
    usual = {"dry_run": False, "shndx": "keep", "overlay": "refuse", "symbols": None, "memory_dump": None}
    return any(getattr(arguments, name) != value for name, value in usual.items()) or arguments.verify != "own"


def job_of(path: str, arguments: Namespace) -> Job:
    """Return the job for a file that was named on its own."""
    folder = arguments.output_dir
    if arguments.dry_run:
        return Job(path, path, None)
    if folder is not None:
        return Job(path, path, os.path.join(folder, os.path.basename(path)), folder=folder)
    return Job(path, path, path if arguments.in_place else arguments.output)


def job_in(root: str, path: str, arguments: Namespace) -> Job:
    """Return the job for a file of a tree."""
    origin, folder = os.path.join(root, path), arguments.output_dir
    if arguments.dry_run:
        return Job(path, origin, None, root)
    if folder is not None:
        return Job(path, origin, os.path.join(folder, path), root, folder)
    return Job(path, origin, origin, root)


def begins_like_elf(path: str, *, follow: bool) -> bool:
    """Return whether the file begins with the ELF magic; ReadError if it cannot be read."""
    with Source.open(path, follow=follow) as source:
        return source.view(0, len(ELF_MAGIC)) == ELF_MAGIC


def refuse_target(job: Job, *, in_place: bool) -> None:
    """WriteError where the target is the input, or no file that could be replaced."""
    target = job.target
    if target is None:
        return
    if target in STANDARD_OUTPUT or target.startswith(DESCRIPTORS):
        raise WriteError(target, "the result is verified in a file, and needs one")
    with suppress(OSError, ValueError):
        if not in_place and os.path.samefile(job.origin, target):
            raise WriteError(target, "it is the input itself, under this or another name; --in-place replaces it")
    if job.root is not None and job.folder is not None and os.path.islink(target):
        raise WriteError(target, "it is a symbolic link, and a tree is written through none")


@contextmanager
def folders(job: Job) -> Iterator[None]:
    """Make the folders that the target needs; those made for nothing go again. WriteError where they lead astray."""
    if job.folder is None or job.target is None:
        yield
        return
    needed = os.path.dirname(job.target) or "."
    if os.path.lexists(job.folder) and not os.path.isdir(job.folder):
        raise WriteError(job.folder, "it is no directory")
    made = _missing(needed)
    try:
        os.makedirs(needed, exist_ok=True)
        inside = os.path.realpath(job.folder)
        if os.path.commonpath([inside, os.path.realpath(needed)]) != inside:
            raise WriteError(job.target, f"a symbolic link leads out of {job.folder}")
        yield
    except OSError as error:
        raise WriteError(job.target, reason(error)) from None
    finally:
        with suppress(OSError):  # the first that is not empty ends it
            for place in made:
                os.rmdir(place)


def _missing(path: str) -> list[str]:
    """Return the folders of a path that are not there, the innermost first."""
    found = []
    while path and not os.path.lexists(path):
        found.append(path)
        path = os.path.dirname(path)
    return found


def linked(entries: list[Entry], rebuilt: set[str]) -> dict[str, str]:
    """Return the links that lead, from name to name in one directory, to a file that was rebuilt: path and target."""
    links = {entry.path: entry.detail for entry in entries if entry.kind is EntryKind.LINK and "/" not in entry.detail}
    return {path: target for path, target in links.items() if _end(path, links) in rebuilt}


def _end(path: str, links: dict[str, str]) -> str:
    for _ in range(MOST_HOPS):
        if path not in links:
            break
        path = os.path.join(os.path.dirname(path), links[path])
    return path


def make_link(folder: str, path: str, target: str) -> None:
    """Make the link ``path`` below ``folder`` unless it is there; RefusedError if something else is."""
    place = os.path.join(folder, path)
    try:
        if not os.path.lexists(place):
            os.symlink(target, place)
        elif not os.path.islink(place) or os.readlink(place) != target:
            raise RefusedError(place, f"something is there already, and no link to {target} was made")
    except OSError as error:
        raise WriteError(place, reason(error)) from None


def entries_of(root: str, arguments: Namespace) -> list[Entry]:
    """Return what lies below a directory, before anything is written there; ReadError if it cannot be listed.

    What earlier runs made there is left out: the output directory, backups, temporary files of an interrupted run.
    """
    entries = list(walk(root))
    names = {entry.path for entry in entries}
    output = _below(root, arguments.output_dir)
    suffix = arguments.backup or ""
    return [
        entry
        for entry in entries
        if not (output and f"{entry.path}/".startswith(f"{output}/"))
        and not (suffix and entry.path.endswith(suffix) and entry.path.removesuffix(suffix) in names)
        and not os.path.basename(entry.path).startswith(PREFIX)
    ]


def _below(root: str, folder: str | None) -> str:
    """Return the path in ``root`` of a folder that lies there; "" if it does not."""
    if folder is None:
        return ""
    path = os.path.relpath(os.path.realpath(folder), os.path.realpath(root))
    return "" if path == "." or path.split("/")[0] == ".." else path


def hard_links(root: str, entries: list[Entry]) -> dict[str, str]:
    """Return for each further name of a file with several in the tree the first one."""
    first: dict[tuple[int, int], str] = {}
    others: dict[str, str] = {}
    for entry in entries:
        if entry.kind is not EntryKind.FILE:
            continue
        with suppress(OSError):  # gone meanwhile: reading it will say so
            status = os.lstat(os.path.join(root, entry.path))
            if status.st_nlink > 1:
                known = first.setdefault((status.st_dev, status.st_ino), entry.path)
                others |= {} if known == entry.path else {entry.path: known}
    return others


def make_hard_link(source: str, target: str, *, backup: str = "") -> None:
    """Make ``target`` a name of ``source``, in one step; what it was stays with the suffix ``backup``. WriteError."""
    temporary = os.path.join(os.path.dirname(target), f"{PREFIX}{os.getpid()}")
    try:
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        if backup:
            os.link(target, target + backup)
        os.link(source, temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise WriteError(target, reason(error)) from None


def files_below(paths: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each path and whether it was named on its own; of a directory the regular files. ReadError as `walk`."""
    for path in paths:
        if not os.path.isdir(path):
            yield path, True
            continue
        yield from [(os.path.join(path, entry.path), False) for entry in walk(path) if entry.kind is EntryKind.FILE]
