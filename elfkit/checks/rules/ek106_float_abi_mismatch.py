"""EK106 float-abi-mismatch."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty
from elfkit.facts.kind import DYNAMIC_PROGRAMS, Kind
from elfkit.firmware.fit import KERNEL_SIDE, NO_PROGRAM, is_blob
from elfkit.firmware.tree import Member

STATED_ABIS = frozenset({"soft", "hard", "single", "quad"})


def float_abi_mismatch(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file passes floating point in another way than the libraries of its platform.

    The file's float ABI comes from PT_MIPS_ABIFLAGS, e_flags (ARM, RISC-V, LoongArch, SH) or, as a guess, the
    interpreter's name; the platform's from the loader that is in the tree. On MIPS e_flags say nothing of it.

    An unmarked file, MIPS "any", and softfp on ARM (soft in its calls) raise nothing. A static program meets no
    library: there it is a warning, as is a float ABI that only the interpreter's name suggests. Kernel modules and
    object files are passed over. Of a program whose interpreter is missing EK201 tells, with both float ABIs.
    """
    if member.facts.kind.value in KERNEL_SIDE | NO_PROGRAM or is_blob(member):
        return  # the kernel has a float ABI of its own: on RISC-V and LoongArch its modules are always soft-float
    platform = tree.resolution.platform(member)
    mine = member.facts.float_abi
    if platform is None or mine.value == platform.float_abi or not {mine.value, platform.float_abi} <= STATED_ABIS:
        return
    linked = member.facts.kind.value in (*DYNAMIC_PROGRAMS, Kind.SHARED)
    guessed = mine.certainty is Certainty.GUESSED
    detail = f": {mine.detail}" if mine.detail else ""
    yield Problem(
        mine.value,
        f"{mine.value}-float{detail}; this tree is {platform.float_abi}-float ({platform.loader or platform.why})",
        (*mine.evidence, *platform.float_evidence),
        f"build it for {platform.describe()}; a package for this very device has the right one",
        Severity.ERROR if linked and not guessed else Severity.WARNING,
        Confidence.LOW if guessed else Confidence.HIGH,
        group=f"{mine.value} in {platform.float_abi}",
        unless=(("EK201", member.facts.interpreter.value or ""),),
    )


RULE = RuleSpec(
    "EK106",
    "float-abi-mismatch",
    Severity.ERROR,
    Scope.LINK,
    "numbers go through registers the other side does not read: glibc refuses the mix, musl runs it with wrong values",
    float_abi_mismatch,
)
