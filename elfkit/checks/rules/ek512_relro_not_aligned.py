"""EK512 relro-not-aligned."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.libc import BIONIC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.cpu import PAGE_SIZES
from elfkit.facts.kind import LOADED
from elfkit.firmware.tree import Member


def relro_not_aligned(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """RELRO ends inside a page, so that loaders protect less than the file asks for, or more.

    Judged are the page sizes that all segments of the file are aligned for, and the end of PT_GNU_RELRO as it stands:
    one that is the end of a PT_LOAD is no fault. glibc and musl round the end down and leave the rest writable; bionic
    rounds up, and what follows in the page becomes read-only: there the first write to it is a crash.
    """
    platform = tree.resolution.platform(member)
    sizes = member.facts.page_sizes
    if platform is None or sizes is None or not sizes.detail or member.facts.kind.value not in LOADED:
        return ()
    problem = Problem(
        "PT_GNU_RELRO",
        sizes.detail,
        sizes.evidence,
        "link with a -z common-page-size that is the -z max-page-size",
        Severity.WARNING if platform.libc == BIONIC else None,
        group="RELRO in a page",
    )
    return (problem,)


RULE = RuleSpec(
    "EK512",
    "relro-not-aligned",
    Severity.NOTE,
    Scope.LINK,
    "on a kernel with such pages, pointers that were to be protected stay writable, or variables become read-only",
    relro_not_aligned,
    needs=frozenset({PAGE_SIZES}),
    severities=(
        (Severity.WARNING, "bionic, which rounds the end up: what follows becomes read-only"),
        (Severity.NOTE, "other loaders, which round it down"),
    ),
)
