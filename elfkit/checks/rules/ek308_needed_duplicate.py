"""EK308 needed-duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import Facts

MOST_TOLD = 8  # of one file


def needed_duplicate(facts: Facts) -> Iterator[Problem]:
    """The file names one library twice or more in DT_NEEDED.

    Loaders load it once. Linkers write each name once; a second one comes from a tool that edited the file.
    """
    names = facts.needed.value
    if len({*names}) == len(names):
        return
    repeated = [(name, count) for name, count in Counter(names).items() if count > 1]
    for name, count in repeated[:MOST_TOLD]:
        yield Problem(
            name,
            f"needs {name} {'twice' if count == 2 else f'{count} times'}",
            tuple([item for item in facts.needed.evidence if item.value == name])[:MOST_TOLD],
            "remove all but the first DT_NEEDED of that name",
            group=name,
        )


RULE = RuleSpec(
    "EK308",
    "needed-duplicate",
    Severity.NOTE,
    Scope.FILE,
    "it does no harm, and shows that the file was edited after it was linked",
    needed_duplicate,
    given=frozenset({"needed"}),
)
