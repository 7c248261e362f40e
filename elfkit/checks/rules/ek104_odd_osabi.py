"""EK104 odd-osabi."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.header import (
    ELFOSABI_ARM,
    ELFOSABI_ARM_AEABI,
    ELFOSABI_ARM_FDPIC,
    ELFOSABI_GNU,
    ELFOSABI_STANDALONE,
    ELFOSABI_SYSV,
    EM_ARM,
    EM_MIPS,
    EM_XTENSA,
)
from elfkit.abi.libc import GLIBC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import Facts
from elfkit.facts.kind import LOADED
from elfkit.firmware.tree import Member

EVERYWHERE = frozenset({ELFOSABI_SYSV, ELFOSABI_GNU, ELFOSABI_STANDALONE})
OF_MACHINE = {
    EM_ARM: frozenset({ELFOSABI_ARM, ELFOSABI_ARM_AEABI, ELFOSABI_ARM_FDPIC}),
    EM_XTENSA: frozenset({ELFOSABI_ARM_FDPIC}),
}
# The first EI_ABIVERSION that glibc refuses: LIBC_ABI_MAX of sysdeps/unix/sysv/linux (mips: ldsodefs.h takes it for
# ELFOSABI_SYSV too). It grows from release to release: the newest known stands for all.
LIBC_ABI_MAX = 6


def odd_osabi(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file is marked for an operating system or an ABI version that glibc's loader refuses.

    Taken are EI_OSABI 0 (System V), 3 (GNU, from indirect functions and unique symbols), on ARM 97, 64 and 65
    (FDPIC), on Xtensa 65; and EI_ABIVERSION 0, with GNU and on MIPS anything below 6.

    Only programs and libraries of glibc platforms are judged: musl, uClibc and bionic ignore both bytes. Files for
    no system at all (255, standalone) are passed over. Files of a BSD jail are true, and wanted.
    """
    facts = member.facts
    osabi = facts.osabi.evidence
    if not osabi or (osabi[0].value in (ELFOSABI_SYSV, ELFOSABI_GNU) and not facts.abi_version.value):
        return ()
    platform = tree.resolution.platform(member)
    if platform is None or platform.libc != GLIBC or facts.kind.value not in LOADED:
        return ()
    return _problems(facts, int(osabi[0].value or 0))


def _problems(facts: Facts, osabi: int) -> Iterable[Problem]:
    version = facts.abi_version.value
    fix = "take the build for Linux; a tool that marked a Linux file so can be told not to (elfedit --output-osabi)"
    if osabi not in EVERYWHERE | OF_MACHINE.get(facts.e_machine, frozenset()):
        message = f"EI_OSABI is {osabi} ({facts.osabi.value}): not for Linux"
        yield Problem("EI_OSABI", message, facts.osabi.evidence, fix)
    versioned = osabi == ELFOSABI_GNU or (osabi == ELFOSABI_SYSV and facts.e_machine == EM_MIPS)
    if osabi in (ELFOSABI_SYSV, ELFOSABI_GNU) and version and not (versioned and version < LIBC_ABI_MAX):
        message = f"EI_ABIVERSION is {version}, glibc knows {LIBC_ABI_MAX - 1 if versioned else 0} at most"
        yield Problem("EI_ABIVERSION", message, facts.abi_version.evidence, fix)


RULE = RuleSpec(
    "EK104",
    "odd-osabi",
    Severity.WARNING,
    Scope.LINK,
    'glibc refuses such a library with "ELF file OS ABI invalid" or "ELF file ABI version invalid"',
    odd_osabi,
    severities=((Severity.WARNING, "glibc: musl, uClibc and bionic look at neither byte, there it is not told"),),
)
