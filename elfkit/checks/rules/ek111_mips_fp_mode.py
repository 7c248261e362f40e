"""EK111 mips-fp-mode."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.compatibility import EVERY_MODE, FPU_MODES, common_modes
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

HARD = frozenset({"double", "old-64", "xx", "64", "64a"})  # soft and single float are another rule's: EK106


def mips_fp_mode(tree: TreeFacts) -> Iterator[Problem]:
    """Files of one process need the FPU in modes that exclude each other (fp_abi in PT_MIPS_ABIFLAGS).

    A MIPS FPU has registers of 32 or of 64 bits, and a process runs in one of the two modes. -mfp32 code ("double")
    needs the first, -mfp64 code the second, -mfpxx code runs in both, and -mfp64 -mno-odd-spreg ("64a") meets "double"
    in a third that kernels emulate. Each program is judged with all that its start maps, by the table that kernel and
    glibc share. A file without the record goes with all but "64".

    Told is the first file that leaves no mode, and with what. The mix of soft and hard float is EK106's.
    """
    told: set[str] = set()
    for program in _programs_at_risk(tree):
        common, seen = EVERY_MODE, [program]
        for path in _mapped(program, tree):
            member = tree.tree.by_path.get(path)
            if member is None or member.facts.fp_mode.value not in HARD:
                continue
            mode = member.facts.fp_mode.value
            clash = not common & FPU_MODES[mode]
            if clash and path not in told:
                told.add(path)
                yield _problem(member, program, seen)
            if not clash:
                common &= FPU_MODES[mode]
                seen.append(member)


def _mapped(program: Member, tree: TreeFacts) -> Iterator[str]:
    """Yield the loader, whose mode the kernel compares with the program's, and what it maps."""
    platform = tree.resolution.platform(program)
    if platform is not None and platform.loader and program.facts.kind.value in DYNAMIC_PROGRAMS:
        yield platform.loader
    yield from tree.resolution.closure(program.path)


def _programs_at_risk(tree: TreeFacts) -> list[Member]:
    """Return the programs of the platforms whose files, taken together, have no common mode: in most trees none."""
    if common_modes({member.facts.fp_mode.value for member in tree.tree.members} & HARD):
        return []
    modes: dict[Platform, set[str]] = {}
    for member in tree.tree.members:
        mode = member.facts.fp_mode.value
        if mode in HARD:
            platform = tree.resolution.platform(member)
            if platform is not None:
                modes.setdefault(platform, set()).add(mode)
    risky = [platform for platform, found in modes.items() if not common_modes(found)]
    return [
        member
        for member in (tree.tree.members if risky else ())
        if member.facts.kind.value in PROGRAMS and tree.resolution.platform(member) in risky
    ]


def _problem(member: Member, program: Member, seen: list[Member]) -> Problem:
    mode = member.facts.fp_mode.value
    others = [other for other in seen if not FPU_MODES[mode] & FPU_MODES.get(other.facts.fp_mode.value, EVERY_MODE)]
    named = [f"{other.path} (fp_abi {other.facts.fp_mode.value})" for other in others[:1]]
    proofs: list[Evidence] = [proof.of(other.path) for other in others[:1] for proof in other.facts.fp_mode.evidence]
    with_whom = f"with {named[0]}" if named else "with any other"
    return Problem(
        mode,
        f"needs an FPU mode (fp_abi {mode}) that it cannot share {with_whom}, when {program.path} starts",
        (*member.facts.fp_mode.evidence, *proofs),
        "build it with -mfpxx, which runs in both modes, or all of them with one of -mfp32 and -mfp64",
        path=member.path,
        size=member.facts.sizes.value.file,
        needed_by=() if member is program else (program.path,),
    )


RULE = RuleSpec(
    "EK111",
    "mips-fp-mode",
    Severity.ERROR,
    Scope.TREE,
    "glibc does not load it, kernels that know the modes refuse it (ELIBBAD), and elsewhere it computes wrong numbers",
    mips_fp_mode,
)
