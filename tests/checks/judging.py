"""Checks of roots grown in a temporary folder, and what of the findings tests look at."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from elfkit.checks import check as check_module
from elfkit.checks.finding import Finding, Severity
from elfkit.checks.report import Report
from elfkit.evidence import Evidence
from elfkit.firmware.tree import Progress
from tests.firmware.plants import Content, grow

# The rules these tests are about. Roots are grown for one fault at a time: other rules may have more to say of them.
ABOUT = (
    *("EK001", "EK002", "EK003", "EK004", "EK005", "EK009"),
    *("EK101", "EK102", "EK103", "EK106", "EK201", "EK301", "EK501", "EK503", "EK907"),
)


def check(
    *paths: str | bytes | os.PathLike[str],
    root: Path | None = None,
    select: Iterable[str] = ABOUT,
    ignore: Iterable[str] = (),
    progress: Progress | None = None,
) -> Report:
    """elfkit's check by the rules these tests are about."""
    named = [os.fsdecode(path) for path in paths]
    return check_module.check(*named, root=root, select=select, ignore=ignore, progress=progress)


def checked_about(root: Path, plan: Mapping[str, Content]) -> Report:
    """The same of a root that is grown first."""
    return check(grow(root, plan))


def checked(root: Path, plan: Mapping[str, Content], *, select: Iterable[str] = ()) -> Report:
    """A root that is grown first, by every rule."""
    return check_module.check(grow(root, plan), select=select)


def told(report: Report) -> dict[tuple[str, str], str]:
    """Severity by (rule, path) for each file of each finding."""
    return {(finding.rule, path): finding.severity.word for finding in report.findings for path in finding.paths}


def said(root: Path, plan: Mapping[str, Content], rule: str) -> dict[str, str]:
    """What one rule says of a root: severity by path."""
    return {path: word for (found, path), word in told(checked(root, plan)).items() if found == rule}


def only(report: Report, rule: str) -> Finding:
    """The one finding of a rule."""
    (finding,) = [finding for finding in report.findings if finding.rule == rule]
    return finding


def rules_of(report: Report, at_least: Severity = Severity.NOTE) -> list[str]:
    return sorted({finding.rule for finding in report.at_least(at_least)})


def proved(root: Path, path: str, proofs: tuple[Evidence, ...]) -> bool:
    """Whether each proof's bytes stand in the file at its offset."""
    for proof in proofs:
        if proof.offset is None:
            continue
        data = (root / (proof.path or path)).read_bytes()
        if data[proof.offset : proof.offset + len(proof.raw)] != proof.raw:
            return False
    return True
