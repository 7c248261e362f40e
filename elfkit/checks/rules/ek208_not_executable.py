"""EK208 not-executable."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS
from elfkit.firmware.customs import EXECUTABLE_MODE
from elfkit.firmware.tree import Member

PROGRAM_DIRECTORIES = frozenset({"bin", "sbin"})
HELPERS = "libexec"  # what programs start for themselves; packages have directories of their own in it


def not_executable(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """Nobody may execute a program that lies among programs, or the interpreter that a program asks for.

    Looked at is st_mode: none of its three x bits is set. Programs, static ones too, are among programs right in a
    bin, sbin or libexec directory; below libexec those are that ask for an interpreter. The kernel wants the
    interpreter (PT_INTERP) executable as well: without it no program that asks for it starts. Typical causes: a file
    written by an editor or a build step instead of install(1), a loader installed as libraries are (mode 0644), an
    overlay copied from a file system without modes. Files of one mode are one finding, and so are all programs that
    ask for one interpreter.

    Where no ELF file of the tree has an x bit, the extraction lost the modes (cpio as a user, FAT, some archives):
    that is one note, and it says that nothing can be told of modes here.
    """
    if member.facts.kind.value not in PROGRAMS or tree.misfit(member):
        return
    yield from _closed_interpreter(member, tree)
    if member.mode & EXECUTABLE_MODE or not _is_among_programs(member):
        return
    mode = f"{member.mode & 0o7777:04o}"
    evidence = (Evidence("st_mode", None, b"", mode), *member.facts.interpreter.evidence)
    if tree.customs.modes_kept:
        message, fix = f"its mode is {mode}: nobody may execute it", "chmod 755, or install -m 755"
        yield Problem("st_mode", message, evidence, fix, group=mode)
        return
    yield Problem(
        "st_mode",
        "no ELF file of this tree may be executed: its extraction lost the modes, and set-uid bits with them",
        evidence,
        "unpack the image as root, or with fakeroot",
        Severity.NOTE,
        group="modes lost",
    )


def _is_among_programs(member: Member) -> bool:
    folders = member.path.split("/")[:-1]
    if folders and folders[-1] in {*PROGRAM_DIRECTORIES, HELPERS}:
        return True
    return HELPERS in folders and member.facts.kind.value in DYNAMIC_PROGRAMS


def _closed_interpreter(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    path = member.facts.interpreter.value
    if path is None or not path.startswith("/") or member.facts.kind.value not in DYNAMIC_PROGRAMS:
        return
    loader = tree.tree.member(path)
    if loader is None or loader.mode & EXECUTABLE_MODE or not tree.customs.modes_kept:
        return
    mode = f"{loader.mode & 0o7777:04o}"
    there = path if loader.path == path.lstrip("/") else f"{path} ({loader.path})"
    yield Problem(
        path,
        f"asks for the interpreter {there}, whose mode is {mode}: nobody may execute it",
        (Evidence(f"{loader.path}: st_mode", None, b"", mode), *member.facts.interpreter.evidence),
        f"chmod 755 {loader.path}",
        Severity.ERROR,
        group=f"interpreter {loader.path}",
    )


RULE = RuleSpec(
    "EK208",
    "not-executable",
    Severity.WARNING,
    Scope.LINK,
    'a shell answers "Permission denied", a service manager fails to start it',
    not_executable,
    severities=(
        (Severity.ERROR, "the interpreter of programs has no x bit: none of them starts"),
        (Severity.WARNING, "a program in bin, sbin or libexec without any x bit"),
        (Severity.NOTE, "no ELF file of the tree has one: the extraction lost the modes"),
    ),
    kinds=PROGRAMS,
)
