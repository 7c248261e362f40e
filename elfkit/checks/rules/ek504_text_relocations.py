"""EK504 text-relocations."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import BIONIC, MUSL
from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import TEXT_RELOCATIONS, Facts
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS, Kind

FIX = "compile every object of it with -fPIC (programs: -fPIE); the linker's -z text makes it name the culprits"


def text_relocations(facts: Facts) -> Iterator[Problem]:
    """The loader must write into code or read-only data to start this file.

    Looked at are DT_TEXTREL, DF_TEXTREL, and the address of every relocation in DT_REL, DT_RELA, DT_JMPREL and
    DT_RELR: does it lie in a PT_LOAD without PF_W? Objects built without -fPIC and hand-written assembly bring them.

    R_*_NONE relocates nothing; every MIPS file begins with one at address 0. A flag without any such relocation is
    a claim, and a note, except on Android, where the loader goes by the flag. Android's packed tables are not
    looked into.
    """
    row = machine(facts.e_machine)
    found = facts.text_relocation_count
    if found is None or facts.kind.value not in PROGRAMS | {Kind.SHARED} or row is None or not row.runs_linux:
        return
    claimed = facts.text_relocations
    if found.value:
        first = f"{found.evidence[0].value:#x}"
        near = f" in or after {found.detail}" if found.detail else ""
        count = "1 relocation writes" if found.value == 1 else f"{found.value:,} relocations write"
        yield Problem(
            "text relocations",
            f"{count} to a segment mapped read-only, one at address {first}{near}"
            + ("" if claimed.value else "; no DT_TEXTREL has the loader make it writable first"),
            (*found.evidence, *claimed.evidence),
            FIX,
            _severity(facts),
        )
    elif claimed.value:
        yield Problem(
            "DT_TEXTREL",
            "claims text relocations and none was found",
            claimed.evidence,
            "link it again: the flag alone has loaders make the code writable for a while",
            Severity.ERROR if facts.libc.value == BIONIC else Severity.NOTE,
            group="claims",
        )


def _severity(facts: Facts) -> Severity:
    libc = facts.libc.value
    if not facts.text_relocations.value or libc == BIONIC:
        return Severity.ERROR
    return Severity.ERROR if libc == MUSL and facts.kind.value in DYNAMIC_PROGRAMS else Severity.WARNING


RULE = RuleSpec(
    "EK504",
    "text-relocations",
    Severity.WARNING,
    Scope.FILE,
    "no page it writes to is shared or write-protected while it starts; SELinux, PaX and some loaders refuse that",
    text_relocations,
    needs=frozenset({TEXT_RELOCATIONS}),
    severities=(
        (Severity.ERROR, "bionic: its loader refuses the file (64-bit always, 32-bit since API level 23)"),
        (Severity.ERROR, "musl, a program: the kernel maps it, and musl makes only libraries writable: it crashes"),
        (Severity.ERROR, "no DT_TEXTREL or DF_TEXTREL stands beside such relocations: every loader crashes"),
        (Severity.WARNING, "glibc, uClibc, and libraries under musl: the code is writable while it is relocated"),
        (Severity.NOTE, "the flag stands there without such a relocation (not on bionic)"),
    ),
    given=frozenset({"text_relocation_count", "text_relocations"}),
)
