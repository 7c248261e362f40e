"""EK418 hidden-undefined."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import MOST_PROOFS, listed
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def hidden_undefined(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A symbol is undefined and hidden at once (STV_HIDDEN, STV_INTERNAL): it can be defined nowhere but in this file.

    The gABI lets no other file define it. glibc takes it for the file's own and uses its value, 0; the program jumps
    to or reads from address 0. Typical cause: a linker that was told to go on in spite of undefined symbols, with a
    declaration marked __attribute__((visibility("hidden"))).

    Weak symbols may be undefined, and only symbols that a relocation uses count.
    """
    references = tree.bindings.hidden.get(member.path, ())
    if not references:
        return
    names = sorted([reference.name for reference in references])
    yield Problem(
        names[0],
        f"refers to {listed(names)}, undefined here and hidden from what others define",
        tuple([reference.evidence for reference in references[:MOST_PROOFS]]),
        "link the object that defines it into this file, or take the visibility off its declaration",
    )


RULE = RuleSpec(
    "EK418",
    "hidden-undefined",
    Severity.ERROR,
    Scope.LINK,
    "no other file can define the symbol: its address is 0",
    hidden_undefined,
    needs=frozenset({LINKAGE}),
)
