"""EK003 phdr-out-of-file."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts


def phdr_out_of_file(facts: Facts) -> Iterator[Problem]:
    """The program header table does not lie within the file, or a program or library has none.

    Looked at are e_phoff, e_phnum (its extended form too) and the file's size. Object files and kernel modules
    have no program headers and need none.
    """
    fix = "replace the file: without program headers nothing can map it"
    return damage_of(facts, Damage.PROGRAM_HEADERS, fix)


RULE = RuleSpec(
    "EK003",
    "phdr-out-of-file",
    Severity.ERROR,
    Scope.FILE,
    "program headers are all that the kernel and the loader go by: without them the file cannot be mapped",
    phdr_out_of_file,
    about_damage=True,
)
