"""EK606 entry-outside-text."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.mapping import Fault

FIX = "link it again, with the startup files (crt1.o) or -e SYMBOL"


def entry_outside_text(facts: Facts) -> Iterable[Problem]:
    """A program's entry point lies in no executable segment.

    e_entry of a program is where it starts, or what its loader jumps to. ELFv1 programs of PowerPC64 name a function
    descriptor in their data there, and are judged by whether any segment holds it. Libraries need no entry point.
    """
    return misplaced(facts, Fault.ENTRY, "e_entry", FIX)


RULE = RuleSpec(
    "EK606",
    "entry-outside-text",
    Severity.ERROR,
    Scope.FILE,
    "the first instruction is a segmentation fault",
    entry_outside_text,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
)
