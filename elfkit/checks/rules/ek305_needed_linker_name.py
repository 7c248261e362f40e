"""EK305 needed-linker-name."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.sonames import is_linker_name, otherwise_named
from elfkit.firmware.tree import Member


def needed_linker_name(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """DT_NEEDED names a library as linkers do (libx.so), and the library calls itself libx.so.1 (DT_SONAME).

    It was linked with another build of the library, without DT_SONAME or with a plain one. On the device the plain
    name is a link that development packages bring, and it follows the newest version, whether that fits or not.
    Libraries without a version in their DT_SONAME, as on Android, are in order.
    """
    for need, provider, soname in otherwise_named(member, tree):
        if not is_linker_name(need.name, soname):
            continue
        yield Problem(
            need.name,
            f"needs {need.name}, and the library calls itself {soname}",
            (
                *[item for item in member.facts.needed.evidence if item.value == need.name],
                *[item.of(provider.path) for item in provider.facts.soname.evidence],
            ),
            f"link it with the {need.name} that has DT_SONAME {soname}",
            group=need.name,
        )


RULE = RuleSpec(
    "EK305",
    "needed-linker-name",
    Severity.WARNING,
    Scope.LINK,
    "it breaks when the development link goes, and takes the next incompatible version without a word",
    needed_linker_name,
    given=frozenset({"needed"}),
)
