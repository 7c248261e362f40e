"""problems -> findings: one cause is told once, however many files show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from elfkit.checks.finding import Confidence, Finding, Problem, fingerprint
from elfkit.checks.rule import RuleSpec, TreeFacts
from elfkit.firmware.platforms import Platform

NEEDED_MISSING = "EK301"


class Sighting(NamedTuple):
    """One problem with the rule that saw it and the file it was seen in."""

    rule: RuleSpec
    path: str
    aliases: tuple[str, ...]
    size: int
    problem: Problem


CONFIDENCES = tuple(Confidence)


def fold(sightings: Iterable[Sighting], root: str) -> list[Finding]:
    """Return one finding for each cause: worst first, then by rule and path."""
    causes: dict[tuple[str, str, str], list[Sighting]] = {}
    for sighting in sightings:
        group = sighting.problem.group
        place = "" if group is not None else sighting.path
        causes.setdefault((sighting.rule.id, place, group or sighting.problem.subject), []).append(sighting)
    findings = [_finding(sorted(seen, key=lambda s: s.path), root) for seen in causes.values()]
    return sorted(findings, key=lambda finding: (-finding.severity, finding.rule, finding.path, finding.subject))


def _finding(seen: list[Sighting], root: str) -> Finding:
    first = seen[0]
    rule, problem = first.rule, first.problem
    paths = tuple(dict.fromkeys(sighting.path for sighting in seen))
    sizes = {sighting.path: sighting.size for sighting in seen}
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=max(s.problem.severity or rule.severity for s in seen),
        confidence=min((s.problem.confidence for s in seen), key=CONFIDENCES.index),  # the surest sighting's
        root=root,
        path=first.path,
        aliases=first.aliases,
        paths=paths,
        subject=problem.subject,
        message=problem.message,
        why=rule.why,
        evidence=problem.evidence,
        needed_by=paths if rule.id == NEEDED_MISSING else (),
        trace=problem.trace,
        size=sum(sizes.values()),
        fix=problem.fix,
        fingerprint=fingerprint(rule.id, first.path if problem.group is None else "", problem.group or problem.subject),
    )


def universal(sightings: list[Sighting], tree: TreeFacts) -> tuple[list[Sighting], list[str]]:
    """Take out the sightings of rules whose problem every file of a platform shows; a sentence stands for each.

    A platform with a single file has no odd one out: nothing is taken out there.
    """
    members: dict[Platform, set[str]] = {}
    for path, platform in tree.resolution.platform_of.items():
        members.setdefault(platform, set()).add(path)
    shown: dict[str, set[str]] = {}
    for sighting in sightings:
        if sighting.rule.universal:
            shown.setdefault(sighting.rule.id, set()).add(sighting.path)
    gone: set[tuple[str, str]] = set()
    sentences: list[str] = []
    for rule_id, paths in sorted(shown.items()):
        rule = next(sighting.rule for sighting in sightings if sighting.rule.id == rule_id)
        for platform, own in members.items():
            if len(own) > 1 and own <= paths:
                gone |= {(rule_id, path) for path in own}
                sentences.append(f"{rule.universal} ({rule_id}, {len(own)} files, {platform.describe()})")
    return [s for s in sightings if (s.rule.id, s.path) not in gone], sentences


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each severity, the worst first."""
    counts = Counter(finding.severity.word for finding in findings)
    return {word: counts[word] for word in ("error", "warning", "note")}
