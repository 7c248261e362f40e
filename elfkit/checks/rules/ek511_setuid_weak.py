"""EK511 setuid-weak."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS, Kind
from elfkit.firmware.customs import EXECUTABLE_MODE
from elfkit.firmware.tree import Member


def setuid_weak(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program that runs with its owner's or group's rights (S_ISUID, S_ISGID) lacks a protection.

    Named are: an executable stack; fixed addresses (ET_EXEC); no PT_GNU_RELRO in a dynamic program; and a
    search path (DT_RPATH, DT_RUNPATH) with an element that is relative, begins with a token such as $ORIGIN, or is
    not in the tree. All programs with the same weaknesses are one finding.

    Fixed addresses are not held against machines where they are policy (MIPS, 32-bit PowerPC), nor missing RELRO
    against a tree whose C library has none. S_ISGID without the group's x bit is a lock and gives no rights. Trees
    unpacked without modes show nothing.
    """
    bits = _elevates(member.mode)
    if not bits or member.facts.kind.value not in PROGRAMS or tree.misfit(member):
        return
    weak = dict(_weaknesses(member, tree))
    if not weak:
        return
    *others, last = weak
    words = f"{', '.join(others)} and {last}" if others else last
    mode = Evidence("st_mode", None, b"", f"{member.mode & 0o7777:04o}")
    yield Problem(
        ", ".join(weak),
        f"runs with its owner's or group's rights ({bits}) and has {words}",
        (mode, *[proof for proofs in weak.values() for proof in proofs]),
        "build it with -fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack and no RPATH, or take the bit away",
        group=", ".join(weak),
    )


def _elevates(mode: int) -> str:
    if mode & stat.S_ISUID and mode & EXECUTABLE_MODE:
        return "set-uid"
    return "set-gid" if mode & stat.S_ISGID and mode & stat.S_IXGRP else ""


def _weaknesses(member: Member, tree: TreeFacts) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    facts, row = member.facts, machine(member.facts.e_machine)
    if facts.stack.value == "executable":
        yield "an executable stack", facts.stack.evidence
    fixed = facts.kind.value in (Kind.EXECUTABLE, Kind.STATIC)
    if fixed and row is not None and not row.fixed_programs_by_policy:
        yield "fixed addresses", facts.kind.evidence
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform else None
    usual = custom is not None and custom.without_relro
    bare = facts.relro.value == "none" and facts.writable_dynamic.value
    if facts.kind.value in DYNAMIC_PROGRAMS and bare and not usual:
        yield "no RELRO", facts.writable_dynamic.evidence
    for name, fact in (("RPATH", facts.rpath), ("RUNPATH", facts.runpath)):
        elements = [element for element in (fact.value or "").split(":") if element]
        if not all(_is_safe(element, tree) for element in elements):
            yield f"the {name} {fact.value}", fact.evidence


def _is_safe(element: str, tree: TreeFacts) -> bool:
    return element.startswith("/") and "$" not in element and tree.tree.paths.follow(element).path is not None


RULE = RuleSpec(
    "EK511",
    "setuid-weak",
    Severity.WARNING,
    Scope.LINK,
    "any user of the device may start it and choose its input: a mistake in it becomes root's",
    setuid_weak,
)
