"""EK603 page-shared-perms."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.mapping import Fault

FIX = "link with -z separate-code, or with a -z max-page-size of the device's pages"


def page_shared_perms(facts: Facts) -> Iterable[Problem]:
    """Two segments with different permissions share a page.

    A page has one set of permissions: the segment that is mapped later gives it its own, and the end of the one before
    becomes writable, or loses what it needs. Judged is the smallest page of any Linux, 4096 bytes; a device with
    larger ones meets it sooner (EK601).
    """
    return misplaced(facts, Fault.SHARED_PAGE, "PT_LOAD", FIX)


RULE = RuleSpec(
    "EK603",
    "page-shared-perms",
    Severity.WARNING,
    Scope.FILE,
    "the end of the code is writable, or the end of the data is not, whatever the headers say",
    page_shared_perms,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
)
