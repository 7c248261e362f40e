"""Problems that are anomalies: a part of the file contradicts the ABI."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind


def damage_of(facts: Facts, damage: Damage, fix: str, *, severity: Severity | None = None) -> Iterator[Problem]:
    """Yield one problem if an image has anomalies of this damage: all of them are its evidence.

    Detached debug information is passed over: its headers describe bytes that are in another file.
    """
    found = [anomaly for anomaly in facts.anomalies if anomaly.damage is damage]
    if not found or facts.kind.value is Kind.DEBUG_ONLY:
        return
    more = f" (and {len(found) - 1} more such places)" if len(found) > 1 else ""
    evidence = tuple([anomaly.evidence for anomaly in found])
    yield Problem(evidence[0].source, found[0].detail + more, evidence, fix, severity)


def has_damage(facts: Facts, *damages: Damage) -> bool:
    """Return whether an image has an anomaly of one of ``damages``."""
    return any(anomaly.damage in damages for anomaly in facts.anomalies)
