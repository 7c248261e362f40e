"""EK509 no-fortify."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.fortify import FORTIFIABLE, checked_name
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import LINKAGE
from elfkit.facts.kind import DYNAMIC_PROGRAMS, Kind
from elfkit.firmware.symbol_names import symbol_names
from elfkit.firmware.tree import Member

SHOWN = 3


def no_fortify(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file calls functions on buffers that the C library would check, and none of them in the checking form.

    Where sizes are known at compile time, -D_FORTIFY_SOURCE turns memcpy into __memcpy_chk, and so on. Judged are
    files that import such functions where the platform's C library exports their checking forms: musl and uClibc have
    none, and nothing is said there. A file that knows no size has nothing to check, and Go and Rust call none of
    these: the rule is off unless it is selected.
    """
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform else None
    libc = custom.libc if custom else None
    if libc is None or libc.path == member.path or member.facts.kind.value not in (*DYNAMIC_PROGRAMS, Kind.SHARED):
        return ()
    mine, offered = symbol_names(member.facts), symbol_names(libc.facts)
    if mine is None or offered is None:
        return ()
    plain = sorted(name for name in mine.imported & FORTIFIABLE if checked_name(name) in offered.exported)
    if not plain or any(checked_name(name) in mine.imported for name in FORTIFIABLE):
        return ()
    more = f" and {len(plain) - SHOWN} more" if len(plain) > SHOWN else ""
    problem = Problem(
        "_FORTIFY_SOURCE",
        f"calls {', '.join(plain[:SHOWN])}{more}, and nothing in its checking form, which {libc.path} has",
        member.facts.kind.evidence,
        "compile it with -O2 -D_FORTIFY_SOURCE=2 (or 3)",
        group="no fortify",
    )
    return (problem,)


RULE = RuleSpec(
    "EK509",
    "no-fortify",
    Severity.NOTE,
    Scope.LINK,
    "an overflow of a buffer whose size the compiler knows goes unnoticed",
    no_fortify,
    needs=frozenset({LINKAGE}),
    opt_in=True,
)
