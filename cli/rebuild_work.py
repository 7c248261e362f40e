"""The work of `elfkit rebuild-sections`, file by file: what became of each, and what is to be said of it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from elfkit.abi.header import ET_CORE, ET_REL
from elfkit.errors import ElfkitError, FormatError, Option, ReadError, WriteError
from elfkit.firmware.walk import Entry, EntryKind
from elfkit.image.image import load
from elfkit.limits import Limits
from elfkit.rebuild.existing import table_trust
from elfkit.rebuild.rebuild import rebuild_sections
from elfkit.rebuild.report import SCHEMA, Action, RebuildReport
from elfkit_cli import exit_codes
from elfkit_cli.limit_arguments import limits_of
from elfkit_cli.lines import Line, line
from elfkit_cli.progress import ProgressLine
from elfkit_cli.rebuild_jobs import (
    Job,
    begins_like_elf,
    entries_of,
    folders,
    hard_links,
    job_in,
    job_of,
    linked,
    make_hard_link,
    make_link,
    refuse_target,
)

SOUND = "its section headers agree with its segments"
LEFT = {ET_REL: "an object file", ET_CORE: "a core dump"}  # in a tree: nothing was cut off them


class Outcome(NamedTuple):
    """What became of one ELF file; ``refused`` is the reason where there is no report."""

    job: Job
    report: RebuildReport | None
    refused: str = ""
    failed: bool = False  # the file system's fault, not the file's

    def to_dict(self) -> dict[str, Any]:
        """One object of elfkit.rebuild-sections/1."""
        place = {"schema": SCHEMA, "path": self.job.path}
        if self.job.root is not None:
            place = {"schema": SCHEMA, "root": self.job.root, "path": self.job.path}
        if self.report is not None:
            return place | self.report.to_dict() | place
        action = "failed" if self.failed else "refused"
        nothing: dict[str, Any] = {"target": None, "plan": None, "checks": [], "warnings": []}
        return place | {"action": action, "reason": self.refused} | nothing


class Work:
    """What became of the files so far, and what is to be said of them."""

    def __init__(self, arguments: Namespace, progress: ProgressLine) -> None:
        self.outcomes: list[Outcome] = []
        self.complaints: list[Line] = []
        self.unusable = False
        self.links = 0
        self._files = 0
        self.several = len(arguments.paths) > 1  # then the whole gets a summary
        self._arguments = arguments
        self._progress = progress
        self._written: dict[str, str] = {}

    def look(self, path: str) -> None:
        """Do what one argument names."""
        if os.path.isdir(path):
            self.several = True
            self._tree(path)
        else:
            self._seen(path)
            self._file(job_of(path, self._arguments))

    def _seen(self, path: str) -> None:
        self._files += 1
        if self._progress.wanted:
            self._progress(self._files, path)

    def _tree(self, root: str) -> None:
        """Rebuild what needs it below a directory."""
        try:
            entries = entries_of(root, self._arguments)
        except ReadError as error:
            self._complain(root, error.reason, unusable=True)
            return
        first = len(self.outcomes)
        others = hard_links(root, entries)
        names = Counter(others.values())
        for entry in entries:
            if entry.path in others:
                continue
            job = job_in(root, entry.path, self._arguments)
            if entry.kind is EntryKind.UNREADABLE:
                self._refuse(job, entry.detail, failed=True)
            if entry.kind is EntryKind.FILE:
                self._seen(entry.path)
                self._file(job, names=1 + names[entry.path])
        self._name(root, entries, others, first)
        if len(self.outcomes) == first:
            self.complaints.append(line(f"elfkit: no ELF file in {root}"))

    def _name(self, root: str, entries: list[Entry], others: dict[str, str], first: int) -> None:
        """Give the files that were written the further names that they have in the tree: hard links, then links."""
        reports = {item.job.path: item.report for item in self.outcomes[first:] if item.report}
        written = {path: report.target for path, report in reports.items() if report.target is not None}
        for path, origin in others.items():
            source, target = written.get(origin), job_in(root, path, self._arguments).target
            if source is not None and target is not None:
                written[path] = target
                self._make(path, partial(make_hard_link, source, target, backup=self._arguments.backup or ""))
        if self._arguments.output_dir is not None:
            for path, target in linked(entries, set(written)).items():
                self._make(path, partial(make_link, self._arguments.output_dir, path, target))

    def _file(self, job: Job, *, names: int = 1) -> None:
        """Rebuild one file and keep what came of it; what is no ELF file is told of only if it was named."""
        is_elf = False
        try:
            is_elf = begins_like_elf(job.origin, follow=job.root is None)
            if is_elf or job.root is None:
                self.outcomes.append(Outcome(job, self._report(job, names)))
        except FormatError as error:
            if is_elf:
                self._refuse(job, error.detail)
            else:
                self._complain(job.shown, error.detail, unusable=False)
        except WriteError as error:
            self._complain(error.path, f"cannot be written: {error.reason}", unusable=True)
            self._refuse(job, str(error), failed=True, told=True)
        except ReadError as error:
            if job.root is None:
                self._complain(job.path, error.reason, unusable=True)
            else:
                self._refuse(job, error.reason, failed=True)
        except ElfkitError as error:
            self._refuse(job, _reason(error))

    def _report(self, job: Job, known: int) -> RebuildReport:
        arguments = self._arguments
        limits = limits_of(arguments)
        left = _left_alone(job, limits)
        if left:
            return RebuildReport(job.path, None, Action.NOTHING, left)
        refuse_target(job, in_place=arguments.in_place)
        if job.target is not None and job.target in self._written:
            raise WriteError(job.target, f"{self._written[job.target]} was written there just before")
        unknown = _names(job.origin) - known
        with folders(job):
            report = rebuild_sections(
                job.origin,
                job.target,
                shndx=arguments.shndx,
                overlay=arguments.overlay == "append",
                symbols=arguments.symbols,
                memory_dump=arguments.memory_dump,
                backup=(arguments.backup or "") if job.target is not None else "",
                independent=arguments.verify == "independent",
                limits=limits,
            )
        if report.target is not None:
            self._written[report.target] = job.shown
            if arguments.in_place and unknown > 0:
                self._complain(job.shown, f"{unknown} more of its names (hard links) keep the old bytes")
        return report

    def _make(self, path: str, make: Callable[[], None]) -> None:
        try:
            make()
            self.links += 1
        except ElfkitError as error:
            self._complain(path, str(error), unusable=isinstance(error, WriteError))

    def _refuse(self, job: Job, reason: str, *, failed: bool = False, told: bool = False) -> None:
        self.outcomes.append(Outcome(job, None, reason, failed))
        if not told:
            self._complain(job.shown, reason)

    def _complain(self, path: str, reason: str, *, unusable: bool = False) -> None:
        self.unusable = self.unusable or unusable
        self.complaints.append(line(f"elfkit: {path}: {reason}"))

    def exit_code(self) -> int:
        """Return 2 for what cannot be used, 1 for what was refused, 3 where nothing is ELF."""
        if self.unusable:
            return exit_codes.UNUSABLE
        if not self.outcomes:
            return exit_codes.NO_ELF
        return exit_codes.FINDINGS if any(item.report is None for item in self.outcomes) else exit_codes.CLEAN


def _reason(error: ElfkitError) -> str:
    """Return why a file was refused, and the options of the command that allow it."""
    reason = str(getattr(error, "reason", error))
    options = [f"{_spelled(option)} {option.effect}" for option in getattr(error, "options", ())]
    return f"{reason}; {', '.join(options)}" if options else reason


def _spelled(option: Option) -> str:
    """Return an argument of the library as the command spells it."""
    value = "append" if option.keyword == "overlay" else option.value
    return f"--{option.keyword.replace('_', '-')}={value}"


def _left_alone(job: Job, limits: Limits) -> str:
    """Return why a file of a tree needs nothing; "" if it does, or was named on its own."""
    if job.root is None:
        return ""
    with load(job.origin, limits=limits) as image:
        if image.header.type in LEFT:
            return f"it is {LEFT[image.header.type]}, which is left as it is"
        return SOUND if table_trust(image).whole else ""


def _names(path: str) -> int:
    """Return how many names a file has (hard links), itself included."""
    try:
        return os.stat(path).st_nlink
    except OSError:  # gone meanwhile: reading it will say so
        return 1
