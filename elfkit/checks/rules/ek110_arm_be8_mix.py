"""EK110 arm-be8-mix."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import LOADED
from elfkit.firmware.tree import Member


def arm_be8_mix(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """A big-endian ARM file has code in another byte order than the loader of its platform (EF_ARM_BE8 in e_flags).

    BE8 has big-endian data and little-endian code, as ARMv6 and later run it; BE32 has both big-endian, as ARMv4 and
    ARMv5 do. A CPU is set to one of them. Linkers write BE32 unless told --be8.

    Kernel modules and object files are passed over: the loader of the kernel swaps their code.
    """
    facts = member.facts
    row = machine(facts.e_machine)
    if row is None or not row.swapped_code_flag or facts.data.value != "big":
        return ()
    platform = tree.resolution.platform(member)
    loader = tree.tree.by_path.get(platform.loader) if platform else None
    if loader is None or facts.kind.value not in LOADED:
        return ()
    if not (facts.flags.value ^ loader.facts.flags.value) & row.swapped_code_flag:
        return ()
    mine, theirs = ("BE8", "BE32") if facts.flags.value & row.swapped_code_flag else ("BE32", "BE8")
    problem = Problem(
        mine,
        f"its code is {mine}; that of the platform's loader, {loader.path}, is {theirs}",
        (*facts.flags.evidence, *[proof.of(loader.path) for proof in loader.facts.flags.evidence]),
        f"link it {'without' if mine == 'BE8' else 'with'} -Wl,--be8",
        group=f"{mine} with {loader.path}",
    )
    return (problem,)


RULE = RuleSpec(
    "EK110",
    "arm-be8-mix",
    Severity.WARNING,
    Scope.LINK,
    "a CPU reads every instruction of one of the two in the wrong byte order, and no loader looks at the flag",
    arm_be8_mix,
)
