"""EK605 phdr-not-loaded."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.mapping import Fault

FIX = "use a newer patchelf, or link it again"


def phdr_not_loaded(facts: Facts) -> Iterable[Problem]:
    """The program headers of a program lie in no segment that is loaded.

    The kernel tells the loader where the program headers are in memory (AT_PHDR), and the loader finds the dynamic
    section through them. Tools that move the table to the end of the file, such as old versions of patchelf, leave
    it outside.
    """
    return misplaced(facts, Fault.HEADERS, "e_phoff", FIX)


RULE = RuleSpec(
    "EK605",
    "phdr-not-loaded",
    Severity.WARNING,
    Scope.FILE,
    "the loader reads the headers from an address where they are not: the program dies before its first instruction",
    phdr_not_loaded,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
)
