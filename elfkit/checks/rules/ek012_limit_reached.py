"""EK012 limit-reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elfkit.checks.damage import damage_of
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts
from elfkit.firmware.work import Cut


def limit_reached(facts: Facts) -> Iterator[Problem]:
    """A file, or the tree around it, asks for more work than elfkit does: what was left undone is not judged.

    The limits are listed by `elfkit limits`, far above what real firmware needs: bytes read of one file, entries
    of its tables, files and names that an ld.so.conf includes, places where libraries are looked for, steps from
    programs to what they load, loaders in one tree. The message names the limit and what it cut short; everything
    else in the report stands.

    Crafted files reach a limit on purpose. Where the tree is sound, `--limit NAME=VALUE` sets a greater one.
    """
    yield from damage_of(facts, Damage.LIMIT, FIX)


FIX = "look who made it so; --limit NAME=VALUE sets a greater one for sound files"


def tree_limits(cuts: Iterable[Cut]) -> Iterator[Problem]:
    """Yield what the limits for a whole tree have cut short, each limit as one group."""
    for cut in cuts:
        message = f"{cut.left_out}: the limit {cut.limit} of {cut.value:,} was reached"
        yield Problem(cut.limit, message, (), FIX, group=cut.limit, path=cut.path)


RULE = RuleSpec(
    "EK012",
    "limit-reached",
    Severity.WARNING,
    Scope.FILE,
    "what lies beyond the limit was not judged: a clean report says nothing of it",
    limit_reached,
    about_damage=True,
)
