"""EK608 hash-broken."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import TABLE_HEADS, TABLES, Facts

FIX = "link the file again, or rename symbols with a tool that writes the hash table anew (patchelf, objcopy do not)"


def hash_broken(facts: Facts) -> Iterator[Problem]:
    """A hash table for symbols (DT_HASH, DT_GNU_HASH, DT_MIPS_XHASH) does not lead to every symbol that it should.

    By itself it looks at the table's head: are there buckets, and do they fit into the segment? With `--select EK608`
    it looks at all symbols, which takes longer: is the hash in the chain that of the name, does its bucket lead to it,
    does the bloom filter let it through, do chains end within the table? Tools that rename or remove symbols and leave
    the table as it was bring this, and half-done patches.
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
    needs=frozenset({TABLE_HEADS}),
    thorough=frozenset({TABLES}),
    yields_to=frozenset({"EK211"}),  # the loader does not know that table
    about_damage=True,
)
