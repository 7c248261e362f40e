"""EK604 load-order."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.mapping import Fault

FIX = "link it again; a tool that added a segment put it in the wrong place"


def load_order(facts: Facts) -> Iterable[Problem]:
    """The segments are not in ascending order of addresses, or overlap.

    The gABI asks for PT_LOADs sorted by p_vaddr. Kernel and loaders take the first one's beginning and the last one's
    end for the extent of the whole, and map the others over it.
    """
    return misplaced(facts, Fault.ORDER, "PT_LOAD", FIX)


RULE = RuleSpec(
    "EK604",
    "load-order",
    Severity.ERROR,
    Scope.FILE,
    "what lies outside of the reserved extent is mapped over another library, or over the heap",
    load_order,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
)
