"""EK301 needed-missing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.checks.asked_interpreter import told_with_interpreter
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.roles import Role, role
from elfkit.firmware.tree import Member

LACKING = (Outcome.MISSING, Outcome.NOT_ON_PATH)


def needed_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library that the file needs (DT_NEEDED) is nowhere in the tree: no file and no link bears its name.

    One missing library is one finding, with everything that needs it. Names that musl's loader answers itself
    (libc., libm., libpthread....) and the kernel's own linux-vdso are no files anywhere and are not looked for.

    A file of that name which is no ELF file (empty, a linker script, a page of text) is no library either.

    Where only plugins need it, it is a warning: an optional plugin may never be loaded. Libraries that are
    mounted or downloaded at run time look missing too. The C library of another family is EK206's, a link of that
    name that leads nowhere EK316's: where those rules are left out, it is told here.
    """
    for need in tree.resolution.of(member):
        if need.outcome not in LACKING:
            continue
        how, link = _how(need, tree)
        if not how:
            continue
        optional = role(member, tree.platforms, tree.resolution) is Role.PLUGIN
        yield Problem(
            need.name,
            f"needs {need.name}{how}",
            tuple([item for item in member.facts.needed.evidence if item.value == need.name]),
            f"add the package that brings {need.name}, or build without it",
            Severity.WARNING if optional else None,
            group=need.name,
            trace=need.tried,
            blamed=link,
            unless=(("EK206", need.name), *told_with_interpreter(member, tree)),
        )


def _how(need: Need, tree: TreeFacts) -> tuple[str, str]:
    """Return in what way a needed name is missing, "" if it is not, and the link of that name that leads nowhere.

    What could not be read may be the library.
    """
    if need.outcome is Outcome.MISSING:
        return ", which is nowhere in this tree", ""
    if need.path is not None:
        return "", ""
    paths = tree.tree.paths
    borne = paths.named(posixpath.basename(need.name))
    ends = {place: paths.follow(place).path for place in borne}
    if not {*ends.values()}.isdisjoint([skipped.path for skipped in tree.tree.unreadable]):
        return "", ""
    there = [place for place, end in ends.items() if end is not None]
    if there:
        return f"; {there[0]} bears that name and is no ELF file", ""
    lost = next(iter(borne), "")
    return f"; the link {lost} of that name leads nowhere", lost


RULE = RuleSpec(
    "EK301",
    "needed-missing",
    Severity.ERROR,
    Scope.LINK,
    "every loader stops before the program's first instruction when a needed library is missing",
    needed_missing,
    hands_to=frozenset({"EK316"}),
    about_unmet=True,
)
