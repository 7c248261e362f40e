"""EK605 phdr-not-loaded."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.kind import Kind
from elfkit.facts.mapping import Fault

FIX = "use a newer patchelf, or link it again"
STATIC = (Kind.STATIC, Kind.STATIC_PIE)


def phdr_not_loaded(facts: Facts) -> Iterator[Problem]:
    """The program headers of a program lie in no segment that is loaded.

    The kernel tells the loader where the program headers are in memory (AT_PHDR), and the loader finds the dynamic
    section through them. Tools that move the table to the end of the file, such as old versions of patchelf, leave
    it outside.

    A static program has no loader, and runs without them unless its C library asks: musl does, and glibc is not
    linked without them. There it is a note.
    """
    if facts.kind.value not in STATIC:
        yield from misplaced(facts, Fault.HEADERS, "e_phoff", FIX)
        return
    for problem in misplaced(facts, Fault.HEADERS, "e_phoff", FIX, severity=Severity.NOTE):
        yield problem._replace(message=f"{problem.message}: a static program's C library may look for them in memory")


RULE = RuleSpec(
    "EK605",
    "phdr-not-loaded",
    Severity.WARNING,
    Scope.FILE,
    "who looks for the headers in memory, the loader above all, reads what is not there: the program dies at its start",
    phdr_not_loaded,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
    severities=((Severity.WARNING, "a program with a loader"), (Severity.NOTE, "a static program")),
)
