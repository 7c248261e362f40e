"""EK107 nan2008-mismatch."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.libc import GLIBC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import DYNAMIC_PROGRAMS, LOADED, Kind
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

NAMES = {True: "that of IEEE 754-2008", False: "the legacy one of MIPS"}


def nan2008_mismatch(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file encodes NaNs in another way than the loader of its platform (EF_MIPS_NAN2008 in e_flags).

    MIPS has two encodings: the legacy one, and that of IEEE 754-2008, which release 6 always has and others have with
    -mnan=2008. The kernel refuses a program whose interpreter has the other one, glibc's loader a library; musl and
    uClibc load it, and what one side takes for a quiet NaN traps on the other.

    Kernel modules and object files are passed over. A static program meets no library, only a kernel that may know
    both: a warning. A kernel started with ieee754=relaxed takes everything.
    """
    mine = member.facts.nan2008
    if mine.value is None:
        return ()
    platform = tree.resolution.platform(member)
    if platform is None or not platform.loader or member.facts.kind.value not in LOADED:
        return ()
    loader = tree.tree.by_path.get(platform.loader)
    if loader is None or loader.facts.nan2008.value is None or loader.facts.nan2008.value == mine.value:
        return ()
    ours, theirs = NAMES[mine.value], NAMES[loader.facts.nan2008.value]
    problem = Problem(
        "nan2008" if mine.value else "legacy",
        f"its encoding of NaNs is {ours}; that of the platform's loader, {platform.loader}, is {theirs}",
        (*mine.evidence, *[proof.of(loader.path) for proof in loader.facts.nan2008.evidence]),
        f"build it with {'-mnan=legacy' if mine.value else '-mnan=2008'}, as the C library is",
        _severity(member, platform),
        group=f"{mine.value} in {platform.loader} {_severity(member, platform).word}",
    )
    return (problem,)


def _severity(member: Member, platform: Platform) -> Severity:
    kind = member.facts.kind.value
    refused = kind in DYNAMIC_PROGRAMS or (kind is Kind.SHARED and platform.libc == GLIBC)
    return Severity.ERROR if refused else Severity.WARNING


RULE = RuleSpec(
    "EK107",
    "nan2008-mismatch",
    Severity.ERROR,
    Scope.LINK,
    "the kernel refuses such a program (ELIBBAD), and glibc says that a library which is there cannot be opened",
    nan2008_mismatch,
    severities=(
        (Severity.ERROR, "a program with an interpreter, or a library under glibc"),
        (Severity.WARNING, "a library under another C library, or a static program"),
    ),
    by_platform=True,
)
