"""Running rules: the one place where a crash of a rule is caught and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elfkit.checks.finding import Problem
from elfkit.checks.fold import Sighting
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.rules.ek907_internal_error import RULE as CRASHED
from elfkit.firmware.tree import Member


def judge_members(rules: Iterable[RuleSpec], members: Iterable[Member], tree: TreeFacts | None) -> Iterator[Sighting]:
    """Yield what rules of scope file, and with a tree those of scope link, see in each image."""
    rows = tuple(rules)
    alone = [rule for rule in rows if rule.scope is Scope.FILE]
    linked = [rule for rule in rows if rule.scope is Scope.LINK] if tree is not None else []
    for member in members:
        for rule in alone:
            yield from _seen(rule, member, (member.facts,))
        for rule in linked:
            yield from _seen(rule, member, (member, tree))


def judge_tree(rules: Iterable[RuleSpec], tree: TreeFacts) -> Iterator[Sighting]:
    """Yield what rules of scope tree see."""
    for rule in rules:
        if rule.scope is Scope.TREE:
            for sighting in _seen(rule, None, (tree,)):
                yield sighting._replace(path=sighting.problem.path)


def _seen(rule: RuleSpec, member: Member | None, arguments: tuple[object, ...]) -> list[Sighting]:
    try:
        return [_sighting(rule, member, problem) for problem in rule.evaluate(*arguments)]
    except Exception as error:  # noqa: BLE001  # a defect in one rule must not hide what the others see
        return [_sighting(CRASHED, member, problem) for problem in CRASHED.evaluate(rule.id, error)]


def _sighting(rule: RuleSpec, member: Member | None, problem: Problem) -> Sighting:
    if member is None:
        return Sighting(rule, "", (), 0, problem)
    return Sighting(rule, member.path, member.aliases, member.facts.sizes.value.file, problem)
