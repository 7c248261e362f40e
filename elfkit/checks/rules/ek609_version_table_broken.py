"""EK609 version-table-broken."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import TABLE_HEADS, TABLES, Facts

FIX = "link the file again; edit versions with a tool that writes all three tables"


def version_table_broken(facts: Facts) -> Iterator[Problem]:
    """The tables of symbol versions (DT_VERSYM, DT_VERNEED, DT_VERDEF) contradict each other.

    By itself it looks at where DT_VERNEED and DT_VERDEF begin: is that a record? With `--select EK609` it reads all
    symbols, which takes longer, and tells of chains of records that end before their count or lead out of the table, a
    DT_VERSYM shorter than the symbol table, symbols with a version number that no record gives a name, and versions
    whose hash (vd_hash, vna_hash) is not that of their name.
    """
    if has_damage(facts, Damage.TRUNCATED, Damage.PROGRAM_HEADERS, Damage.DYNAMIC):
        return iter(())  # the cause is named already
    return damage_of(facts, Damage.VERSIONS, FIX)


RULE = RuleSpec(
    "EK609",
    "version-table-broken",
    Severity.ERROR,
    Scope.FILE,
    'the loader refuses the file ("version lookup error"), or binds a symbol to another version than was meant',
    version_table_broken,
    needs=frozenset({TABLE_HEADS}),
    thorough=frozenset({TABLES}),
    about_damage=True,
)
