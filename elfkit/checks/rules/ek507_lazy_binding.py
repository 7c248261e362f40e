"""EK507 lazy-binding."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.libc import MUSL
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import DYNAMIC_PROGRAMS, Kind
from elfkit.firmware.tree import Member


def lazy_binding(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """Functions are bound at their first call, so the table of their addresses stays writable though there is RELRO.

    The file has PT_GNU_RELRO, and neither DT_BIND_NOW nor DF_BIND_NOW nor DF_1_NOW. musl binds everything at start
    whatever a file says, and is passed over. A policy, and off unless it is selected.
    """
    facts = member.facts
    platform = tree.resolution.platform(member)
    if platform is None or platform.libc == MUSL or facts.relro.value != "partial":
        return ()
    if facts.kind.value not in (*DYNAMIC_PROGRAMS, Kind.SHARED) or not facts.needed.value:
        return ()
    problem = Problem(
        "lazy",
        "has RELRO and binds its functions lazily: the table of their addresses stays writable",
        facts.relro.evidence,
        "link with -z now",
        group="lazy binding",
    )
    return (problem,)


RULE = RuleSpec(
    "EK507",
    "lazy-binding",
    Severity.NOTE,
    Scope.LINK,
    "whoever can write one word anywhere takes a function's address in the GOT",
    lazy_binding,
    opt_in=True,
)
