"""EK319 dso-without-needed."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import MOST_PROOFS, listed
from elfkit.facts.facts import LINKAGE
from elfkit.facts.kind import Kind
from elfkit.firmware.roles import Role, role
from elfkit.firmware.tree import Member


def dso_without_needed(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library refers to symbols of other libraries and names none that it needs (DT_NEEDED).

    It works only in programs that happen to bring what it uses: a new program, or an old one linked with --as-needed,
    finds the symbols missing. Typical cause: the library was linked without its libraries, which linkers allow unless
    they are told -z defs.

    Plugins are passed over: what they use is their program's (EK402). So is the loader.
    """
    lacking = tree.bindings.unbacked.get(member.path)
    if lacking is None or member.facts.kind.value is not Kind.SHARED:
        return
    plugin = tree.bindings.plugins.get(member.path)
    if role(member, tree.platforms, tree.resolution) is not Role.LIBRARY or (plugin is not None and plugin.host):
        return
    names = sorted([reference.spelled for reference in lacking.first])
    hidden = lacking.total - len(names)
    more = f", {hidden} more beside them" if hidden else ""
    yield Problem(
        member.facts.soname.value or member.path.rpartition("/")[2],
        f"needs no library and refers to symbols of others: {listed(names)}{more}",
        tuple([reference.evidence for reference in lacking.first[:MOST_PROOFS]]),
        "link it with the libraries it uses; -Wl,-z,defs makes the linker ask for them",
    )


RULE = RuleSpec(
    "EK319",
    "dso-without-needed",
    Severity.WARNING,
    Scope.LINK,
    "who is linked with the library must know and bring what it uses, or does not start",
    dso_without_needed,
    needs=frozenset({LINKAGE}),
)
