"""EK105 abi-variant."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.compatibility import variants_meet
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import DYNAMIC_PROGRAMS, LOADED, Kind
from elfkit.firmware.tree import Member


def abi_variant(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file follows another of its machine's ABIs than the platform it would run on (e_flags).

    Compared are o32 and n32 on MIPS, ELFv1 and ELFv2 on PowerPC64, the old ABI and EABI on ARM, FDPIC and the usual
    ABI on ARM (EI_OSABI) and SuperH, the kernel's call ABIs on ARC. Where the class differs too (n64, x32), EK102
    tells it.

    Kernel modules and object files are passed over, as are files whose e_flags are 0 or do not say: unknown is no
    finding. Two ABIs live together where both have their loader in the tree. A static program meets no library,
    only a kernel that may run both: a note.
    """
    platform = tree.resolution.platform(member)
    facts = member.facts
    if platform is None or platform.variant == facts.abi_variant.value:
        return ()
    mine, tree_s = facts.abi_variant.value, platform.variant
    if variants_meet(mine, tree_s):
        return ()
    if not facts.flags.value or facts.kind.value not in LOADED:
        return ()
    linked = facts.kind.value in DYNAMIC_PROGRAMS or facts.kind.value is Kind.SHARED
    problem = Problem(
        mine,
        f"follows the {mine} ABI; {platform.whose} is {tree_s} ({platform.loader or platform.why})",
        facts.abi_variant.evidence,
        f"build it for {platform.describe()}",
        None if linked else Severity.NOTE,
        group=f"{mine} in {tree_s} {'linked' if linked else 'static'}",
    )
    return (problem,)


RULE = RuleSpec(
    "EK105",
    "abi-variant",
    Severity.ERROR,
    Scope.LINK,
    "arguments, saved registers and structures lie elsewhere: glibc refuses the mix, musl runs it with wrong values",
    abi_variant,
    severities=(
        (Severity.ERROR, "a library, or a program that needs libraries"),
        (Severity.NOTE, "a static program: only the kernel must know its ABI"),
    ),
    by_platform=True,
)
