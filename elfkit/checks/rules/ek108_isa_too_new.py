"""EK108 isa-too-new."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from elfkit.abi.libc import GLIBC
from elfkit.abi.machines import machine
from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.cpu import ISA
from elfkit.facts.kind import LOADED, Kind
from elfkit.firmware.baseline import Baseline
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

# Directories whose files a loader takes only where the CPU has what they need (glibc's hwcaps, old and new).
CHOSEN = frozenset({"glibc-hwcaps", "tls", "neon", "vfp", "sse2", "i586", "i686", "haswell", "avx512_1", "power8"})
OF_FLOAT_ABI = frozenset({"f", "d", "q"})  # told by the rule about the float ABI


def isa_too_new(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file's code needs a later instruction set than the device's CPU is known to have.

    What a file demands stands in PT_MIPS_ABIFLAGS and e_flags (MIPS), .ARM.attributes, the arch string of RISC-V,
    GNU_PROPERTY_X86_ISA_1_NEEDED, e_flags of SuperH and others. What the CPU has is what the C library and the first
    program were built for, unless a target is given.

    Concluded from files, and of a target that a GNU triplet names, only levels count (mips32r2, armv7-a, x86-64-v3,
    the letters of rv64gc), and CPUs of one maker (Octeon): NEON, DSP and the like may be used after a look at the
    CPU. A file that states nothing raises nothing, nor does one in a directory that the loader chooses by the CPU
    (glibc-hwcaps, neon). On ARM one assembly source
    marks the whole file, and cryptographic libraries use theirs after a look at the CPU: there a library is a note.
    """
    isa = member.facts.isa
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform and isa else None
    baseline = custom.baseline if custom else None
    if isa is None or platform is None or baseline is None or isa.value == baseline.isa:
        return ()
    if member.facts.kind.value not in LOADED or not _comparable(member, baseline):
        return ()
    from elfkit.abi.isa_levels import lacking  # here: most files are built for what the C library is

    missing = [name for name in lacking(baseline.isa, isa.value, full=baseline.whole) if name not in OF_FLOAT_ABI]
    if not missing or not CHOSEN.isdisjoint(posixpath.dirname(member.path).split("/")):
        return ()
    severity, confidence = _weight(member, platform, baseline)
    problem = Problem(
        " ".join(missing),
        f"needs {', '.join(missing)}: its code is for {isa.value}; the device runs {baseline.isa} ({baseline.why})",
        (*isa.evidence, *baseline.evidence),
        f"build it for {baseline.isa.base or baseline.isa}, or name the target if its CPU has more",
        severity,
        confidence,
        group=f"{' '.join(missing)} on {baseline.isa}",
    )
    return (problem,)


def _weight(member: Member, platform: Platform, baseline: Baseline) -> tuple[Severity, Confidence]:
    row = machine(member.facts.e_machine)
    if row is not None and row.isa_marks_sources and member.facts.kind.value is Kind.SHARED:
        return Severity.NOTE, Confidence.LOW
    refused = row is not None and row.isa_properties and platform.libc == GLIBC
    return Severity.ERROR if refused else Severity.WARNING, Confidence.HIGH if baseline.given else Confidence.MEDIUM


def _comparable(member: Member, baseline: Baseline) -> bool:
    """Return whether files tell the CPU: not where each is marked with the least that its own instructions need."""
    row = machine(member.facts.e_machine)
    return baseline.given or (row is not None and not row.isa_marks_use)


RULE = RuleSpec(
    "EK108",
    "isa-too-new",
    Severity.WARNING,
    Scope.LINK,
    'hardly a loader looks at it: the program dies at the first instruction that the CPU lacks, "Illegal instruction"',
    isa_too_new,
    needs=frozenset({ISA}),
    severities=(
        (Severity.ERROR, 'x86 under glibc, which refuses it: "CPU ISA level is lower than required"'),
        (Severity.WARNING, "everywhere else"),
        (Severity.NOTE, "a library for ARM, where one assembly source marks the whole file"),
    ),
    by_platform=True,
)
