"""EK103 wrong-endian."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.belonging import misfits
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.fit import Misfit
from elfkit.firmware.tree import Member


def wrong_endian(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file has the other byte order than every platform of the tree (EI_DATA).

    Routers with the same CPU in both byte orders (MIPS, ARM) make this an easy mistake: names and sizes look right.
    """
    return misfits(member, tree, Misfit.DATA, member.facts.data.evidence)


RULE = RuleSpec(
    "EK103",
    "wrong-endian",
    Severity.ERROR,
    Scope.LINK,
    "read in the other byte order every instruction and number is another one: it cannot run here",
    wrong_endian,
    about_strangers=True,
    by_platform=True,
)
