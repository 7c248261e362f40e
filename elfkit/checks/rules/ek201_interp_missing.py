"""EK201 interp-missing."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.compatibility import floats_meet
from elfkit.abi.interpreters import interpreter_rows
from elfkit.checks.asked_interpreter import Cause, Lost, lost_interpreter, other_family, tree_loader
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.loaders_there import link_command, loader_elsewhere, proofs_of
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty
from elfkit.facts.facts import Facts
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.paths import Ending
from elfkit.firmware.platforms import Platform
from elfkit.firmware.search import Tried
from elfkit.firmware.tree import Member


def interp_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The program interpreter that the file asks for (PT_INTERP) is not in the tree, or is no regular file there.

    The path is followed as on the device: absolute links begin at the root again, none leads out of it. The
    message says which loader the tree has, and where a loader of that name and ABI lies elsewhere in it (a lost
    /lib64, a root without the link lib -> usr/lib); where the file's own float ABI is the tree's, only the name is
    wrong (clang writes the hard-float name for soft-float MIPS too).

    A link on the way that leads nowhere is EK203's, a path of a build machine EK204's, a relative one EK205's. Of the
    same program EK106 is silent, and where the interpreter is another C library's than the tree's, EK301 to EK303 are.

    Programs of one float ABI that ask for the same interpreter are one finding. Files that belong to no platform
    (EK101, EK102, EK103) are not told of again. Loaders that are mounted at run time look missing too.
    """
    lost = lost_interpreter(member, tree)
    if lost is None or lost.cause not in (Cause.MISSING, Cause.NO_FILE):
        return
    facts, path, followed = member.facts, lost.path, lost.followed
    platform = tree.platforms.of(facts)
    there = loader_elsewhere(facts, path, tree)
    ends = f"is {_instead(followed.path, tree) or ENDINGS[followed.ending]}"
    found = f"; the tree has it at {there.path}" if there else tree_loader(platform)
    strange = other_family(member, tree)
    family = f": that is {strange}'s, and this tree's C library is {platform.libc}" if strange and platform else ""
    floats = platform.float_evidence if platform and platform.loader and not there else ()
    yield Problem(
        path,
        f"asks for the interpreter {path}, which {ends}{family}{found}{_other_float(facts, platform)}",
        (*facts.interpreter.evidence, *facts.float_abi.evidence, *(proofs_of(there, path) if there else floats)),
        _mended(path, there, tree) if there else _fix(facts, lost, platform),
        group=f"{path} {facts.float_abi.value}",
        trace=tuple([Tried(place, f"links to {target}") for place, target in dict.fromkeys(followed.hops)]),
    )


def _other_float(facts: Facts, platform: Platform | None) -> str:
    mine = facts.float_abi
    if platform is None or not platform.loader or mine.certainty is Certainty.GUESSED:
        return ""
    other = not floats_meet(mine.value, platform.float_abi)
    return f"; its own code is {mine.value}-float" if other else ""


def _mended(path: str, there: Member, tree: TreeFacts) -> str:
    return link_command(path.lstrip("/"), there.path, tree.tree.paths) + ", in the root of the tree"


ENDINGS = {
    Ending.MISSING: "not in this tree",
    Ending.LOOP: "a loop of links",
    Ending.NOT_A_DIRECTORY: "not in this tree (a file stands where a directory should)",
    Ending.FOUND: "there",
}


def _instead(path: str | None, tree: TreeFacts) -> str:
    """Return what the kernel meets where no regular file is; "" where nothing is."""
    if path in tree.tree.paths.directories:
        return "a directory, refused with EACCES"
    kinds = [skipped.reason for skipped in tree.tree.special if skipped.path == path]
    return f"no regular file ({kinds[0]}), refused with EACCES" if kinds else ""


def _fix(facts: Facts, lost: Lost, platform: Platform | None) -> str:
    path = lost.path
    if lost.cause is Cause.NO_FILE:
        return f"install the loader as {path}"
    if platform is None or not platform.loader:
        return f"add the C library that brings {path}, or build the program for the tree's own"
    named = {row.float_abi for row in interpreter_rows(path)}
    mine = facts.float_abi.value
    if mine == platform.float_abi and mine not in named | {"none", "unknown"}:
        return (
            f"only the name is wrong, the code is {mine}-float as the tree is: "
            f"link with -Wl,--dynamic-linker={platform.interpreter}"
        )
    return f"build it with the toolchain of this tree ({platform.describe()})"


RULE = RuleSpec(
    "EK201",
    "interp-missing",
    Severity.ERROR,
    Scope.LINK,
    'the kernel opens just this path: execve fails with ENOENT, and the shell says "not found" of a file that is there',
    interp_missing,
    yields_to=frozenset({"EK205"}),
    kinds=DYNAMIC_PROGRAMS,
)
