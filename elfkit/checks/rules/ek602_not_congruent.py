"""EK602 not-congruent."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.layout import misplaced
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import MAPPING, Facts
from elfkit.facts.mapping import Fault

FIX = "link it again with the platform's page size (-z max-page-size); a tool that moved bytes forgot the alignment"


def not_congruent(facts: Facts) -> Iterable[Problem]:
    """A segment's address and its place in the file differ within a page, so it cannot be mapped.

    Pages of a file are mapped whole: p_vaddr and p_offset must leave the same remainder (gABI, "Program Loading").
    Compared is the remainder by p_align, or by 4096 where that is larger. It comes from tools that insert or cut
    bytes without moving the segments.

    Kernels and boot loaders, whose p_paddr is another address than p_vaddr, are passed over.
    """
    return misplaced(facts, Fault.NOT_CONGRUENT, "p_offset", FIX)


RULE = RuleSpec(
    "EK602",
    "not-congruent",
    Severity.ERROR,
    Scope.FILE,
    'mmap refuses such a segment, and glibc says "ELF load command address/offset not page-aligned"',
    not_congruent,
    needs=frozenset({MAPPING}),
    given=frozenset({"mapping"}),
)
