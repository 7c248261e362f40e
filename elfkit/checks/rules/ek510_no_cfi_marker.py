"""EK510 no-cfi-marker."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.cpu import PROPERTIES
from elfkit.facts.kind import LOADED
from elfkit.firmware.tree import Member


def no_cfi_marker(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file lacks a mark for control-flow protection that the tree's C library has.

    The marks are GNU properties: IBT and SHSTK on x86, BTI, PAC and GCS on AArch64, ZICFILP and ZICFISS on RISC-V. A
    process is protected only if every image in it has the mark, so one file without it takes the protection from all
    programs that load it. A policy, and off unless it is selected.
    """
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform else None
    libc = custom.libc if custom else None
    mine = member.facts.properties
    if libc is None or mine is None or libc.facts.properties is None or member.facts.kind.value not in LOADED:
        return ()
    missing = [name for name in libc.facts.properties.value if name not in mine.value]
    if not missing:
        return ()
    problem = Problem(
        " ".join(missing),
        f"is not marked for {', '.join(missing)}, as the C library, {libc.path}, is",
        (*member.facts.machine.evidence, *[proof.of(libc.path) for proof in libc.facts.properties.evidence]),
        "build all of it with -fcf-protection (x86) or -mbranch-protection=standard (AArch64), assembly too",
        group=" ".join(missing),
    )
    return (problem,)


RULE = RuleSpec(
    "EK510",
    "no-cfi-marker",
    Severity.NOTE,
    Scope.LINK,
    "one image without the mark switches the protection off for the whole process",
    no_cfi_marker,
    needs=frozenset({PROPERTIES}),
    opt_in=True,
)
