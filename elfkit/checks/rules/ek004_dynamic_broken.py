"""EK004 dynamic-broken."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts


def dynamic_broken(facts: Facts) -> Iterator[Problem]:
    """The dynamic section cannot be used as it stands.

    Told are: PT_DYNAMIC at an address that no PT_LOAD maps, no DT_NULL at its end, DT_STRTAB or DT_SYMTAB at an
    address that no PT_LOAD takes from the file, and names (DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH) beyond
    DT_STRSZ.

    A truncated file (EK001) is told as truncated only: what is missing there has its cause named already.
    """
    if has_damage(facts, Damage.TRUNCATED, Damage.PROGRAM_HEADERS):
        return iter(())
    fix = "link the file again, or undo the tool that rewrote it (an edited or half-packed file looks like this)"
    return damage_of(facts, Damage.DYNAMIC, fix)


RULE = RuleSpec(
    "EK004",
    "dynamic-broken",
    Severity.ERROR,
    Scope.FILE,
    "the loader reads the dynamic section first: it crashes or refuses the file, whatever else is right in it",
    dynamic_broken,
    about_damage=True,
)
