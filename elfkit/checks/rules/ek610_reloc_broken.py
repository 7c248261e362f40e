"""EK610 reloc-broken."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import TABLE_HEADS, TABLES, Facts

FIX = "link the file again; a tool that moved segments or cut symbols has left the relocations as they were"


def reloc_broken(facts: Facts) -> Iterator[Problem]:
    """Relocations write to addresses that no PT_LOAD maps, or name symbols that are not there.

    By itself it looks at the sizes of the tables: does the segment hold that much? With `--select EK610` it reads all
    relocations, which takes longer: those of DT_REL, DT_RELA, DT_JMPREL, DT_RELR and Android's packed tables. R_*_NONE
    relocates nothing and may stand anywhere: every MIPS file begins with one at address 0. Where only bounds of the
    number of symbols are known the upper one counts.
    """
    if has_damage(facts, Damage.TRUNCATED, Damage.PROGRAM_HEADERS, Damage.DYNAMIC):
        return iter(())  # the cause is named already
    return damage_of(facts, Damage.RELOCATIONS, FIX)


RULE = RuleSpec(
    "EK610",
    "reloc-broken",
    Severity.ERROR,
    Scope.FILE,
    "the loader writes outside the image and crashes at start, or takes for a symbol whatever lies there",
    reloc_broken,
    needs=frozenset({TABLE_HEADS}),
    thorough=frozenset({TABLES}),
    about_damage=True,
)
