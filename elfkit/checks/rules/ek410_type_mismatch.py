"""EK410 type-mismatch."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.symbols import STT_NAMES, STT_TLS
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def type_mismatch(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A symbol is a function to the file that uses it and a variable, or thread-local, to the one that defines it.

    Loaders compare names, not types: a call goes to data, or a variable is read from code. With a thread-local symbol
    on one side only, what is computed is no address at all: that is an error. Typical cause: two libraries define one
    name, and the wrong one comes first. Symbols without a type (NOTYPE) say nothing.
    """
    for clash in tree.bindings.types.get(member.path, ()):
        own, theirs = (STT_NAMES.get(number, str(number)) for number in (clash.own, clash.theirs))
        yield Problem(
            clash.reference.spelled,
            f"takes {clash.reference.spelled} for {own}, {clash.provider} defines it as {theirs}",
            (clash.reference.evidence,),
            "build both against the same headers, or rename one of the two",
            Severity.ERROR if STT_TLS in (clash.own, clash.theirs) else None,
        )


RULE = RuleSpec(
    "EK410",
    "type-mismatch",
    Severity.WARNING,
    Scope.LINK,
    "the program calls data or reads code when it uses the symbol",
    type_mismatch,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.WARNING, "a function on one side, a variable on the other"),
        (Severity.ERROR, "thread-local on one side alone"),
    ),
)
