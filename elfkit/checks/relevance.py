"""Which rules can have anything to say of an image: asked once of each sort of image, not by each rule of each image.

Most rules look at one property, such as a search path or an anomaly, that few images of a tree have.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from elfkit.checks.rule import RuleSpec
from elfkit.facts.kind import Kind
from elfkit.firmware.needs import FAILURES
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member


class Sort(NamedTuple):
    """What of an image decides which rules are asked; ``given`` says of each fact that rules name whether it is there.

    ``at_home`` is an image that belongs to a platform, ``unmet`` one that needs a name whose search fails.
    """

    kind: Kind
    damaged: bool
    at_home: bool
    unmet: bool
    given: tuple[bool, ...]


class Relevance:
    """Picks the rules of each group by what `RuleSpec` says of the images that they tell of."""

    def __init__(self, *groups: Iterable[RuleSpec]) -> None:
        self.groups = tuple([tuple(group) for group in groups])
        self._names = tuple(sorted({name for group in self.groups for rule in group for name in rule.given}))
        self._facts = attrgetter("kind", "anomalies", *self._names)
        self._known: dict[Sort, list[list[RuleSpec]]] = {}

    def of(self, member: Member, resolution: Resolution | None) -> list[list[RuleSpec]]:
        """Return the rules to ask of an image, by group; it belongs to no platform where there is no ``resolution``."""
        kind, anomalies, *facts = self._facts(member.facts)
        sort = Sort(
            kind.value,
            bool(anomalies),
            resolution is not None and resolution.platform(member) is not None,
            resolution is not None and _is_unmet(member, resolution),
            tuple([fact is not None and bool(fact.value) for fact in facts]),
        )
        known = self._known.get(sort)
        if known is None:
            there = {name for name, given in zip(self._names, sort.given, strict=True) if given}
            known = [[rule for rule in group if _may_tell(rule, sort, there)] for group in self.groups]
            self._known[sort] = known
        return known


def _is_unmet(member: Member, resolution: Resolution) -> bool:
    for need in resolution.of(member):  # noqa: SIM110  # asked for each image: any() costs twice as much
        if need.outcome in FAILURES:
            return True
    return False


def _may_tell(rule: RuleSpec, sort: Sort, there: set[str]) -> bool:
    if (rule.about_damage and not sort.damaged) or (rule.about_strangers and sort.at_home):
        return False
    if rule.about_unmet and not sort.unmet:
        return False
    return sort.kind in rule.kinds and (not rule.given or not there.isdisjoint(rule.given))
