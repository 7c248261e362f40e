"""What a rule is: one function, and the row that introduces it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Any

from elfkit.checks.finding import Problem, Severity
from elfkit.facts.kind import Kind
from elfkit.firmware.abilities import Abilities
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.customs import Customs
from elfkit.firmware.fit import Misfit, is_blob, misfit
from elfkit.firmware.platforms import Platform, Platforms
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member, Tree

NO_BINDINGS = Bindings()
EVERY_KIND = frozenset(Kind)


@unique
class Scope(Enum):
    """What a rule must see to judge, which is also what it is given."""

    FILE = "file"  # evaluate(facts): one image alone
    LINK = "link"  # evaluate(member, tree_facts): one image among those it runs with
    TREE = "tree"  # evaluate(tree_facts): the tree as a whole, once
    ENGINE = "engine"  # told by the engine itself, of a rule


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What is known of a tree when its images are judged; ``bindings`` is empty unless some rule needs LINKAGE."""

    tree: Tree
    platforms: Platforms
    resolution: Resolution
    customs: Customs
    abilities: Mapping[Platform, Abilities] = field(default_factory=dict)
    by_name: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)
    """Shared objects by file name, other names and DT_SONAME."""
    nested: tuple[str, ...] = ()
    """Directories that are roots of their own."""
    bindings: Bindings = NO_BINDINGS

    def abilities_of(self, member: Member) -> Abilities | None:
        """Return what the loader of ``member`` can do; None where it has none in this tree."""
        platform = self.resolution.platform(member)
        return None if platform is None else self.abilities.get(platform)

    def misfit(self, member: Member) -> Misfit | None:
        """Return why no platform of the tree can run ``member``; None if one can, or nothing shows a platform."""
        if self.resolution.platform(member) is not None:
            return None
        return misfit(self.platforms, member)

    def runs(self, member: Member) -> bool:
        """Return whether the tree's own CPU may run ``member``: no misfit, and no code for another processor."""
        if self.resolution.platform(member) is not None:
            return True
        return misfit(self.platforms, member) is None and not is_blob(member)


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule: ``why`` says in one sentence why its findings matter; the docstring of ``evaluate`` is its documentation.

    ``needs`` are the dear facts it looks at, ``thorough`` those it looks at too where it is named. Where ``universal``
    is given and every file of a platform shows the problem, the summary says this sentence instead of a finding.
    ``severities`` says when a finding is worse or less bad than ``severity``. ``yields_to`` names rules that tell more
    of the same file: where one of them speaks of it, this one is silent; of a rule in ``yields_bytes_to`` only where it
    shows the same bytes. Where one of the rules in ``hands_to`` speaks of the image that a problem blames, the file is
    among those that need that image, and has no finding of its own. A rule that is ``opt_in`` is asked only where
    somebody selects it. One that is ``by_platform`` needs no tree but a platform: where a target is named, single files
    are judged by it too.

    Some rules can speak of few images alone, and the engine passes over the others: ``kinds`` are those it tells of,
    ``given`` facts of which one at least must have a value that is not empty; a rule ``about_damage`` tells of images
    with anomalies, one ``about_strangers`` of images that belong to no platform, one ``about_unmet`` of images that
    need a name whose search fails. This saves time and decides nothing: ``evaluate`` yields nothing of the others.
    """

    id: str
    name: str
    severity: Severity
    scope: Scope
    why: str
    evaluate: Callable[..., Iterable[Problem]]
    needs: frozenset[str] = frozenset()
    thorough: frozenset[str] = frozenset()
    universal: str = ""
    severities: tuple[tuple[Severity, str], ...] = ()
    yields_to: frozenset[str] = frozenset()
    yields_bytes_to: frozenset[str] = frozenset()
    hands_to: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = EVERY_KIND
    given: frozenset[str] = frozenset()
    about_damage: bool = False
    about_strangers: bool = False
    about_unmet: bool = False
    opt_in: bool = False
    by_platform: bool = False

    @property
    def documentation(self) -> str:
        """The rule's documentation, as `elfkit explain` prints it."""
        return inspect.getdoc(self.evaluate) or ""

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of elfkit.rules/1."""
        return {
            "id": self.id,
            "name": self.name,
            "severity": self.severity.word,
            "severities": [{"severity": severity.word, "when": when} for severity, when in self.severities],
            "opt_in": self.opt_in,
            "scope": self.scope.value,
            "why": self.why,
            "documentation": self.documentation,
        }
