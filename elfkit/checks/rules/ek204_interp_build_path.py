"""EK204 interp-build-path."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.asked_interpreter import Cause, lost_interpreter, tree_loader
from elfkit.checks.build_places import is_build_place, is_store
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.tree import Member


def interp_build_path(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The path of the program interpreter (PT_INTERP) is one of the machine that built the program.

    Such are paths below /home, /root, /build and /tmp, in the store of Nix or Guix, and in the work directories of
    build systems (staging_dir, sysroot, x-tools...). Typical causes: a toolchain that was linked with its own
    prefix, a program taken out of a Nix build, -Wl,--dynamic-linker left in from a test run.

    Where the loader is not in the tree, EK201 then says nothing. A path into the store that is in the tree is meant
    to be there and passed over.
    """
    path = member.facts.interpreter.value
    if path is None or member.facts.kind.value not in DYNAMIC_PROGRAMS or not is_build_place(path):
        return
    lost = lost_interpreter(member, tree)
    missing = lost is not None and lost.cause is Cause.BUILD_PLACE
    if tree.misfit(member) or (not missing and is_store(path)):
        return
    platform = tree.platforms.of(member.facts)
    right = platform.interpreter if platform and platform.loader and not is_build_place(platform.interpreter) else ""
    there = "which is not in this tree" if missing else "which is in this tree by chance"
    yield Problem(
        path,
        f"asks for the interpreter {path}, a path of a build machine, {there}{tree_loader(platform) if right else ''}",
        member.facts.interpreter.evidence,
        f"link with -Wl,--dynamic-linker={right or 'and the path that the loader has on the device'}",
        None if missing else Severity.WARNING,
        group=path,
    )


RULE = RuleSpec(
    "EK204",
    "interp-build-path",
    Severity.ERROR,
    Scope.LINK,
    'the kernel opens just this path: on the device execve fails with ENOENT, and the shell says "not found"',
    interp_build_path,
    severities=(
        (Severity.ERROR, "nothing is there in the tree"),
        (Severity.WARNING, "the tree has a loader at that path"),
    ),
    kinds=DYNAMIC_PROGRAMS,
)
