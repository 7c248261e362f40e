"""EK101 foreign-machine."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.belonging import misfits
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.fit import Misfit
from elfkit.firmware.tree import Member


def foreign_machine(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file is made for a machine that no platform of the tree has (e_machine).

    The usual cause is a package for another device, or a prebuilt of the wrong variant. A file of the build host
    that is in use is told by EK113, with what pulls it in.

    Not told of: files for processors that never run Linux (DSPs, microcontrollers, eBPF), files in firmware
    directories that ask for neither interpreter nor libraries, and static programs or kernel modules for another
    member of the same CPU family (i386 on x86-64), and libraries of such a member whose loader is in the tree.
    """
    return misfits(member, tree, Misfit.MACHINE, member.facts.machine.evidence)


RULE = RuleSpec(
    "EK101",
    "foreign-machine",
    Severity.ERROR,
    Scope.LINK,
    'the kernel refuses it with "Exec format error"; a shell then tries to read it as a script',
    foreign_machine,
    yields_to=frozenset({"EK113"}),
    about_strangers=True,
    by_platform=True,
)
