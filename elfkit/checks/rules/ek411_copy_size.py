"""EK411 copy-size."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def copy_size(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program has a copy of a library's variable (R_*_COPY), and its room is smaller than the variable is.

    The size was fixed when the program was linked. The loader copies what fits, and says so: "has different size in
    shared object, consider re-linking". From then on the library uses the program's copy, and writes behind its end.
    Typical cause: a library update made a public array or structure larger.
    """
    for clash in tree.bindings.copies.get(member.path, ()):
        yield Problem(
            clash.reference.spelled,
            f"has room for {clash.own} bytes of {clash.reference.spelled}, in {clash.provider} it has {clash.theirs}",
            (clash.reference.evidence,),
            "link the program again with this library, or build it as position-independent code (-fPIE without copies)",
        )


RULE = RuleSpec(
    "EK411",
    "copy-size",
    Severity.WARNING,
    Scope.LINK,
    "the library writes behind the end of the program's copy, over whatever lies there",
    copy_size,
    needs=frozenset({LINKAGE}),
)
