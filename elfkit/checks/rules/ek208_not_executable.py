"""EK208 not-executable."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.customs import EXECUTABLE_MODE
from elfkit.firmware.tree import Member

PROGRAM_DIRECTORIES = frozenset({"bin", "sbin"})


def not_executable(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program that asks for an interpreter lies in a bin or sbin directory and nobody may execute it.

    Looked at is st_mode: none of its three x bits is set. Typical causes: a file written by an editor or a build
    step instead of install(1), an overlay copied from a file system without modes. Files of one mode are one finding.

    Where no ELF file of the tree has an x bit, the extraction lost the modes (cpio as a user, FAT, some archives):
    that is one note, and it says that nothing can be told of modes here.
    """
    directory = member.path.rpartition("/")[0].rpartition("/")[2]
    if member.facts.kind.value not in DYNAMIC_PROGRAMS or directory not in PROGRAM_DIRECTORIES:
        return
    if member.mode & EXECUTABLE_MODE or tree.misfit(member):
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


RULE = RuleSpec(
    "EK208",
    "not-executable",
    Severity.WARNING,
    Scope.LINK,
    'a shell answers "Permission denied", a service manager fails to start it',
    not_executable,
    severities=(
        (Severity.WARNING, "a program in bin or sbin without any x bit"),
        (Severity.NOTE, "no ELF file of the tree has one: the extraction lost the modes"),
    ),
)
