"""EK207 dynamic-without-interp."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.damage import has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Certainty, Damage
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind


def dynamic_without_interp(facts: Facts) -> Iterator[Problem]:
    """A program needs libraries (DT_NEEDED) and names no interpreter that could load them (no PT_INTERP).

    A program is what is ET_EXEC, or says so with DF_1_PIE. Typical causes: linking with -nostdlib or -static and a
    shared library together, a linker script without PT_INTERP, a tool that removed it.

    A static-pie program needs no libraries and is fine. Where the program headers are damaged (EK003) the
    interpreter may only be out of sight, and what never runs Linux is passed over.
    """
    row = machine(facts.e_machine)
    fixed = facts.kind.value is Kind.STATIC
    movable = facts.kind.value is Kind.STATIC_PIE and facts.kind.certainty is Certainty.STATED
    if not (fixed or movable) or not facts.needed.value or row is None or not row.runs_linux:
        return
    if has_damage(facts, Damage.PROGRAM_HEADERS):
        return
    names = ", ".join(facts.needed.value)
    yield Problem(
        "PT_INTERP",
        f"needs {names} and has no PT_INTERP: nothing will load them",
        (*facts.kind.evidence, *facts.needed.evidence),
        "link it with -Wl,--dynamic-linker= and the device's loader, or wholly static",
    )


RULE = RuleSpec(
    "EK207",
    "dynamic-without-interp",
    Severity.WARNING,
    Scope.FILE,
    "the kernel starts it without its libraries, and it crashes at the first call into one",
    dynamic_without_interp,
    kinds=frozenset({Kind.STATIC, Kind.STATIC_PIE}),
)
