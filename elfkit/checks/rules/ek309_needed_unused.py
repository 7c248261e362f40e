"""EK309 needed-unused."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.runtime_libraries import belongs_to_glibc
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.resolve import Outcome
from elfkit.firmware.tree import Member


def needed_unused(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library is needed (DT_NEEDED), and no symbol the file refers to is defined by it or by what it brings.

    It is searched for, mapped and relocated at every start for nothing, and the program does not start without it.
    Linkers leave such a name out with --as-needed.

    Libraries that are needed for what they do when they are mapped (constructors, interposed functions with
    DF_1_INTERPOSE) look the same, so the rule is opt-in: --select EK309. The parts of glibc are passed over: since
    2.34 most of them are empty.
    """
    used = tree.bindings.used.get(member.path)
    if used is None:
        return
    direct = {need.path for need in tree.resolution.of(member)}
    for need in tree.resolution.of(member):
        path = need.path
        if need.outcome is not Outcome.FOUND or path is None or path in used or belongs_to_glibc(path):
            continue
        linkage = tree.tree.by_path[path].facts.linkage if path in tree.tree.by_path else None
        if linkage is None or linkage.interposes or not used.isdisjoint({*tree.resolution.closure(path)} - direct):
            continue
        yield Problem(
            need.name,
            f"needs {need.name} and uses no symbol of it",
            tuple([item for item in member.facts.needed.evidence if item.value == need.name]),
            "link with -Wl,--as-needed, or leave the library out",
        )


RULE = RuleSpec(
    "EK309",
    "needed-unused",
    Severity.NOTE,
    Scope.LINK,
    "an unused library costs time and memory at every start, and its absence stops the program",
    needed_unused,
    needs=frozenset({LINKAGE}),
    opt_in=True,
)
