"""EK009 unreadable."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts


def unreadable(facts: TreeFacts) -> Iterator[Problem]:
    """Something in the tree could not be looked into: no permission, a vanished file, an I/O error, a special file.

    FIFOs, sockets and devices are never opened. All files that share one reason are one finding; on a tree owned
    by root, run as root or unpack with fakeroot to see everything.
    """
    for skipped in (*facts.tree.unreadable, *facts.tree.special):
        fix = "give this user the right to read it" if "permission" in skipped.reason else ""
        yield Problem(
            skipped.reason, f"not looked into: {skipped.reason}", (), fix, group=skipped.reason, path=skipped.path
        )


RULE = RuleSpec(
    "EK009",
    "unreadable",
    Severity.NOTE,
    Scope.TREE,
    "what was not read was not checked: a clean report says nothing of it",
    unreadable,
)
