"""EK408 private-symbol."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.runtime_libraries import belongs_to_glibc
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import MOST_PROOFS, listed
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def private_symbol(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A file uses what glibc keeps for itself: symbols of the version GLIBC_PRIVATE.

    They change and vanish from release to release without a new version, so the file runs with the very glibc it was
    built for and no other. Passed over are glibc's own files: its libraries and programs, the NSS modules and the
    character sets in gconv come with their C library. References that may be missing (weak) count like others: where
    the symbol is there, its meaning may have changed.
    """
    references = tree.bindings.private.get(member.path, ())
    if not references or belongs_to_glibc(member.path):
        return
    names = sorted([reference.name for reference in references])
    yield Problem(
        names[0],
        f"uses {listed(names)}, which glibc keeps for itself",
        tuple([reference.evidence for reference in references[:MOST_PROOFS]]),
        "use the public functions, or update the file together with glibc",
    )


RULE = RuleSpec(
    "EK408",
    "private-symbol",
    Severity.WARNING,
    Scope.LINK,
    "the next update of the C library may break the file, and no version will say so",
    private_symbol,
    needs=frozenset({LINKAGE}),
)
