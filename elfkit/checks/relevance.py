"""Which rules can have anything to say of an image: asked once of each sort of image, not by each rule of each image.

Most rules look at one property, such as a search path or an anomaly, that few images of a tree have.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from elfkit.checks.rule import RuleSpec
from elfkit.facts.facts import Facts


class Relevance:
    """Picks from rules by `RuleSpec.kinds`, ``given``, ``about_damage`` and ``about_strangers``, for all images."""

    def __init__(self, rules: Iterable[RuleSpec]) -> None:
        self.rules = tuple(rules)
        self._given = tuple(sorted({name for rule in self.rules for name in rule.given}))
        self._facts = attrgetter("kind", "anomalies", *self._given)
        self._known: dict[tuple[object, ...], list[RuleSpec]] = {}

    def of(self, facts: Facts, *, at_home: bool) -> list[RuleSpec]:
        """Return the rules to ask of an image; ``at_home`` says that it belongs to a platform."""
        kind, anomalies, *given = self._facts(facts)
        shown = [fact is not None and bool(fact.value) for fact in given]
        key = (at_home, kind.value, bool(anomalies), *shown)
        known = self._known.get(key)
        if known is None:
            there = {name for name, is_shown in zip(self._given, shown, strict=True) if is_shown}
            known = self._known[key] = [
                rule
                for rule in self.rules
                if kind.value in rule.kinds
                and not (at_home and rule.about_strangers)
                and (anomalies or not rule.about_damage)
                and (not rule.given or not there.isdisjoint(rule.given))
            ]
        return known
