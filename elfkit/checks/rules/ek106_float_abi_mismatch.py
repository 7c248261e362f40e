"""EK106 float-abi-mismatch."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.compatibility import floats_meet
from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty
from elfkit.facts.kind import DYNAMIC_PROGRAMS, Kind
from elfkit.firmware.fit import KERNEL_SIDE, NO_PROGRAM, is_blob
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member


def float_abi_mismatch(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file passes floating point in another way than the libraries of its platform.

    The file's float ABI comes from PT_MIPS_ABIFLAGS, from e_flags (ARM, RISC-V, LoongArch, SH), where these say nothing
    from its build attributes (old ARM files, PowerPC, C-SKY), or as a guess from the interpreter's name; the platform's
    from the loader that is in the tree. On MIPS e_flags say nothing of it. Where nothing tells the platform's, the
    images that a program's start maps are compared with each other.

    An unmarked file, MIPS "any", and softfp on ARM (soft in its calls) raise nothing, nor does a static Go program. Any
    other static program meets no library either, but may need an FPU: there it is a warning, as is a float ABI that
    only the interpreter's name suggests. Kernel modules and object files are passed over. Of a program whose
    interpreter is missing EK201 tells, with both float ABIs.
    """
    platform = tree.resolution.platform(member)
    mine = member.facts.float_abi
    if platform is None or (platform.float_abi != "unknown" and floats_meet(mine.value, platform.float_abi)):
        return
    if member.facts.kind.value in KERNEL_SIDE | NO_PROGRAM or is_blob(member):
        return  # the kernel has a float ABI of its own: on RISC-V and LoongArch its modules are always soft-float
    if platform.float_abi == "unknown":
        yield from _mixed(member, tree)
    if floats_meet(mine.value, platform.float_abi):
        return
    linked = member.facts.kind.value in (*DYNAMIC_PROGRAMS, Kind.SHARED)
    guessed = mine.certainty is Certainty.GUESSED
    detail = f": {mine.detail}" if mine.detail else ""
    yield Problem(
        mine.value,
        f"{mine.value}-float{detail}; {_told(platform)}",
        (*mine.evidence, *platform.float_evidence),
        f"build it for {platform.describe()}; a package for this very device has the right one",
        Severity.ERROR if linked and not guessed else Severity.WARNING,
        Confidence.LOW if guessed else Confidence.HIGH,
        group=f"{mine.value} in {platform.float_abi}",
        unless=(("EK201", member.facts.interpreter.value or ""),),
    )


def _told(platform: Platform) -> str:
    return f"{platform.whose} is {platform.float_abi}-float ({platform.loader or platform.why})"


def _mixed(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """Yield a problem if the start of a program maps images of several float ABIs."""
    if member.facts.kind.value not in DYNAMIC_PROGRAMS:
        return
    from elfkit.firmware.float_abi import float_abis_loaded, named_float_evidence  # here: nearly every loader tells

    told = float_abis_loaded(tree.tree, tree.resolution, member)
    if len(told) < 2:
        return
    said = " and ".join([f"{image.path} ({value}-float)" for value, image in told.items()])
    yield Problem(
        " ".join(sorted(told)),
        f"its start maps {said}; nothing tells which of them the platform is",
        named_float_evidence(*told.values()),
        "build all of them with the same float ABI",
        group=said,
    )


RULE = RuleSpec(
    "EK106",
    "float-abi-mismatch",
    Severity.ERROR,
    Scope.LINK,
    "numbers go through registers the other side does not read: glibc refuses the mix, musl runs it with wrong values",
    float_abi_mismatch,
    severities=(
        (Severity.ERROR, "a library, or a program that needs libraries"),
        (Severity.WARNING, "a static program, or only the interpreter's name tells"),
    ),
    by_platform=True,
)
