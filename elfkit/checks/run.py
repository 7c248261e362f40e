"""The work of one check: trees and files read, judged, and what is told of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from elfkit.checks.engine import judge_limits, judge_members, judge_tree
from elfkit.checks.exemptions import Exemptions
from elfkit.checks.finding import Finding
from elfkit.checks.fold import Sighting, fold, hand_over, universal
from elfkit.checks.loaders_there import shared_by_name
from elfkit.checks.named import judge_named
from elfkit.checks.report import Report, RootSummary
from elfkit.checks.rule import NO_BINDINGS, RuleSpec, Scope, TreeFacts
from elfkit.checks.summary import populations, summarise
from elfkit.errors import FormatError, ReadError
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.abilities import find_abilities
from elfkit.firmware.assumed import Assumptions
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.customs import customs
from elfkit.firmware.excluded import Exclusions
from elfkit.firmware.inside import path_inside
from elfkit.firmware.nested import nested_roots
from elfkit.firmware.platforms import Platforms, find_platforms
from elfkit.firmware.reader import Skipped, facts_of
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.tree import Member, Progress, Tree, Unfinished, empty_tree, read_tree
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Limits
from elfkit.version import VERSION

if TYPE_CHECKING:
    from elfkit.abi.targets import Target
    from elfkit.firmware.baseline import Baseline


class Options(NamedTuple):
    """What a run is told besides its rules."""

    assume_present: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    progress: Progress | None = None
    target: Target | None = None
    exclude: tuple[str, ...] = ()
    jobs: int = 1


class Run:
    """One run: rules, limits, and what has been told so far."""

    def __init__(self, rules: tuple[RuleSpec, ...], exemptions: Exemptions, options: Options) -> None:
        self.rules = rules
        self.exemptions = exemptions
        self.options = options
        self.assumed = Assumptions(options.assume_present)
        self.excluded = Exclusions(options.exclude)
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
            self.excluded.unused,
        )

    def read_root(self, path: str) -> TreeFacts:
        """Return what is known of the tree at ``path``; ReadError if it cannot be listed, Unfinished after Ctrl-C."""
        options = self.options
        tree = read_tree(
            path,
            needs=self.needs,
            limits=options.limits,
            progress=options.progress,
            assumed=self.assumed,
            excluded=self.excluded,
            jobs=options.jobs,
        )
        try:
            return self._tree_facts(tree)
        except KeyboardInterrupt:
            raise Unfinished(tree.members, tree.file_count) from None

    def _tree_facts(self, tree: Tree, guests: tuple[Member, ...] = ()) -> TreeFacts:
        platforms = self._platforms(tree)
        resolution = resolve(tree, platforms, guests=guests, limits=self.options.limits)
        common = customs(tree, resolution, demanded=self._demanded())
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

    def _platforms(self, tree: Tree) -> Platforms:
        target, limits = self.options.target, self.options.limits
        if target is None:
            return find_platforms(tree, limits=limits)
        from elfkit.firmware.declared import declared_platforms  # here: with it come the tables of all targets

        return declared_platforms(tree, target, limits=limits)

    def _demanded(self) -> Baseline | None:
        if self.options.target is None:
            return None
        from elfkit.firmware.declared import declared_baseline  # here: as above

        return declared_baseline(self.options.target)

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
            self.roots.append(
                RootSummary(
                    root or "", platforms, files, len(members), populations=counted, excluded=tree.tree.excluded
                )
            )
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
                facts = facts_of(source, needs)
                if tree is None or inside is not None:
                    return Member(path, (), mode, facts)
                # a path from here, which may be one of the root's too
                own = f"./{path}" if path in tree.by_path else path
                return Member(own, (), mode, facts, placed=False)
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
