"""EK607 absurd-memsz."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.mapping import Fault

FIX = "check the linker script and the sizes of arrays; if the file is damaged, copy it again"


def absurd_memsz(facts: Facts) -> Iterable[Problem]:
    """A segment asks for more memory than a process of a device can have.

    p_memsz is more than 2 GiB in a 32-bit file, or more than 1 TiB in a 64-bit one, or its end lies beyond the address
    space. It comes from damage, or from an array in .bss that nobody meant to be so large.
    """
    return misplaced(facts, Fault.MEMORY, "p_memsz", FIX)


RULE = RuleSpec(
    "EK607",
    "absurd-memsz",
    Severity.WARNING,
    Scope.FILE,
    "the kernel refuses to start it, or kills something else when the memory is touched",
    absurd_memsz,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
)
