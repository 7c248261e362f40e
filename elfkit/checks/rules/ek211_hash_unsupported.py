"""EK211 hash-unsupported."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import BIONIC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.loading import loaded_by_tree
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty
from elfkit.facts.kind import Kind
from elfkit.firmware.abilities import ABILITIES
from elfkit.firmware.tree import Member

STYLES = "link it with -Wl,--hash-style=both"


def hash_unsupported(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The loader finds no symbol in the file: it has no hash table, or only one that the tree's loader cannot read.

    DT_GNU_HASH alone needs glibc, musl, Android since API level 23, or a uClibc-ng built with it: that is known where
    its own libraries have no other table, and else nothing is said. DT_MIPS_XHASH alone needs glibc since 2.31.

    A library without any table is a warning: it loads, and no name in it is ever found. Programs without one are
    in order: nothing is looked for in them.
    """
    abilities, tables = loaded_by_tree(member, tree), member.facts.hash_tables
    if abilities is None or tables.certainty is Certainty.UNKNOWN:
        return
    judged = [abilities.hashes(table) for table in tables.value]
    if judged and all(ability.able is False for ability in judged):
        yield Problem(
            " ".join(tables.value),
            f"its one symbol hash table is of the kind {tables.value[0]}: {judged[0].why}",
            (*tables.evidence, *judged[0].evidence),
            STYLES,
            group=tables.value[0],
        )
    elif not judged and member.facts.kind.value is Kind.SHARED:
        bionic = abilities.platform.libc == BIONIC
        yield Problem(
            "no hash table",
            "has a symbol table and neither DT_HASH nor DT_GNU_HASH: no name in it can be found",
            (),
            STYLES,
            Severity.ERROR if bionic else Severity.WARNING,
        )


RULE = RuleSpec(
    "EK211",
    "hash-unsupported",
    Severity.ERROR,
    Scope.LINK,
    "a loader looks names up through a hash table alone: without one it knows, all that the file defines is missing",
    hash_unsupported,
    needs=ABILITIES,
    severities=(
        (Severity.ERROR, "all its hash tables are of a kind that the tree's loader cannot read"),
        (Severity.ERROR, "bionic, which refuses libraries without a hash table"),
        (Severity.WARNING, "a library without any hash table, elsewhere"),
    ),
)
