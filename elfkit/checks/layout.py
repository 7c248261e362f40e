"""Problems of how segments are laid out in memory."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.facts.facts import Facts
from elfkit.facts.kind import LOADED
from elfkit.facts.mapping import Fault


def misplaced(
    facts: Facts, fault: Fault, subject: str, fix: str, *, severity: Severity | None = None
) -> Iterator[Problem]:
    """Yield one problem if segments of a program or library have this fault: all of its places are the evidence.

    Files for processors that never run Linux are passed over: their boot loaders map nothing.
    """
    row = machine(facts.e_machine)
    if facts.mapping is None or facts.kind.value not in LOADED or row is None or not row.runs_linux:
        return
    found = [place for place in facts.mapping.value if place.fault is fault]
    if found:
        more = f" (and {len(found) - 1} more such places)" if len(found) > 1 else ""
        evidence = tuple([proof for place in found for proof in place.evidence])
        yield Problem(subject, found[0].detail + more, evidence, fix, severity)
