"""EK206 libc-family."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.libc_names import StrangeLibc, strange_libcs
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.tree import Member


def libc_family(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program or library needs the C library of another family than the one its platform has (DT_NEEDED).

    Names tell the families apart: libc.so.6 is glibc's, libc.musl-* and libc.so musl's, libc.so.0 and libc.so.1
    uClibc's, before and after uClibc-ng 1.0.18. Typical causes: a binary taken from a desktop distribution, a package
    feed for another libc, an uClibc update without the old name's link.

    musl's loader answers every such name itself: there it is a warning, and the symbols decide. Passed over are
    files that a platform of their own can run (a second libc in /opt, gcompat), names for which the loader finds a
    file, and programs whose interpreter is missing (EK201). EK301 says nothing of a name that is told here.
    """
    platform = tree.resolution.platform(member)
    if platform is None:
        return
    for strange in strange_libcs(member, tree):
        proof = tuple([item for item in member.facts.needed.evidence if item.value == strange.name])
        yield Problem(
            strange.name,
            f"needs {strange.name}, {_words(strange, platform.libc)}",
            proof,
            f"build it for {platform.describe()}",
            Severity.WARNING if strange.answered else None,
            group=f"{strange.name} {platform.loader}",
            needed_by=tree.resolution.needed_by(member.path),
        )


def _words(strange: StrangeLibc, own: str) -> str:
    if strange.libc == own:
        return f"and the tree's {own} calls itself {strange.instead}"
    if strange.answered:
        return f"{strange.libc}'s C library; {own} stands in for it, and it runs only if {own} has every symbol it uses"
    return f"{strange.libc}'s C library; the platform's is {own}"


RULE = RuleSpec(
    "EK206",
    "libc-family",
    Severity.ERROR,
    Scope.LINK,
    "C libraries share names of functions, not their data: the loader stops, or the program misreads what it is given",
    libc_family,
    severities=(
        (Severity.ERROR, "the loader finds no file of that name"),
        (Severity.WARNING, "musl's loader stands in for the name: whether the program runs, its symbols decide"),
    ),
)
