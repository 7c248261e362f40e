"""EK113 build-host-leak."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.belonging import describe, is_guest, leaked
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.pulls import chain
from elfkit.firmware.tree import Member

MOST_PULLS = 4


def build_host_leak(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """A program or library of the build host (x86-64, i386, AArch64) is in use in a tree of another machine.

    It is in use where it lies right in a directory of programs or libraries (bin, lib64, lib/<triplet>), or where
    something pulls it in: another such file that needs it, a symbolic link, a script whose #! names it, even
    among firmware. The message follows that chain; all files of one machine are one finding, with the size of them
    all.

    The usual cause is a package whose build ignored the cross compiler, or an install step that copied from the
    host. Foreign files that nothing uses, kernel modules and object files are EK101's; a relative of the tree's CPU
    (i386 on x86-64, AArch64 on ARM) is no leak. Emulators and cross tools shipped on purpose look the same.
    """
    primary = tree.platforms.primary
    if primary is None or not leaked(member, tree):
        return ()
    facts, pulls = member.facts, tree.resolution.pulls
    made_for = describe(facts)
    guest = is_guest(member, tree)
    steps = chain(pulls, member.path, MOST_PULLS)
    told = f"; {', '.join([step.phrase for step in steps])}" if steps else "; nothing in the tree needs or links to it"
    origin = ", as build hosts are; the tree" if guest else f", left by a build host; {primary.whose}"
    message = f"made for {made_for}{origin} runs {primary.describe()}{'' if guest else told}"
    pullers = pulls.get(member.path, ())
    pulled = tuple([pull.evidence for pull in pullers[:MOST_PULLS]])
    evidence = (*facts.machine.evidence, *pulled, *facts.interpreter.evidence)
    needed_by = tuple([pull.path for pull in pullers])
    away = "" if guest else ", or take it out of the image together with what it needs"
    fix = f"build it for {primary.describe()}{away}"
    return (Problem(made_for, message, evidence, fix, group=made_for, needed_by=needed_by),)


RULE = RuleSpec(
    "EK113",
    "build-host-leak",
    Severity.ERROR,
    Scope.LINK,
    'the device cannot run it ("Exec format error"), and it fills the image with code for another machine',
    build_host_leak,
    about_strangers=True,
)
