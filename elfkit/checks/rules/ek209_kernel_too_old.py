"""EK209 kernel-too-old."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import GLIBC
from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.facts import KERNEL, LIBC_RELEASE
from elfkit.facts.kind import LOADED
from elfkit.firmware.abilities import numbers, older
from elfkit.firmware.fit import STATIC
from elfkit.firmware.tree import Member

MODULE_DIRECTORIES = ("lib/modules/", "usr/lib/modules/")
NO_CHECK_SINCE = "2.36"  # glibc NEWS 2.36: the kernel version check has been removed


def kernel_too_old(tree: TreeFacts) -> Iterator[Problem]:
    """A program or library says that it needs a newer Linux kernel than the tree has modules for.

    The note NT_GNU_ABI_TAG holds the oldest kernel that glibc was configured for; lib/modules/<release> tells which
    kernels the tree is made for, and the newest of them counts. Files without the note, and trees without modules,
    are passed over. Some distributions raise the number without need.

    Only glibc looks at the note: its loader until 2.35, and the start code of static programs linked with that. Where
    the tree's glibc is newer it is a note.
    """
    kernel, directory = max(
        ((release, directory) for release, directory in _kernels(tree)),
        key=lambda row: numbers(row[0]),
        default=("", ""),
    )
    if not kernel:
        return
    for member in tree.tree.members:
        fact = member.facts.kernel
        if fact is None or fact.value is None or not older(kernel, fact.value):
            continue
        severity = _severity(member, tree)
        if severity is None:
            continue
        yield Problem(
            f"Linux {fact.value}",
            f"needs Linux {fact.value} or newer; this tree is made for {kernel}",
            (*fact.evidence, Evidence("directory", None, b"", directory)),
            f"build it with a C library configured for that kernel (--enable-kernel={kernel.partition('-')[0]})",
            severity,
            Confidence.MEDIUM,
            group=f"{fact.value} {severity.word}",
            path=member.path,
            size=member.facts.sizes.value.file,
        )


def _kernels(tree: TreeFacts) -> Iterator[tuple[str, str]]:
    """Yield the releases that the tree has modules for, with their directories."""
    for directory in tree.tree.paths.directories:
        if directory.startswith(MODULE_DIRECTORIES):
            above, _, release = directory.rpartition("/")
            if f"{above}/" in MODULE_DIRECTORIES and len(numbers(release)) > 1:
                yield release, directory


def _severity(member: Member, tree: TreeFacts) -> Severity | None:
    """Return how bad a kernel that is too old is for an image; None where nobody looks at its note."""
    if member.facts.kind.value not in LOADED or not tree.runs(member):
        return None
    if member.facts.kind.value in STATIC:
        return Severity.WARNING
    platform, abilities = tree.resolution.platform(member), tree.abilities_of(member)
    if platform is None or platform.libc != GLIBC:
        return None
    release = abilities.release if abilities else ""
    return Severity.NOTE if release and not older(release, NO_CHECK_SINCE) else Severity.WARNING


RULE = RuleSpec(
    "EK209",
    "kernel-too-old",
    Severity.WARNING,
    Scope.TREE,
    "glibc refuses to start or load what asks for a newer kernel, and system calls may be missing",
    kernel_too_old,
    needs=frozenset({KERNEL, LIBC_RELEASE}),
    severities=(
        (Severity.WARNING, "glibc up to 2.35, or one that does not say its release; static programs"),
        (Severity.NOTE, "glibc since 2.36, whose loader does not look at the note"),
    ),
)
