"""EK501 exec-stack."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import GLIBC
from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind

NOT_STARTED = frozenset({Kind.CORE, Kind.DEBUG_ONLY, Kind.RELOCATABLE, Kind.MODULE, Kind.UNKNOWN})


def exec_stack(facts: Facts) -> Iterator[Problem]:
    """The file asks for an executable stack: its last PT_GNU_STACK has PF_X.

    One object file without a .note.GNU-stack section (hand-written assembly is the usual one), or a nested
    function of GNU C whose address is taken, is enough to get it for the whole program.

    On MIPS with glibc toolchains ask for it by default, because kernels before 4.8 emulated FPU branches on the
    stack: there all such files are one note. glibc 2.41 and later refuse to dlopen such a library.
    """
    row = machine(facts.e_machine)
    if facts.stack.value != "executable" or facts.kind.value in NOT_STARTED or row is None or not row.runs_linux:
        return
    by_default = row.exec_stack_by_default and facts.libc.value in (GLIBC, "unknown", "none")
    yield Problem(
        "PT_GNU_STACK",
        "asks for an executable stack" + (f", as {row.title} toolchains do by default" if by_default else ""),
        facts.stack.evidence,
        "link with -z noexecstack, after giving every assembly file a .note.GNU-stack section",
        Severity.NOTE if by_default else None,
        group="toolchain default" if by_default else None,
    )


RULE = RuleSpec(
    "EK501",
    "exec-stack",
    Severity.WARNING,
    Scope.FILE,
    "a stack overflow then runs the attacker's bytes; one such library makes its whole process's stack executable",
    exec_stack,
    yields_bytes_to=frozenset({"EK511"}),
)
