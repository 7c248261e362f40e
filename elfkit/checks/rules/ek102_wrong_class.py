"""EK102 wrong-class."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.belonging import misfits
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.fit import Misfit
from elfkit.firmware.tree import Member


def wrong_class(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file is 64-bit and the tree 32-bit, or the other way round (EI_CLASS).

    A tree may hold both where both have their loader. Kernel modules are judged with the kernel, not with the
    programs: a 64-bit kernel under 32-bit programs is common.
    """
    return misfits(member, tree, Misfit.CLASS, member.facts.elf_class.evidence)


RULE = RuleSpec(
    "EK102",
    "wrong-class",
    Severity.ERROR,
    Scope.LINK,
    "no loader of the tree maps a file of the other class, whatever the CPU could run",
    wrong_class,
    about_strangers=True,
    by_platform=True,
)
