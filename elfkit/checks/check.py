"""From paths to a report: what a run of `elfkit check` does."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from os import PathLike
from typing import NamedTuple

from elfkit.abi.targets import Target, target_named
from elfkit.checks.engine import judge_limits, judge_members, judge_tree
from elfkit.checks.exemptions import Exemptions, split_ignored
from elfkit.checks.finding import Finding
from elfkit.checks.fold import Sighting, fold, hand_over, universal
from elfkit.checks.loaders_there import shared_by_name
from elfkit.checks.named import judge_named
from elfkit.checks.registry import select_rules
from elfkit.checks.report import Report, RootSummary
from elfkit.checks.rule import NO_BINDINGS, RuleSpec, Scope, TreeFacts
from elfkit.checks.summary import populations, summarise
from elfkit.errors import FormatError, ReadError, UsageError
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.abilities import find_abilities
from elfkit.firmware.assumed import Assumptions
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.customs import customs
from elfkit.firmware.declared import declared_platforms
from elfkit.firmware.inside import path_inside
from elfkit.firmware.nested import nested_roots
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.tree import Member, Progress, Skipped, Tree, Unfinished, empty_tree, facts_of, read_tree
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Limits
from elfkit.version import VERSION


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check; ``report`` holds what had been judged until then."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report


class Options(NamedTuple):
    """What a run is told besides its rules."""

    assume_present: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    progress: Progress | None = None
    target: Target | None = None


class _Run:
    """One run: rules, limits, and what has been told so far."""

    def __init__(self, rules: tuple[RuleSpec, ...], exemptions: Exemptions, options: Options) -> None:
        self.rules = rules
        self.exemptions = exemptions
        self.options = options
        self.assumed = Assumptions(options.assume_present)
        self.needs = frozenset(need for rule in rules for need in rule.needs)
        self.roots: list[RootSummary] = []
        self.findings: list[Finding] = []
        self.unusable: list[Skipped] = []
        self.not_elf: list[Skipped] = []

    def report(self) -> Report:
        """Return what has been told so far."""
        return Report(
            VERSION,
            tuple(self.roots),
            tuple(self.findings),
            tuple(self.unusable),
            tuple(self.not_elf),
            self.exemptions.unused(frozenset(rule.id for rule in self.rules)),
            self.assumed.unused,
        )

    def read_root(self, path: str) -> TreeFacts:
        options = self.options
        tree = read_tree(path, needs=self.needs, limits=options.limits, progress=options.progress, assumed=self.assumed)
        try:
            return self._tree_facts(tree)
        except KeyboardInterrupt:
            raise Unfinished(tree.members, tree.file_count) from None

    def _tree_facts(self, tree: Tree, guests: tuple[Member, ...] = ()) -> TreeFacts:
        target, limits = self.options.target, self.options.limits
        named = declared_platforms(tree, target, limits=limits) if target is not None else None
        platforms = named or find_platforms(tree, limits=limits)
        resolution = resolve(tree, platforms, guests=guests, limits=limits)
        demanded = target.isa if target is not None and target.isa.base else None
        common = customs(tree, resolution, demanded=demanded)
        return TreeFacts(
            tree,
            platforms,
            resolution,
            common,
            find_abilities(tree, platforms, common),
            by_name=shared_by_name(tree),
            nested=nested_roots(tree),
            bindings=self._bindings(tree, resolution),
        )

    def _bindings(self, tree: Tree, resolution: Resolution) -> Bindings:
        if LINKAGE not in self.needs or not tree.members:
            return NO_BINDINGS
        from elfkit.firmware.bind import bind  # here: only who binds symbols pays for numpy

        return bind(tree, resolution, limits=self.options.limits)

    def check_root(self, path: str) -> None:
        """Judge every image of a tree, and the tree; what Ctrl-C leaves unjudged is missing from what is told."""
        try:
            facts = self.read_root(path)
        except Unfinished as stop:
            self._tell_unread(path, stop)
            raise
        judged: list[Member] = []
        sightings: list[Sighting] = []
        try:
            # += takes one after the other: what was seen before Ctrl-C stays
            sightings += judge_members(self.rules, _noted(facts.tree.members, judged), facts)
            sightings += judge_tree(self.rules, facts)
            sightings += judge_limits(self.rules, facts)
        except KeyboardInterrupt:
            self._tell(path, facts, sightings, judged, interrupted=True)
            raise
        self._tell(path, facts, sightings, judged)

    def _tell(
        self,
        path: str,
        facts: TreeFacts,
        sightings: list[Sighting],
        judged: list[Member],
        *,
        interrupted: bool = False,
    ) -> None:
        sightings, sentences = universal(sightings, facts, judged)
        self.findings += fold(self._not_exempt(hand_over(sightings)), path)
        summary = summarise(facts, path, tuple(sentences))
        self.roots.append(replace(summary, elf_files=len(judged), interrupted=interrupted))

    def _tell_unread(self, path: str, stop: Unfinished) -> None:
        """Judge what was read of a tree by the rules that need neither the tree nor the customs in it."""
        rules = [rule for rule in self.rules if rule.scope is Scope.FILE and not rule.universal]
        self.findings += fold(self._not_exempt(judge_members(rules, stop.members, None)), path)
        skipped = tuple([rule.id for rule in self.rules if rule not in rules and rule.scope is not Scope.ENGINE])
        self.roots.append(RootSummary(path, (), stop.files, len(stop.members), not_evaluated=skipped, interrupted=True))

    def _not_exempt(self, sightings: Iterable[Sighting]) -> list[Sighting]:
        return [sighting for sighting in sightings if not self.exemptions.cover(sighting)]

    def check_files(self, paths: list[str], root: str | None) -> None:
        """Judge single files: alone, or as if they were started in the tree at ``root``."""
        tree = self.read_root(root) if root is not None else None
        lost = len(self.unusable)
        members = [member for path in paths if (member := self._member(path, tree.tree if tree else None))]
        files = len(paths) - (len(self.unusable) - lost)
        limits, target = self.options.limits, self.options.target
        sightings: Iterable[Sighting]
        if tree is not None:
            sightings = judge_named(self.rules, members, tree, limits)
        elif target is not None:
            tree = self._tree_facts(empty_tree(), tuple(members))
            rules = tuple([rule for rule in self.rules if rule.scope is Scope.FILE or rule.by_platform])
            sightings = judge_members(rules, members, tree)
        else:
            sightings = judge_members(self.rules, members, None)
        self.findings += fold(self._not_exempt(hand_over(sightings)), root or "")
        if tree is not None:
            platforms = tree.platforms.rows
            counted = populations(tree)
            self.roots.append(RootSummary(root or "", platforms, files, len(members), populations=counted))
            return
        skipped = tuple(rule.id for rule in self.rules if rule.scope in (Scope.LINK, Scope.TREE))
        self.roots.append(RootSummary("", (), files, len(members), not_evaluated=skipped))

    def _member(self, path: str, tree: Tree | None) -> Member | None:
        """Return an image named on its own; None, with the reason kept, if it is none or cannot be read."""
        place = path
        inside = path_inside(path, tree.root) if tree is not None else None
        if tree is not None and inside is not None:
            found, ending, _ = tree.paths.follow(inside)
            if found is None:
                self.unusable.append(Skipped(path, f"leads to nothing inside the root ({ending.value})"))
                return None
            if found in tree.by_path:
                return tree.by_path[found]
            place = os.path.join(tree.root, found)
        try:
            with Source.open(place, follow=inside is None, limits=self.options.limits) as source:
                mode = source.status.st_mode if source.status else 0
                needs = self.needs if tree is not None else self.needs - {LINKAGE}  # which only trees are bound by
                return Member(path, (), mode, facts_of(source, needs))
        except FormatError as error:
            self.not_elf.append(Skipped(path, error.detail))
        except ReadError as error:
            self.unusable.append(Skipped(path, error.reason))
        return None


def _noted(members: Iterable[Member], judged: list[Member]) -> Iterator[Member]:
    """Yield ``members``, and keep in ``judged`` those that are done with."""
    for member in members:
        yield member
        judged.append(member)


def check(
    *paths: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    assume_present: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    target: str | None = None,
) -> Report:
    """Check files and trees and return the report.

    A directory is taken for the root of a device's file system and checked as a whole, once, however often it is
    named. A file is checked alone, by the rules that need no tree, or with ``root`` as if it were started in that
    tree, together with the files that its start maps there. ``select`` and ``ignore`` name rules by id, by the
    beginning of one, or by name; ``ignore`` also takes ``RULE:path-glob`` and ``RULE:path-glob:subject-glob``.
    ``assume_present`` are patterns of paths in the root, and of names of libraries, that are there at run time.
    ``target`` names what the device is, by its OpenWrt, Alpine or Debian architecture, its Rust target or GNU triplet;
    without it the tree shows that.

    What cannot be read is in the report's ``unusable``, files that are no ELF in its ``not_elf``; the rest is
    checked all the same. SelectionError for a rule that does not exist, UsageError for a directory together with
    ``root``, ReadError if ``root`` cannot be listed; Interrupted, with the report until then, after Ctrl-C.
    """
    wide, exemptions = split_ignored(ignore)
    options = Options(tuple(assume_present), limits, progress, target_named(target) if target is not None else None)
    run = _Run(select_rules(select, wide), exemptions, options)
    return _run(run, [os.fsdecode(path) for path in paths], None if root is None else os.fsdecode(root))


def survey(
    *paths: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    assume_present: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    target: str | None = None,
) -> Report:
    """Return the report of a check by no rule at all: what is in the trees, and which platforms."""
    options = Options(tuple(assume_present), limits, progress, target_named(target) if target is not None else None)
    run = _Run((), Exemptions(()), options)
    return _run(run, [os.fsdecode(path) for path in paths], None if root is None else os.fsdecode(root))


def _run(run: _Run, names: list[str], root: str | None) -> Report:
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
