"""Which images the tree's loader maps and relocates: what it cannot do matters to no others."""

from __future__ import annotations

from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Damage
from elfkit.facts.kind import DYNAMIC_PROGRAMS, Kind
from elfkit.firmware.abilities import Abilities
from elfkit.firmware.roles import is_loader
from elfkit.firmware.tree import Member

RELOCATED = DYNAMIC_PROGRAMS | {Kind.SHARED}
UNREADABLE = frozenset({Damage.DYNAMIC, Damage.TRUNCATED, Damage.PROGRAM_HEADERS, Damage.IDENT, Damage.LIMIT})


def loaded_by_tree(member: Member, tree: TreeFacts) -> Abilities | None:
    """Return what the loader that maps ``member`` can do; None where none does.

    The loader itself relocates itself, as static programs do. Of a damaged file other rules tell.
    """
    if member.facts.kind.value not in RELOCATED:
        return None
    if member.facts.anomalies and any(anomaly.damage in UNREADABLE for anomaly in member.facts.anomalies):
        return None
    abilities = tree.abilities_of(member)
    if abilities is None or is_loader(member, tree.platforms):
        return None
    return abilities
