"""From paths to a report: what a run of `elfkit check` does."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from os import PathLike

from elfkit.abi.header import ELF_MAGIC
from elfkit.checks.engine import judge_members, judge_tree
from elfkit.checks.finding import Finding
from elfkit.checks.fold import Sighting, fold, universal
from elfkit.checks.registry import select_rules
from elfkit.checks.report import Report, RootSummary
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.errors import ElfkitError, FormatError, ReadError
from elfkit.facts.damaged import damaged_facts
from elfkit.facts.facts import conclude
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import Member, Progress, Skipped, Tree, read_tree
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Limits
from elfkit.version import VERSION


class UsageError(ElfkitError):
    """The arguments contradict each other."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check; ``report`` holds what had been judged until then."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report


class _Run:
    """One run: rules, limits, and what has been told so far."""

    def __init__(self, rules: tuple[RuleSpec, ...], limits: Limits, progress: Progress | None) -> None:
        self.rules = rules
        self.limits = limits
        self.progress = progress
        self.needs = frozenset(need for rule in rules for need in rule.needs)
        self.roots: list[RootSummary] = []
        self.findings: list[Finding] = []
        self.unusable: list[Skipped] = []
        self.not_elf: list[Skipped] = []

    def report(self) -> Report:
        """Return what has been told so far."""
        return Report(VERSION, tuple(self.roots), tuple(self.findings), tuple(self.unusable), tuple(self.not_elf))

    def read_root(self, path: str) -> TreeFacts:
        tree = read_tree(path, needs=self.needs, limits=self.limits, progress=self.progress)
        platforms = find_platforms(tree)
        return TreeFacts(tree, platforms, resolve(tree, platforms))

    def check_root(self, path: str) -> None:
        """Judge every image of a tree, and the tree."""
        facts = self.read_root(path)
        sightings = [*judge_members(self.rules, facts.tree.members, facts), *judge_tree(self.rules, facts)]
        sightings, sentences = universal(sightings, facts)
        self.findings += fold(sightings, path)
        self.roots.append(_summary(facts, path, tuple(sentences)))

    def check_files(self, paths: list[str], root: str | None) -> None:
        """Judge single files: alone, or as if they were started in the tree at ``root``."""
        tree = self.read_root(root) if root is not None else None
        members = [member for path in paths if (member := self._member(path, tree.tree if tree else None))]
        sightings: list[Sighting] = list(judge_members(self.rules, members, tree))
        self.findings += fold(sightings, root or "")
        skipped = (
            tuple(rule.id for rule in self.rules if rule.scope in (Scope.LINK, Scope.TREE)) if tree is None else ()
        )
        platforms = tree.platforms.rows if tree else ()
        self.roots.append(RootSummary(root or "", platforms, len(paths), len(members), not_evaluated=skipped))

    def _member(self, path: str, tree: Tree | None) -> Member | None:
        """Return an image named on its own; None, with the reason kept, if it is none or cannot be read."""
        inside = _inside(path, tree)
        if tree is not None and inside is not None:
            member = tree.member(inside)
            if member is not None:
                return member
        try:
            with Source.open(path, limits=self.limits) as source:
                mode = source.status.st_mode if source.status else 0
                try:
                    return Member(path, (), mode, conclude(Image(source), self.needs))
                except FormatError as error:
                    if source.view(0, 4) == ELF_MAGIC:
                        return Member(path, (), mode, damaged_facts(source, error))
                    self.not_elf.append(Skipped(path, error.detail))
        except ReadError as error:
            self.unusable.append(Skipped(path, error.reason))
        return None


def _inside(path: str, tree: Tree | None) -> str | None:
    """Return the path inside the tree's root of a file that lies there; None of any other."""
    if tree is None:
        return None
    root = os.path.realpath(tree.root)
    place = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
    return os.path.relpath(place, root) if place.startswith(root.rstrip("/") + "/") else None


def _summary(facts: TreeFacts, path: str, sentences: tuple[str, ...]) -> RootSummary:
    tree = facts.tree
    lost = [
        script
        for script, interpreter in sorted(tree.scripts.items())
        if interpreter.startswith("/") and tree.paths.follow(interpreter).path is None
    ]
    return RootSummary(
        path=path,
        platforms=facts.platforms.rows,
        files=tree.file_count,
        elf_files=len(tree.members),
        pseudo=tree.pseudo,
        universal=sentences,
        scripts=len(tree.scripts),
        scripts_without_interpreter=tuple(lost),
    )


def check(
    *paths: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Report:
    """Check files and trees and return the report.

    A directory is taken for the root of a device's file system and checked as a whole. A file is checked alone,
    by the rules that need no tree, or with ``root`` as if it were started in that tree. ``select`` and ``ignore``
    name rules by id, by the beginning of one, or by name.

    What cannot be read is in the report's ``unusable``, files that are no ELF in its ``not_elf``; the rest is
    checked all the same. SelectionError for a rule that does not exist, UsageError for a directory together with
    ``root``, ReadError if ``root`` cannot be listed.
    """
    run = _Run(select_rules(select, ignore), limits, progress)
    names = [os.fsdecode(path) for path in paths]
    directories = [name for name in names if _is_directory(name)]
    files = [name for name in names if name not in directories]
    if root is not None and directories:
        raise UsageError(f"{directories[0]} is a directory and a root of its own: leave --root out, or name files")
    try:
        for directory in directories:
            try:
                run.check_root(directory)
            except ReadError as error:
                run.unusable.append(Skipped(directory, error.reason))
        if files:
            run.check_files(files, None if root is None else os.fsdecode(root))
    except KeyboardInterrupt:
        raise Interrupted(run.report()) from None
    return run.report()


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False
