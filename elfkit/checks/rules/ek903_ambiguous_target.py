"""EK903 ambiguous-target."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.customs import LOADED
from elfkit.firmware.fit import is_blob
from elfkit.firmware.tree import Member


def ambiguous_target(tree: TreeFacts) -> Iterator[Problem]:
    """It is not clear what this tree is to run on, so nothing can be told of files that do not belong in it.

    A platform is shown by PID 1 (/sbin/init, /init, busybox, /bin/sh...), or by a loader in the tree that its
    programs ask for. Told are a tree without either, and one without PID 1 where loaders of different CPUs have
    about as many programs each (at least half as many as the one with the most). Of the files of these, EK101, EK102,
    EK103 and EK113 say nothing.

    A tree with libraries alone is fine where the C library in it names a loader that is there. Where all programs
    and libraries are made for one CPU and word size there is little to mix up: a note.
    """
    images = [member for member in tree.tree.members if member.facts.kind.value in LOADED and not is_blob(member)]
    if tree.platforms.rivals:
        yield _rivals(tree, images)
    elif tree.platforms.primary is None and images:
        yield _nothing(images)


def _rivals(tree: TreeFacts, images: list[Member]) -> Problem:
    rows = (tree.platforms.rows[0], *tree.platforms.rivals)
    loaders = [member for member in images if member.path in {row.loader for row in rows}]
    return Problem(
        "rivals",
        f"may be a tree for {' or for '.join([row.describe() for row in rows])}: no PID 1 tells, the first is assumed",
        tuple([proof for member in loaders for proof in member.facts.machine.evidence[:1]]),
        "check the whole root file system, with its init, or each of the trees alone",
        path=rows[0].loader,
    )


def _nothing(images: list[Member]) -> Problem:
    kinds = {(m.facts.e_machine, m.facts.elf_class.value, m.facts.data.value) for m in images}
    first = images[0]
    return Problem(
        "no platform",
        "no PID 1 and no loader that a program asks for is in this tree: its platform is unknown, "
        "and EK1xx, EK2xx and EK3xx judge nothing that depends on it",
        (*first.facts.machine.evidence, *first.facts.interpreter.evidence),
        "check the whole root file system; or name the files one by one with --root and the tree they go into",
        None if len(kinds) > 1 else Severity.NOTE,
        path=first.path,
    )


RULE = RuleSpec(
    "EK903",
    "ambiguous-target",
    Severity.WARNING,
    Scope.TREE,
    "a clean report then says nothing of files that were built for another device",
    ambiguous_target,
    severities=(
        (Severity.WARNING, "files for several CPUs, byte orders or word sizes, and nothing tells which is right"),
        (Severity.NOTE, "no platform is known, and all programs and libraries are made for one"),
    ),
)
