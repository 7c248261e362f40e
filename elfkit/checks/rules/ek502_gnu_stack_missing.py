"""EK502 gnu-stack-missing."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import GLIBC
from elfkit.abi.machines import machine
from elfkit.checks.damage import has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Damage
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS, Kind
from elfkit.firmware.fit import is_blob
from elfkit.firmware.roles import is_loader
from elfkit.firmware.tree import Member


def gnu_stack_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file does not say what stack it wants (no PT_GNU_STACK), which here means an executable one.

    Who decides: glibc's loader for every program and library, on Alpha, ARM, HPPA, m68k, MicroBlaze, MIPS, OpenRISC,
    PowerPC 32-bit, s390, SH, SPARC and x86; for the programs of other C libraries the kernel, which gives such a
    program on x86-64 and s390 a stack that is not executable. Typical causes: a linker older than the marking, an
    own linker script, a tool that removed the header.

    Where most files of the platform do state their stack, the one that does not is an odd one out: a warning. Kernel
    modules, firmware for other processors, the loader itself and files with damaged program headers are passed over,
    as are machines where unmarked means not executable (AArch64, RISC-V, LoongArch, PowerPC 64-bit).
    """
    facts, row = member.facts, machine(member.facts.e_machine)
    platform = tree.resolution.platform(member)
    if facts.stack.value != "unstated" or platform is None or row is None or not row.unmarked_stack_executable:
        return
    if has_damage(facts, Damage.PROGRAM_HEADERS):
        return
    by_loader = platform.libc == GLIBC and facts.kind.value in (*DYNAMIC_PROGRAMS, Kind.SHARED)
    by_kernel = facts.kind.value in PROGRAMS and not row.kernel_keeps_unmarked_stack
    if not (by_loader or by_kernel) or is_blob(member) or is_loader(member, tree.platforms):
        return
    custom = tree.customs.of.get(platform)
    odd = custom is not None and custom.state_a_stack * 2 > custom.files
    decides = "glibc's loader" if by_loader else "the kernel"
    yield Problem(
        "PT_GNU_STACK",
        f"has no PT_GNU_STACK, and {decides} takes that for an executable stack on {row.title}"
        + ("; most files of this tree do state theirs" if odd else ""),
        (*facts.machine.evidence, *facts.kind.evidence),
        "link it with -z noexecstack",
        Severity.WARNING if odd else None,
        group=f"unstated {decides}",
    )


RULE = RuleSpec(
    "EK502",
    "gnu-stack-missing",
    Severity.NOTE,
    Scope.LINK,
    "a stack overflow then runs the attacker's bytes; one unmarked file decides for its whole process",
    gnu_stack_missing,
    severities=(
        (Severity.WARNING, "most files of the platform state their stack, this one does not"),
        (Severity.NOTE, "few of them do"),
    ),
)
