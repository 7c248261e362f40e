"""EK301 needed-missing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.libc_names import strange_libcs
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.roles import Role, role
from elfkit.firmware.tree import Member


def needed_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library that the file needs (DT_NEEDED) is nowhere in the tree: no file and no link bears its name.

    One missing library is one finding, with everything that needs it. Names that musl's loader answers itself
    (libc., libm., libpthread....) and the kernel's own linux-vdso are no files anywhere and are not looked for.

    A file of that name which is no ELF file (empty, a linker script, a page of text) is no library either.

    Where only plugins need it, it is a warning: an optional plugin may never be loaded. Libraries that are
    mounted or downloaded at run time look missing too. The C library of another family is EK206's.
    """
    missing = [need for need in tree.resolution.of(member) if need.outcome is Outcome.MISSING or _hollow(need, tree)]
    strange = {libc.name for libc in strange_libcs(member, tree)} if missing else set()
    for need in missing:
        if need.name in strange:
            continue
        proof = tuple([item for item in member.facts.needed.evidence if item.value == need.name])
        optional = role(member, tree.platforms, tree.resolution) is Role.PLUGIN
        yield Problem(
            need.name,
            f"needs {need.name}, which is {'no ELF file' if _hollow(need, tree) else 'nowhere'} in this tree",
            proof,
            f"add the package that brings {need.name}, or build without it",
            Severity.WARNING if optional else None,
            group=need.name,
            trace=need.tried,
        )


def _hollow(need: Need, tree: TreeFacts) -> bool:
    """Return whether files or links that lead to files bear the needed name, and none of them is an ELF file.

    What could not be read may be one.
    """
    if need.outcome is not Outcome.NOT_ON_PATH or need.path is not None or "/" in need.name:
        return False
    paths = tree.tree.paths
    borne = [place for place in (*paths.others, *paths.links) if posixpath.basename(place) == need.name]
    ends = {paths.follow(place).path for place in borne} - {None}
    return bool(ends) and ends.isdisjoint(skipped.path for skipped in tree.tree.unreadable)


RULE = RuleSpec(
    "EK301",
    "needed-missing",
    Severity.ERROR,
    Scope.LINK,
    "every loader stops before the program's first instruction when a needed library is missing",
    needed_missing,
)
