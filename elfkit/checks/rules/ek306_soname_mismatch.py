"""EK306 soname-mismatch."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.sonames import is_linker_name, otherwise_named
from elfkit.firmware.tree import Member

MOST_NEEDERS = 8


def soname_mismatch(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library is found under another name than it calls itself (DT_SONAME).

    Compatibility links (libold.so.1 -> libnew.so.2) are made so on purpose: a note, with the files that need the
    name. Names without a version are EK305's; the C library and its loader, which have several names, are passed
    over.

    A warning where a library calls itself by a name that nothing in the tree bears, and that others need in vain:
    its link is missing, or the file was renamed.
    """
    if member.facts.soname.value not in tree.resolution.names:
        yield from _renamed(member, tree)
    for need, provider, soname in otherwise_named(member, tree):
        if "/" in need.name or is_linker_name(need.name, soname):
            continue
        yield Problem(
            need.name,
            f"needs {need.name} and gets {provider.path}, which calls itself {soname}",
            (
                *[item for item in member.facts.needed.evidence if item.value == need.name],
                *[item.of(provider.path) for item in provider.facts.soname.evidence],
            ),
            f"link it again, so that it needs {soname}",
            group=f"{need.name} {provider.path}",
        )


def _renamed(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """Yield one problem if others need the DT_SONAME of ``member``, which no file or link of the tree bears."""
    soname, found = member.facts.soname.value, tree.resolution
    platform = found.platform(member)
    if not soname or platform is None:
        return
    needers = [path for path in found.missing.get(soname, ()) if found.platform_of.get(path) == platform]
    if needers:
        count = "one file needs" if len(needers) == 1 else f"{len(needers):,} files need"
        yield Problem(
            soname,
            f"calls itself {soname}, which {count}; no file or link of that name is in this tree",
            member.facts.soname.evidence,
            f"add a link {soname} that leads to it (ldconfig makes such links)",
            Severity.WARNING,
            needed_by=tuple(sorted(needers)[:MOST_NEEDERS]),
        )


RULE = RuleSpec(
    "EK306",
    "soname-mismatch",
    Severity.NOTE,
    Scope.LINK,
    "ldconfig removes or renews such links by DT_SONAME, and one process may map the library twice",
    soname_mismatch,
    severities=(
        (Severity.WARNING, "others need the DT_SONAME, and no file or link bears it"),
        (Severity.NOTE, "it is found under another name"),
    ),
    given=frozenset({"needed", "soname"}),
)
