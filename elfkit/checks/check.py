"""From paths to a report: what a run of `elfkit check` does."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING

from elfkit.checks.exemptions import Exemptions, split_ignored
from elfkit.checks.registry import select_rules
from elfkit.checks.report import Report
from elfkit.checks.run import Options, Run
from elfkit.errors import ReadError, UsageError
from elfkit.firmware.reader import Skipped
from elfkit.firmware.tree import Progress
from elfkit.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from elfkit.abi.targets import Target


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check; ``report`` holds what had been judged until then."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report


def check(
    *paths: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    assume_present: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    target: str | None = None,
    exclude: Iterable[str] = (),
    jobs: int = 1,
) -> Report:
    """Check files and trees and return the report.

    A directory is taken for the root of a device's file system and checked as a whole, once, however often it is
    named. A file is checked alone, by the rules that need no tree, or with ``root`` as if it were started in that
    tree, together with the files that its start maps there. ``select`` and ``ignore`` name rules by id, by the
    beginning of one, or by name; ``ignore`` also takes ``RULE:path-glob`` and ``RULE:path-glob:subject-glob``.
    ``assume_present`` are patterns of paths in the root, and of names of libraries, that are there at run time.
    ``exclude`` are patterns of paths in the root, and of names, that are neither read nor judged.
    ``target`` names what the device is, by its OpenWrt, Alpine or Debian architecture, its Rust target or GNU triplet;
    without it the tree shows that. With ``jobs`` above 1, as many processes read the files of a large tree: they are
    forked from this one, so no other thread may run.

    What cannot be read is in the report's ``unusable``, files that are no ELF in its ``not_elf``; the rest is
    checked all the same. SelectionError for a rule that does not exist, UsageError for a directory together with
    ``root``, ReadError if ``root`` cannot be listed; Interrupted, with the report until then, after Ctrl-C.
    """
    wide, exemptions = split_ignored(ignore)
    options = Options(tuple(assume_present), limits, progress, _target(target), tuple(exclude), jobs)
    run = Run(select_rules(select, wide), exemptions, options)
    return _run(run, [os.fsdecode(path) for path in paths], None if root is None else os.fsdecode(root))


def _target(name: str | None) -> Target | None:
    if name is None:
        return None
    from elfkit.abi.targets import target_named  # here: the tables of names are for who gives one

    return target_named(name)


def survey(
    *paths: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    assume_present: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    target: str | None = None,
    exclude: Iterable[str] = (),
    jobs: int = 1,
) -> Report:
    """Return the report of a check by no rule at all: what is in the trees, and which platforms."""
    options = Options(tuple(assume_present), limits, progress, _target(target), tuple(exclude), jobs)
    run = Run((), Exemptions(()), options)
    return _run(run, [os.fsdecode(path) for path in paths], None if root is None else os.fsdecode(root))


def _run(run: Run, names: list[str], root: str | None) -> Report:
    directories = _each_once([name for name in names if _is_directory(name)])
    files = [name for name in dict.fromkeys(names) if not _is_directory(name)]
    if root is not None and directories:
        raise UsageError(f"{directories[0]} is a directory and a root of its own: leave --root out, or name files")
    try:
        for directory in directories:
            try:
                run.check_root(directory)
            except ReadError as error:
                run.unusable.append(Skipped(directory, error.reason))
        if files:
            run.check_files(files, root)
    except KeyboardInterrupt:
        raise Interrupted(run.report()) from None
    return run.report()


def _each_once(directories: list[str]) -> list[str]:
    """Return the directories without those that are one of them again by another name."""
    first: dict[tuple[int, int], str] = {}
    for name in directories:
        status = os.stat(name)
        first.setdefault((status.st_dev, status.st_ino), name)
    return list(first.values())


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False
