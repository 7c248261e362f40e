"""EK608 hash-broken."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import TABLES, Facts

FIX = "link the file again, or rename symbols with a tool that writes the hash table anew (patchelf, objcopy do not)"


def hash_broken(facts: Facts) -> Iterator[Problem]:
    """A hash table for symbols (DT_HASH, DT_GNU_HASH, DT_MIPS_XHASH) does not lead to every symbol that it should.

    Looked at are all symbols: is the hash in the chain that of the name, does its bucket lead to it, does the bloom
    filter let it through, do chains end within the table? A table that lies outside the file or does not hold together
    is told too. Tools that rename or remove symbols and leave the table as it was bring this, and half-done patches.

    Off unless selected, since it reads the names of all symbols: `--select EK608`.
    """
    if has_damage(facts, Damage.TRUNCATED, Damage.PROGRAM_HEADERS, Damage.DYNAMIC):
        return iter(())  # the cause is named already
    return damage_of(facts, Damage.HASHES, FIX)


RULE = RuleSpec(
    "EK608",
    "hash-broken",
    Severity.ERROR,
    Scope.FILE,
    'a symbol that is there is not found: "undefined symbol" at start or at the first call; or a search never ends',
    hash_broken,
    needs=frozenset({TABLES}),
    about_damage=True,
    opt_in=True,
)
