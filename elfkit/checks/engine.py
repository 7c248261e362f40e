"""Running rules: the one place where a crash of a rule is caught and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.fold import Sighting
from elfkit.checks.relevance import Relevance
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.rules.ek012_limit_reached import RULE as LIMITED
from elfkit.checks.rules.ek012_limit_reached import tree_limits
from elfkit.checks.rules.ek907_internal_error import RULE as CRASHED
from elfkit.firmware.nested import root_of
from elfkit.firmware.tree import Member

# How a file is mapped, started, protected matters little where it cannot run: EK101 to EK103, EK113, EK115 stand alone.
WHERE_IT_RUNS = ("EK2", "EK5", "EK601", "EK602", "EK603", "EK604", "EK605", "EK606", "EK607")
LINKED = ("EK105", "EK106", "EK2", "EK3")  # what the loader and the libraries of the root have a say in


def judge_members(rules: Iterable[RuleSpec], members: Iterable[Member], tree: TreeFacts | None) -> Iterator[Sighting]:
    """Yield what rules of scope file, and with a tree those of scope link, see in each image."""
    rows = tuple(rules)
    files = [rule for rule in rows if rule.scope is Scope.FILE]
    links = [rule for rule in rows if rule.scope is Scope.LINK and tree is not None]
    usual = Relevance(files, links)
    abroad = Relevance([rule for rule in files if not rule.id.startswith(WHERE_IT_RUNS)], links)
    resolution = tree.resolution if tree is not None else None
    for member in members:
        foreign = not tree.runs(member) if tree is not None else member.facts.without_mmu.value
        alone, linked = (abroad if foreign else usual).of(member, resolution)
        seen = [*_judge(alone, member, member.facts), *_judge(linked, member, member, tree)]
        if seen:
            yield from _apart(seen if tree is None else _lowered(seen, tree.nested))


def _lowered(seen: list[Sighting], nested: tuple[str, ...]) -> list[Sighting]:
    """Return the sightings, as notes what is seen in a root inside this one of how its files find each other.

    Whoever starts them changes the root first, and then other loaders and libraries are there.
    """
    root = root_of(seen[0].path, nested) if nested else ""
    return [_noted(sighting, root) if root and sighting.rule.id.startswith(LINKED) else sighting for sighting in seen]


def _noted(sighting: Sighting, root: str) -> Sighting:
    problem = sighting.problem
    told = problem._replace(
        message=f"{problem.message}; {root} is a root of its own, where this may be in order",
        fix=f"check {root} by itself",
        severity=Severity.NOTE,
        confidence=Confidence.LOW,
        group=problem.group and f"{problem.group} in {root}",
    )
    return sighting._replace(problem=told)


def _apart(seen: list[Sighting]) -> Iterator[Sighting]:
    """Yield what is seen in one image without what another rule tells better."""
    if len(seen) == 1:
        yield seen[0]  # nobody else tells anything
        return
    told = {sighting.rule.id for sighting in seen}
    subjects = {(sighting.rule.id, sighting.problem.subject) for sighting in seen}
    for sighting in seen:
        rule, problem = sighting.rule, sighting.problem
        if not (told.isdisjoint(rule.yields_to) and subjects.isdisjoint(problem.unless)):
            continue
        others = [other.problem for other in seen if other.rule.id in rule.yields_bytes_to]
        if not any(_shows(other, problem) for other in others):
            yield sighting


def _shows(one: Problem, other: Problem) -> bool:
    """Return whether the evidence of ``one`` has the bytes that come first in that of ``other``."""
    first = other.evidence[0]
    return any(
        proof.source == first.source
        and proof.offset is not None
        and first.offset is not None
        and proof.offset <= first.offset
        and first.offset + len(first.raw) <= proof.offset + len(proof.raw)
        for proof in one.evidence
        if not proof.path
    )


def judge_tree(rules: Iterable[RuleSpec], tree: TreeFacts) -> Iterator[Sighting]:
    """Yield what rules of scope tree see."""
    whole = [rule for rule in rules if rule.scope is Scope.TREE]
    for sighting in _judge(whole, None, tree):
        seen = sighting._replace(path=sighting.problem.path, size=sighting.problem.size)
        yield from _lowered([seen], tree.nested)


def judge_limits(rules: Iterable[RuleSpec], tree: TreeFacts) -> Iterator[Sighting]:
    """Yield what was not done of a tree because a limit was reached; of a file's own limits its rule tells."""
    if LIMITED in rules:
        for problem in tree_limits((*tree.resolution.cuts, *tree.bindings.cuts)):
            yield Sighting(LIMITED, problem.path, (), 0, problem)


def _judge(rules: list[RuleSpec], member: Member | None, *arguments: object) -> Iterator[Sighting]:
    """Yield what each rule sees in its arguments: the hottest loop, so it asks nothing twice."""
    for rule in rules:
        try:
            for problem in rule.evaluate(*arguments):
                yield _sighting(rule, member, problem)
        except Exception as error:  # noqa: BLE001  # a defect in one rule must not hide what the others see
            for problem in CRASHED.evaluate(rule.id, error):
                yield _sighting(CRASHED, member, problem)


def _sighting(rule: RuleSpec, member: Member | None, problem: Problem) -> Sighting:
    if member is None:
        return Sighting(rule, "", (), 0, problem)
    return Sighting(rule, member.path, member.aliases, member.facts.sizes.value.file, problem)
