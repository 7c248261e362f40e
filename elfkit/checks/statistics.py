"""Reports without their findings: how much each rule has to tell, and the platforms that were found."""

from __future__ import annotations

from typing import Any, NamedTuple

from elfkit.checks.finding import Finding, Severity
from elfkit.checks.report import Report

SCHEMA = "elfkit.statistics/1"
PLATFORMS_SCHEMA = "elfkit.platforms/1"


class RuleCount(NamedTuple):
    """What one rule found: how many causes, in how many files, of how many bytes; the severity is the worst."""

    rule: str
    name: str
    severity: Severity
    findings: int
    files: int
    size: int

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return self._asdict() | {"severity": self.severity.word}


def count_by_rule(report: Report) -> tuple[RuleCount, ...]:
    """Return a count for each rule with findings, by id; a file is counted once for each rule."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return tuple([_count(by_rule[rule]) for rule in sorted(by_rule)])


def _count(findings: list[Finding]) -> RuleCount:
    sizes = {(finding.root, path): size for finding in findings for path, size in finding.sizes.items()}
    worst = max([finding.severity for finding in findings])
    return RuleCount(findings[0].rule, findings[0].name, worst, len(findings), len(sizes), sum(sizes.values()))


def statistics_dict(report: Report) -> dict[str, Any]:
    """Return the published JSON shape of elfkit.statistics/1: a report with counts in place of its findings."""
    document = report.to_dict()
    del document["findings"]
    return document | {"schema": SCHEMA, "rules": [row.to_dict() for row in count_by_rule(report)]}


def platforms_dict(report: Report) -> dict[str, Any]:
    """Return the published JSON shape of elfkit.platforms/1: what a report says of its roots."""
    document = report.to_dict()
    del document["findings"]
    del document["summary"]["findings"], document["summary"]["files_with_findings"]
    return document | {"schema": PLATFORMS_SCHEMA}
