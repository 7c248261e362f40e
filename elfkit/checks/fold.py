"""problems -> findings: one cause is told once, however many files show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from elfkit.checks.exemptions import exemption
from elfkit.checks.finding import Confidence, Finding, Occurrence, Problem, fingerprint
from elfkit.checks.rule import RuleSpec, TreeFacts
from elfkit.facts.kind import PROGRAMS, Kind
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

NEEDED_MISSING = "EK301"
LOADED = PROGRAMS | {Kind.SHARED}


class Sighting(NamedTuple):
    """One problem with the rule that saw it and the file it was seen in."""

    rule: RuleSpec
    path: str
    aliases: tuple[str, ...]
    size: int
    problem: Problem


CONFIDENCES = tuple(Confidence)
MOST_APART = 20  # files of which a rule says the same, each in a finding of its own; more have one cause


def fold(sightings: Iterable[Sighting], root: str) -> list[Finding]:
    """Return one finding for each cause: worst first, then by rule and path."""
    causes: dict[tuple[str, str, str], list[Sighting]] = {}
    for sighting in _gathered(list(sightings)):
        group = sighting.problem.group
        place = "" if group is not None else sighting.path
        causes.setdefault((sighting.rule.id, place, group or sighting.problem.subject), []).append(sighting)
    findings = [_finding(sorted(seen, key=lambda s: s.path), root) for seen in causes.values()]
    return sorted(findings, key=lambda finding: (-finding.severity, finding.rule, finding.path, finding.subject))


def hand_over(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return the sightings without those whose cause another rule tells of: their files are in ``needed_by`` there."""
    seen = list(sightings)
    told: dict[tuple[str, str], list[str]] = {(s.rule.id, s.path): [] for s in seen}
    kept: list[Sighting] = []
    for sighting in seen:
        keys = [(rule, sighting.problem.blamed) for rule in sorted(sighting.rule.hands_to)]
        needers = next((told[key] for key in keys if key in told), None)
        if needers is None:
            kept.append(sighting)
        else:
            needers.append(sighting.path)
    return [_with_needers(sighting, told[sighting.rule.id, sighting.path]) for sighting in kept]


def _with_needers(sighting: Sighting, needers: list[str]) -> Sighting:
    if not needers:
        return sighting
    problem = sighting.problem
    return sighting._replace(problem=problem._replace(needed_by=(*problem.needed_by, *needers)))


def _gathered(sightings: list[Sighting]) -> Iterable[Sighting]:
    """Yield the sightings, those of a rule that says the same of many files as one group."""
    alike = Counter((s.rule.id, s.problem.message) for s in sightings if s.problem.group is None)
    for sighting in sightings:
        rule, problem = sighting.rule, sighting.problem
        many = problem.group is None and alike[rule.id, problem.message] > MOST_APART
        yield sighting._replace(problem=problem._replace(group=problem.message)) if many else sighting


def _finding(seen: list[Sighting], root: str) -> Finding:
    first = seen[0]
    rule, problem = first.rule, first.problem
    by_path = {sighting.path: sighting for sighting in reversed(seen)}
    others = [by_path[path] for path in sorted(by_path) if path != first.path]
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=max(s.problem.severity or rule.severity for s in seen),
        confidence=min((s.problem.confidence for s in seen), key=CONFIDENCES.index),  # the surest sighting's
        root=root,
        path=first.path,
        aliases=first.aliases,
        others=tuple([Occurrence(s.path, s.problem.evidence, _own_fingerprint(s), s.size) for s in others]),
        subject=problem.subject,
        message=problem.message,
        why=rule.why,
        evidence=tuple(dict.fromkeys(problem.evidence)),
        needed_by=_needed_by(seen, by_path if rule.id == NEEDED_MISSING else ()),
        trace=problem.trace,
        size=sum(sighting.size for sighting in by_path.values()),
        fix=problem.fix,
        fingerprint=_own_fingerprint(first) if problem.group is None else fingerprint(rule.id, "", problem.group),
        suppress=exemption(rule.id, sorted(by_path), problem.subject, problem.group or problem.subject),
    )


def _needed_by(seen: list[Sighting], themselves: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({path for sighting in seen for path in sighting.problem.needed_by}.union(themselves)))


def _own_fingerprint(sighting: Sighting) -> str:
    return fingerprint(sighting.rule.id, sighting.path, sighting.problem.subject)


def universal(
    sightings: list[Sighting], tree: TreeFacts, judged: Iterable[Member] | None = None
) -> tuple[list[Sighting], list[str]]:
    """Take out the sightings of rules whose problem every file of a platform shows; a sentence stands for each.

    A platform's files are its programs and libraries: kernel modules and object files follow other customs, and
    where every platform is uniform, files of none (firmware for other processors) are no odd ones out either.
    A platform with a single file says nothing of custom: nothing is taken out there. ``judged`` are the files that
    were looked at, if not all of the tree were.
    """
    custom: dict[Platform, set[str]] = {}
    for member in tree.tree.members if judged is None else judged:
        platform = tree.resolution.platform(member)
        if platform is not None and member.facts.kind.value in LOADED:
            custom.setdefault(platform, set()).add(member.path)
    shown: dict[RuleSpec, set[str]] = {}
    for sighting in sightings:
        if sighting.rule.universal:
            shown.setdefault(sighting.rule, set()).add(sighting.path)
    gone: set[tuple[str, str]] = set()
    sentences: list[str] = []
    for rule, paths in shown.items():
        uniform = {platform: own for platform, own in custom.items() if len(own) > 1 and own <= paths}
        covered = paths if uniform and len(uniform) == len(custom) else set().union(*uniform.values())
        gone |= {(rule.id, path) for path in covered}
        for platform, own in uniform.items():
            sentences.append(f"{rule.universal} ({rule.id}, {len(own)} files, {platform.describe()})")
    return [s for s in sightings if (s.rule.id, s.path) not in gone], sentences


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each severity, the worst first."""
    counts = Counter(finding.severity.word for finding in findings)
    return {word: counts[word] for word in ("error", "warning", "note")}
