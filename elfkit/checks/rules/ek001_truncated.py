"""EK001 truncated."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts


def truncated(facts: Facts) -> Iterator[Problem]:
    """The file ends before the bytes that its own headers promise.

    Compared are p_offset + p_filesz of every PT_LOAD, PT_INTERP and PT_DYNAMIC with the file's size, and the
    size of the ELF header itself. Typical causes: a copy that ran out of space, a download that was cut, an
    image written to a partition too small for it.

    Detached debug files promise bytes that stay in the stripped file; they are passed over.
    """
    return damage_of(facts, Damage.TRUNCATED, "copy or build the file again; compare its size with the original's")


RULE = RuleSpec(
    "EK001",
    "truncated",
    Severity.ERROR,
    Scope.FILE,
    "a cut header is refused; of a cut segment pages behind the file's end are mapped, and touching one is SIGBUS",
    truncated,
    about_damage=True,
)
