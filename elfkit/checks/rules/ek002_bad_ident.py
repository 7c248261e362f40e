"""EK002 bad-ident."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.header import EM_NONE
from elfkit.checks.damage import damage_of
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts


def bad_ident(facts: Facts) -> Iterator[Problem]:
    """The file begins like an ELF file, and its ELF header contradicts the gABI.

    Looked at are EI_CLASS, EI_DATA, EI_VERSION, e_version, e_ehsize and e_phentsize.

    A file that states its class and byte order and no machine (EM_NONE) is data in ELF form, such as compiled
    Guile code; there the finding is a note.
    """
    stated = facts.elf_class.value != 0
    severity = Severity.NOTE if stated and facts.e_machine == EM_NONE else None
    fix = "replace the file: its first bytes are damaged, or it was never an ELF file"
    return damage_of(facts, Damage.IDENT, fix, severity=severity)


RULE = RuleSpec(
    "EK002",
    "bad-ident",
    Severity.ERROR,
    Scope.FILE,
    "kernel and loader refuse such a file with ENOEXEC or EINVAL before they look any further",
    bad_ident,
    about_damage=True,
)
