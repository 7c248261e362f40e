"""EK006 section-headers-damaged."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.libc import BIONIC
from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind


def section_headers_damaged(facts: Facts) -> Iterable[Problem]:
    """The file has a section header table, and it cannot be read.

    Looked at are e_shoff, e_shnum and e_shstrndx (their extended forms too), e_shentsize and the file's size.
    Typical causes: a tool that cut or rewrote the file and left e_shoff as it was, or a copy that lost its end.

    Linux loaders never look at it, so it is a warning; bionic refuses the file since API 24, and an object file or
    a kernel module consists of sections: an error there. A truncated file (EK001) is told as truncated only, and
    a file without any section headers (EK005) is not damaged.
    """
    if facts.section_headers.value != "damaged" or has_damage(facts, Damage.TRUNCATED, Damage.PROGRAM_HEADERS):
        return ()
    needed = facts.libc.value == BIONIC or facts.kind.value in (Kind.MODULE, Kind.RELOCATABLE)
    fix = "take the file from its build again, or cut its section headers cleanly (e_shoff, e_shnum, e_shstrndx 0)"
    return damage_of(facts, Damage.SECTION_HEADERS, fix, severity=Severity.ERROR if needed else None)


RULE = RuleSpec(
    "EK006",
    "section-headers-damaged",
    Severity.WARNING,
    Scope.FILE,
    "debuggers, strip, nm and bionic's loader refuse the file; and whatever broke the table may have broken more",
    section_headers_damaged,
    severities=(
        (Severity.WARNING, "a program or library: Linux loaders never look at section headers"),
        (Severity.ERROR, "bionic: its loader refuses the file since API level 24"),
        (Severity.ERROR, "an object file or kernel module: it consists of sections"),
    ),
    about_damage=True,
)
