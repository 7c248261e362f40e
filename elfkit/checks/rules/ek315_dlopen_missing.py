"""EK315 dlopen-missing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.abi.loaders import loader
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import DLOPENS
from elfkit.facts.tagged_notes import PRIORITIES, Dlopen
from elfkit.firmware.tree import Member

REQUIRED = PRIORITIES[0]
MOST_SHOWN = 6


def dlopen_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file says that it opens a library at run time (.note.dlopen), and none of that name is in the tree.

    The note lists groups of names, of which one that is there is enough, with what they are for and a priority. A
    group that is "required" is a warning; the others are optional parts that the image may have left out on purpose:
    one note for all that a file recommends, one for all that it suggests.
    """
    fact = member.facts.dlopens
    if fact is None or tree.resolution.platform(member) is None:
        return
    missing = [row for row in fact.value if not any(_is_there(name, member, tree) for name in row.sonames)]
    for row in missing:
        if row.priority == REQUIRED:
            names = " or ".join(row.sonames)
            yield Problem(
                row.sonames[0],
                f"opens {names}{_purpose(row)} at run time and cannot do without; it is not in this tree",
                fact.evidence,
                f"add the package that brings {row.sonames[0]}",
                Severity.WARNING,
                group=names,
            )
    for priority in PRIORITIES[1:]:
        rows = [row for row in missing if row.priority == priority]
        if rows:
            shown = ", ".join([f"{row.sonames[0]}{_purpose(row)}" for row in rows[:MOST_SHOWN]])
            more = f" and {len(rows) - MOST_SHOWN} more" if len(rows) > MOST_SHOWN else ""
            yield Problem(
                priority,
                f"opens {shown}{more} at run time if there: {priority}, and not in this tree",
                fact.evidence,
                "add what the device shall be able to do",
                Severity.NOTE,
            )


def _purpose(row: Dlopen) -> str:
    return f" ({row.feature})" if row.feature else ""


def _is_there(name: str, member: Member, tree: TreeFacts) -> bool:
    """Return whether a file or link bears the name, or the loader answers it; what is assumed counts as well."""
    base = posixpath.basename(name)
    if base in tree.resolution.names or tree.tree.paths.assumed.cover(base):
        return True
    platform = tree.resolution.platform(member)
    row = loader(platform.libc) if platform else None
    return row is not None and base.startswith(row.builtin_prefixes)


RULE = RuleSpec(
    "EK315",
    "dlopen-missing",
    Severity.WARNING,
    Scope.LINK,
    "no loader tells of it at the start: the part that needs the library fails when it is used",
    dlopen_missing,
    needs=frozenset({DLOPENS}),
    severities=(
        (Severity.WARNING, "the file says that it cannot do without"),
        (Severity.NOTE, "the file recommends or suggests it"),
    ),
    given=frozenset({"dlopens"}),
)
