"""`elfkit deps`."""

from __future__ import annotations

import os
from argparse import Namespace
from bisect import bisect_right
from itertools import accumulate
from typing import Any, NamedTuple

from elfkit.errors import FormatError, ReadError, UsageError
from elfkit.firmware.dependencies import Dependencies, Removal, bearers, chain, removal
from elfkit.firmware.inside import path_inside
from elfkit.firmware.needs import FAILURES, Need
from elfkit.firmware.partial_tree import partial_tree, with_programs
from elfkit.firmware.reader import facts_of
from elfkit.firmware.startup import Start
from elfkit.firmware.tree import Member, Tree, read_tree
from elfkit.image.source import Source
from elfkit_cli import exit_codes
from elfkit_cli.deps_text import (
    chain_lines,
    dot_lines,
    in_root,
    library_lines,
    removal_lines,
    start_lines,
    uses_of,
)
from elfkit_cli.job_arguments import jobs_of
from elfkit_cli.lines import Line, line
from elfkit_cli.output import complain, write_json, write_text
from elfkit_cli.progress import ProgressLine

SCHEMA, WHY_SCHEMA, REVERSE_SCHEMA = "elfkit.deps/1", "elfkit.deps-why/1", "elfkit.deps-reverse/1"
MOST_ROWS = 1 << 17  # of all programs together


class Started(NamedTuple):
    """One program, or library opened at run time, in its tree; ``start`` is None where no platform there runs it."""

    shown: str
    member: Member
    start: Start | None
    within: Dependencies
    whole: bool  # one of a tree that was read as a whole

    @property
    def failing(self) -> bool:
        """Whether something it needs is not found."""
        needs = self.start.needs.values() if self.start else ()
        return self.start is None or any(need.outcome in FAILURES for found in needs for need in found)


class _Run:
    """What the arguments name, and what is to be said of those that name nothing."""

    def __init__(self, arguments: Namespace, progress: ProgressLine) -> None:
        self.started: list[Started] = []
        self.trees: list[Dependencies] = []
        self.complaints: list[Line] = []
        self.unusable = False
        self._root: str | None = arguments.root
        self._jobs = jobs_of(arguments)
        self._progress = progress if progress.wanted else None

    def look(self, path: str) -> None:
        """Read what one argument names."""
        try:
            if os.path.isdir(path):
                self._tree(path)
            else:
                self._file(path)
        except FormatError as error:
            self._complain(path, error.detail)
        except ReadError as error:
            self._complain(path, error.reason, unusable=True)

    def _tree(self, path: str) -> None:
        if self._root is not None:
            raise UsageError(f"{path} is a directory and a root of its own: leave --root out, or name files")
        tree = read_tree(path, needs=frozenset(), progress=self._progress, jobs=self._jobs)
        for skipped in tree.unreadable:
            self._complain(f"{path}: {skipped.path}", skipped.reason)
        if not tree.members:
            self._complain(path, "no ELF file in it")
            return
        within = Dependencies(tree)
        self.trees.append(within)
        resolution = within.resolution
        begins = [member for member in tree.members if member.path not in resolution.loaded_by]
        for member in begins:
            if member.facts.needed.value and within.platform(member) is not None:
                self.started.append(Started(in_root(member.path), member, within.start(member), within, whole=True))

    def _file(self, path: str) -> None:
        root = self._root or "/"
        tree = partial_tree(root)
        inside = path_inside(path, root)
        member = _member_inside(tree, inside) if inside is not None else None
        if member is None:
            with Source.open(path) as source:
                mode = source.status.st_mode if source.status else 0
                facts = facts_of(source, frozenset())
                member = Member(os.path.abspath(path).lstrip("/"), (), mode, facts, placed=inside is not None)
        within = Dependencies(with_programs(tree, (member,)))
        self.started.append(Started(path, member, within.start(member), within, whole=False))

    def _complain(self, path: str, reason: str, *, unusable: bool = False) -> None:
        self.unusable = self.unusable or unusable
        self.complaints.append(line(f"elfkit: {path}: {reason}"))


def _member_inside(tree: Tree, path: str) -> Member | None:
    found = tree.paths.follow(path).path
    return tree.by_path.get(found) if found is not None else None


def run(arguments: Namespace) -> int:
    """Show what programs get from their loaders, return the exit code."""
    with ProgressLine(quiet=arguments.quiet) as progress:
        work = _Run(arguments, progress)
        for path in arguments.paths:
            work.look(path)
    if arguments.reverse is not None and not work.trees and not work.unusable:
        raise UsageError("--reverse needs the whole tree: name its root directory")
    try:
        code = _answer(work, arguments)
    finally:
        complain(work.complaints)
    if work.unusable:
        return exit_codes.UNUSABLE
    return code if work.started or work.trees else exit_codes.NO_ELF


def _answer(work: _Run, arguments: Namespace) -> int:
    if arguments.reverse is not None:
        return _reverse(work, arguments)
    if arguments.why is not None:
        return _why(work, arguments)
    _show(work, arguments)
    failing = any(item.failing for item in work.started) or any(_unmet(tree) for tree in work.trees)
    return exit_codes.FINDINGS if failing else exit_codes.CLEAN


def _unmet(within: Dependencies) -> bool:
    return any(need.outcome in FAILURES for needs in within.resolution.needs.values() for need in needs)


def _show(work: _Run, arguments: Namespace) -> None:
    if arguments.format == "json":
        write_json([document(item) for item in _shown(work)], path=arguments.output)
        return
    lines: list[Line] = []
    if arguments.dot:
        lines += dot_lines([item.start for item in work.started if item.start is not None])
    else:
        for within in () if arguments.verbose else work.trees:
            lines += library_lines(within, quiet=arguments.quiet)
        for item in _shown(work, whole=arguments.verbose):
            lines += start_lines(item, verbose=arguments.verbose, quiet=arguments.quiet)
    write_text(lines, path=arguments.output, colour=arguments.color)


def _shown(work: _Run, *, whole: bool = True) -> list[Started]:
    """Return what is shown each on its own, as long as all of them together take no more rows than anybody reads.

    In a tree whose every program needs every library the rows are the product of both.
    """
    wanted = [item for item in work.started if whole or not item.whole]
    rows = [1 + sum(map(len, item.start.needs.values())) if item.start else 1 for item in wanted]
    count = max(bisect_right(list(accumulate(rows)), MOST_ROWS), 1)
    if wanted[count:]:
        said = f"{len(wanted) - count:,} more programs are left out, all take more than {MOST_ROWS:,} rows"
        work.complaints.append(line(f"elfkit: {said}: name them with --root"))
    return wanted[:count]


def _why(work: _Run, arguments: Namespace) -> int:
    wanted = arguments.why
    found = []
    for item in work.started:
        paths = uses_of(item.start, wanted, bearers(item.within.tree, wanted)) if item.start else []
        found += [(item, path, chain(item.start, path)) for path in paths if item.start]
    if arguments.format == "json":
        rows = [
            {
                "schema": WHY_SCHEMA,
                "program": in_root(item.member.path),
                "library": in_root(path),
                "chain": _links(links),
            }
            for item, path, (links,) in found
        ]
        write_json(rows, path=arguments.output)
    else:
        lines = [text for item, path, links in found for text in chain_lines(item.shown, path, links)]
        write_text(lines, path=arguments.output, colour=arguments.color)
    if not found and (work.started or work.trees):
        work.complaints.append(line(f"elfkit: nothing here needs {wanted}"))
    return exit_codes.CLEAN if found else exit_codes.FINDINGS


def _links(links: tuple[tuple[str, Need], ...]) -> list[dict[str, Any]]:
    return [{"path": in_root(path), **_need(need)} for path, need in links]


def _reverse(work: _Run, arguments: Namespace) -> int:
    removals: list[Removal] = []
    for within in work.trees:
        found = bearers(within.tree, arguments.reverse)
        if not found:
            work.unusable = True
            work.complaints.append(line(f"elfkit: {within.tree.root}: no ELF file is called {arguments.reverse}"))
        removals += [removal(within, member.path) for member in found]
    if arguments.format == "json":
        write_json([_removed(item) for item in removals], path=arguments.output)
    else:
        lines = [text for item in removals for text in removal_lines(item, verbose=arguments.verbose)]
        write_text(lines, path=arguments.output, colour=arguments.color)
    return exit_codes.FINDINGS if any(item.breaks for item in removals) else exit_codes.CLEAN


def _removed(item: Removal) -> dict[str, Any]:
    return {
        "schema": REVERSE_SCHEMA,
        "path": in_root(item.path),
        "fails": [
            {"path": in_root(path), "needs": [_need(need) for need in needs]} for path, needs in item.fails.items()
        ],
        "instead": [
            {"path": in_root(path), "needs": [_need(need) for need in needs]} for path, needs in item.instead.items()
        ],
        "stops": [{"path": in_root(path), "through": in_root(image)} for path, image in item.stops.items()],
        "loader_of": [in_root(path) for path in item.loader_of],
    }


def document(item: Started) -> dict[str, Any]:
    """Return one program's object of elfkit.deps/1; its images stand in load order."""
    platform = item.within.platform(item.member)
    images = item.start.order if item.start else ()
    needs = item.start.needs if item.start else {}
    return {
        "schema": SCHEMA,
        "root": item.within.tree.root,
        "path": in_root(item.member.path),
        "platform": platform.to_dict() if platform else None,
        "interpreter": item.member.facts.interpreter.value,
        "preloaded": [_need(need) for need in item.start.preloaded] if item.start else [],
        "images": [{"path": in_root(path), "needs": [_need(need) for need in needs.get(path, ())]} for path in images],
    }


def _need(need: Need) -> dict[str, Any]:
    return {
        "name": need.name,
        "outcome": need.outcome.name.lower().replace("_", "-"),
        "found": in_root(need.path) if need.path is not None else None,
        "why": need.why or None,
        "tried": [{"path": step.path, "outcome": step.outcome} for step in need.tried],
    }
