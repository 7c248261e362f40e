"""The engine passes over rules that cannot have anything to say: it must never silence one that has."""

from collections.abc import Iterator

import pytest

from elfkit.checks.exemptions import Exemptions
from elfkit.checks.registry import RULES, select_rules
from elfkit.checks.relevance import Relevance
from elfkit.checks.rule import EVERY_KIND, RuleSpec, Scope, TreeFacts
from elfkit.checks.run import Options, Run
from elfkit.facts.facts import DEAR, Facts
from tests.firmware.plants import FIXTURES

ROOTS = sorted([*(FIXTURES / "trees").iterdir(), *(FIXTURES / "rules").glob("EK*/*")])
JUDGING = [rule for rule in RULES if rule.scope in (Scope.FILE, Scope.LINK)]
BY_TREE = [rule for rule in JUDGING if rule.about_strangers or rule.about_unmet]
GATED = [rule for rule in JUDGING if rule in BY_TREE or rule.given or rule.about_damage or rule.kinds != EVERY_KIND]


@pytest.fixture(scope="module")
def trees() -> list[TreeFacts]:
    run = Run(select_rules(["EK"]), Exemptions(()), Options())  # as thorough as can be
    return [run.read_root(str(root)) for root in ROOTS if root.is_dir()]


def spoken(rule: RuleSpec, trees: list[TreeFacts], *, passed_over: bool) -> Iterator[str]:
    """The images of which a rule has something to say, among those that the engine passes over or asks it of."""
    relevance = Relevance((rule,))
    for tree in trees:
        for member in tree.tree.members:
            asked = relevance.of(member, tree.resolution) == [[rule]]
            given = (member.facts,) if rule.scope is Scope.FILE else (member, tree)
            if asked != passed_over and list(rule.evaluate(*given)):
                yield f"{tree.tree.root}/{member.path}"


@pytest.mark.parametrize("rule", GATED, ids=lambda rule: rule.id)
def test_a_rule_says_nothing_of_images_that_are_passed_over(rule: RuleSpec, trees: list[TreeFacts]) -> None:
    assert list(spoken(rule, trees, passed_over=True)) == []


def test_rules_speak_of_images_that_are_not_passed_over(trees: list[TreeFacts]) -> None:
    silent = {rule.id for rule in GATED if not any(spoken(rule, trees, passed_over=False))}
    assert silent == {"EK012", "EK511"}  # the faults of these are made by tests: a limit, and the modes of files


@pytest.mark.parametrize("rule", GATED, ids=lambda rule: rule.id)
def test_what_a_rule_looks_for_is_a_fact_that_it_has(rule: RuleSpec) -> None:
    assert rule.given <= {*Facts._fields}
    assert rule.given & DEAR <= rule.needs


def test_only_rules_about_links_know_platforms_and_needs() -> None:
    assert {rule.scope for rule in BY_TREE} == {Scope.LINK}
