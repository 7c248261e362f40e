"""EK505 no-pie."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind


def no_pie(facts: Facts) -> Iterator[Problem]:
    """A dynamic program is linked for fixed addresses (ET_EXEC with PT_INTERP).

    All such programs are one note. Toolchains that are not configured with --enable-default-pie, and builds
    with -no-pie, make them.

    On MIPS and 32-bit PowerPC position-independent programs are dear, and distributions leave them out by policy:
    those machines are passed over, as are static programs, kernels, and firmware for other processors.
    """
    row = machine(facts.e_machine)
    if facts.kind.value is not Kind.EXECUTABLE or row is None or not row.runs_linux or row.fixed_programs_by_policy:
        return
    yield Problem(
        "ET_EXEC",
        "is linked for fixed addresses: it is no position-independent program",
        facts.kind.evidence,
        "compile with -fPIE and link with -pie",
        group="fixed addresses",
    )


RULE = RuleSpec(
    "EK505",
    "no-pie",
    Severity.NOTE,
    Scope.FILE,
    "its code lies where every attacker knows it, whatever the kernel randomises",
    no_pie,
    yields_bytes_to=frozenset({"EK511"}),
    kinds=frozenset({Kind.EXECUTABLE}),
)
