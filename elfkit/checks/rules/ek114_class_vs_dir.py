"""EK114 class-vs-dir."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import Kind
from elfkit.firmware.tree import Member

# What a directory's name says of the class, where its sibling is there too.
WIDTHS = {"lib64": (64, ("lib32", "lib")), "lib32": (32, ("lib64",)), "libx32": (32, ("lib64",))}


def class_vs_dir(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """A library lies in the directory of the other word size: a 32-bit file in lib64, a 64-bit one in lib32.

    Judged are libraries directly in a directory called lib64, lib32 or libx32 (and its subdirectory lp64d and the like)
    whose sibling for the other size is in the tree as a directory of its own: where one is a link to the other, the
    name means nothing.
    """
    facts = member.facts
    if facts.kind.value is not Kind.SHARED:
        return ()
    folder = member.path.rpartition("/")[0]
    width, siblings = WIDTHS.get(folder.rpartition("/")[2], (0, ()))
    if not width or facts.elf_class.value == width:
        return ()
    parent = posixpath.dirname(folder)
    places = [f"{parent}/{name}" if parent else name for name in siblings]
    there = [place for place in places if place in tree.tree.paths.directories]
    if not there:
        return ()
    problem = Problem(
        posixpath.basename(folder),
        f"is a {facts.elf_class.value}-bit library in {folder}, and {there[0]} is there too",
        facts.elf_class.evidence,
        f"install it into {there[0]}",
        group=folder,
    )
    return (problem,)


RULE = RuleSpec(
    "EK114",
    "class-vs-dir",
    Severity.WARNING,
    Scope.LINK,
    "loaders look for libraries of one word size there: this one is not found, or found first and refused",
    class_vs_dir,
    kinds=frozenset({Kind.SHARED}),
)
