"""EK005 no-section-headers."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind


def no_section_headers(facts: Facts) -> Iterator[Problem]:
    """The file has no section header table: e_shoff or e_shnum is 0.

    Kernel and loaders of Linux never look at it, and OpenWrt strips it on purpose (sstrip); linkers, debuggers,
    strip and nm are blind without it. All other rules judge the file from its program headers all the same.

    Where no program or library of a platform has section headers, the summary says so in one line instead of a
    finding. Core dumps have none by nature.
    """
    if facts.section_headers.value == "absent" and facts.kind.value is not Kind.CORE:
        yield Problem(
            "",
            "no section headers: linkers, debuggers and strip are blind here, elfkit's other rules are not",
            facts.section_headers.evidence,
            "none needed to run it; to link or debug against it, ask its vendor for an unstripped file",
            group="no section headers",
        )


RULE = RuleSpec(
    "EK005",
    "no-section-headers",
    Severity.NOTE,
    Scope.FILE,
    "whoever links or debugs against this file, or strips it, meets an empty file",
    no_section_headers,
    universal="no program or library has section headers",
)
