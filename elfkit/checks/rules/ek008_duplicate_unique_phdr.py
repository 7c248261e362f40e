"""EK008 duplicate-unique-phdr."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.damage import damage_of
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts


def duplicate_unique_phdr(facts: Facts) -> Iterable[Problem]:
    """A program header of which there may be one is there several times.

    Counted are PT_INTERP, PT_DYNAMIC, PT_TLS, PT_GNU_STACK and PT_GNU_RELRO. The kernel goes by the first PT_INTERP
    and the last PT_GNU_STACK, loaders by the last of the others, and so do elfkit's facts; other tools may read the
    other one and say the opposite.

    It comes from linker scripts that list segments by hand and from tools that add program headers to a finished
    file. Detached debug files are passed over.
    """
    if not facts.anomalies:
        return ()
    fix = "link it again, or remove the header that is not wanted: which one was meant, only its author knows"
    return damage_of(facts, Damage.DUPLICATE_SEGMENTS, fix)


RULE = RuleSpec(
    "EK008",
    "duplicate-unique-phdr",
    Severity.WARNING,
    Scope.FILE,
    "only one of them counts: a protection or a path that a tool reads from the other is not what the device gets",
    duplicate_unique_phdr,
    about_damage=True,
)
