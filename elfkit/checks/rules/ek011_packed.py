"""EK011 packed."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import Facts


def packed(facts: Facts) -> Iterable[Problem]:
    """The file is a stub that unpacks the real program into memory when it is started (UPX).

    It is told by UPX's magic right behind the program headers of a file without PT_DYNAMIC. All other rules see the
    stub only: which libraries the program needs, its interpreter and its protection are hidden from them, and its
    kind reads static.

    Passed over are libraries that keep their dynamic section: what they need is seen.
    """
    name = facts.packer.value
    if name is None:
        return ()
    message = f"packed with {name}: the other rules see only the stub that unpacks it"
    fix = "unpack a copy (upx -d) and check that, with --root for the tree it runs in"
    return (Problem(name, message, facts.packer.evidence, fix),)


RULE = RuleSpec(
    "EK011",
    "packed",
    Severity.NOTE,
    Scope.FILE,
    "a clean report says nothing of the program inside, whose pages are no longer shared or read on demand either",
    packed,
    given=frozenset({"packer"}),
)
