"""EK511 setuid-weak."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.secure_paths import Weakness, weak_paths
from elfkit.evidence import Evidence
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS, Kind
from elfkit.firmware.rights import CAPABILITIES, file_capabilities, set_id
from elfkit.firmware.tree import Member


def setuid_weak(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program that runs with more rights than its user's (S_ISUID, S_ISGID, capabilities) lacks a protection.

    Named are: an executable stack; fixed addresses (ET_EXEC); no PT_GNU_RELRO in a dynamic program; a search path
    (DT_RPATH, DT_RUNPATH) with an element that is relative, begins with a token such as $ORIGIN, or is not in the
    tree; such an element, relative or with a token, of a library that it loads; and a directory of these paths, or
    one above it, that everybody may write to. All programs with the same weaknesses are one finding, and other rules
    do not tell of the same bytes again.

    It is an error where the program's own search path has an element that is empty, relative or a build machine's,
    begins with a token such as $ORIGIN, or lies where everybody may write.

    Fixed addresses are not held against machines where they are policy (MIPS, 32-bit PowerPC), nor missing RELRO
    against a tree whose C library has none. S_ISGID without the group's x bit is a lock and gives no rights. Trees
    unpacked without modes and extended attributes show nothing.
    """
    if member.facts.kind.value not in PROGRAMS or tree.misfit(member):
        return
    bits = set_id(member.mode)
    capabilities = 0 if bits else file_capabilities(tree.tree, member)
    weaknesses = list(_weaknesses(member, tree)) if bits or capabilities else []
    if not weaknesses:
        return
    weak = {weakness.words: weakness.proofs for weakness in weaknesses}
    *others, last = weak
    words = f"{', '.join(others)} and {last}" if others else last
    proof = Evidence("st_mode", None, b"", f"{member.mode & 0o7777:04o}")
    raised, rights = "the bit", f"its owner's or group's rights ({bits})"
    if capabilities:
        proof = Evidence(CAPABILITIES, None, b"", f"{capabilities:#x}")
        raised, rights = "them", f"capabilities of its file (mask {capabilities:#x})"
    yield Problem(
        ", ".join(weak),
        f"runs with {rights} and has {words}",
        (proof, *[proof for proofs in weak.values() for proof in proofs]),
        f"build it with -fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack and no RPATH, or take {raised} away",
        max(weakness.severity for weakness in weaknesses),
        group=", ".join(weak),
    )


def _weaknesses(member: Member, tree: TreeFacts) -> Iterator[Weakness]:
    facts, row = member.facts, machine(member.facts.e_machine)
    if facts.stack.value == "executable":
        yield Weakness("an executable stack", facts.stack.evidence)
    fixed = facts.kind.value in (Kind.EXECUTABLE, Kind.STATIC)
    if fixed and row is not None and not row.fixed_programs_by_policy:
        yield Weakness("fixed addresses", facts.kind.evidence)
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform else None
    usual = custom is not None and custom.without_relro
    bare = facts.relro.value == "none" and facts.writable_dynamic.value
    if facts.kind.value in DYNAMIC_PROGRAMS and bare and not usual:
        yield Weakness("no RELRO", facts.writable_dynamic.evidence)
    yield from weak_paths(member, tree)


RULE = RuleSpec(
    "EK511",
    "setuid-weak",
    Severity.WARNING,
    Scope.LINK,
    "any user of the device may start it and choose its input: a mistake in it becomes root's",
    setuid_weak,
    severities=(
        (Severity.WARNING, "a protection is missing, or its search path names a directory that is not in the tree"),
        (Severity.ERROR, "others than root decide what is on its search path ($ORIGIN, relative, writable to all)"),
    ),
    kinds=PROGRAMS,
)
