"""EK206 libc-family."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import BIONIC, GLIBC, MUSL
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.libc_names import StrangeLibc, strange_libcs, strange_versions
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Fact
from elfkit.facts.facts import LIBC_VERSIONS
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member


def libc_family(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program or library was linked with the C library of another family than the one its platform has.

    Names tell the families apart: libc.so.6 is glibc's, libc.musl-* and libc.so musl's, libc.so.0 and libc.so.1
    uClibc's, before and after uClibc-ng 1.0.18 (DT_NEEDED). So do symbol versions (DT_VERNEED), which stay where a
    tool changed the names or the interpreter: GLIBC_2.17 is glibc's, LIBC_N bionic's, musl and uClibc have none.
    Typical causes: a binary taken from a desktop distribution, a package feed for another libc, an uClibc update
    without the old name's link.

    musl's loader answers every such name itself: there it is a warning, and the symbols decide. Passed over are
    files that a platform of their own can run (a second libc in /opt, gcompat), names for which the loader finds a
    file, and programs whose interpreter is missing (EK201). EK301 says nothing of a name that is told here.
    """
    platform = tree.resolution.platform(member)
    if platform is None:
        return
    versions = strange_versions(member, tree)
    strangers = tuple(strange_libcs(member, tree))
    if versions is not None and not strangers:
        yield _by_versions(member, tree, versions, platform)
    for named in strangers:
        # bionic's is called libc.so too, and musl has no versions
        strange = named._replace(libc=versions.value) if versions and named.libc == MUSL else named
        proof = tuple([item for item in member.facts.needed.evidence if item.value == strange.name])
        shown = versions.evidence if versions is not None and versions.value == strange.libc else ()
        linked = "".join([f", by whose version {item.value} it was linked" for item in shown])
        yield Problem(
            strange.name,
            f"needs {strange.name}, {_words(strange, platform.libc, linked)}",
            (*proof, *shown),
            f"build it for {platform.describe()}",
            Severity.WARNING if strange.answered else None,
            group=f"{strange.name} {platform.loader}",
            needed_by=tree.resolution.needed_by(member.path),
        )


def _by_versions(member: Member, tree: TreeFacts, versions: Fact[str], platform: Platform) -> Problem:
    (proof,) = versions.evidence
    checked = platform.libc in CHECK_VERSIONS
    ends = "whose loader refuses it" if checked else "and it runs only if that has every symbol it uses"
    return Problem(
        versions.value,
        f"needs {proof.value} of {versions.detail}, a version of {versions.value}; "
        f"the platform's C library is {platform.libc}, {ends}",
        versions.evidence,
        f"build it for {platform.describe()}",
        None if checked else Severity.WARNING,
        group=f"versions of {versions.value} {platform.loader}",
        needed_by=tree.resolution.needed_by(member.path),
    )


def _words(strange: StrangeLibc, own: str, linked: str) -> str:
    if strange.libc == own:
        return f"and the tree's {own} calls itself {strange.instead}"
    if strange.answered:
        return (
            f"{strange.libc}'s C library{linked}; {own} stands in for it, "
            f"and it runs only if {own} has every symbol it uses"
        )
    return f"{strange.libc}'s C library{linked}; the platform's is {own}"


CHECK_VERSIONS = frozenset({GLIBC, BIONIC})  # "version `...' not found" stops the start

RULE = RuleSpec(
    "EK206",
    "libc-family",
    Severity.ERROR,
    Scope.LINK,
    "C libraries share names of functions, not their data: the loader stops, or the program misreads what it is given",
    libc_family,
    needs=frozenset({LIBC_VERSIONS}),
    severities=(
        (Severity.ERROR, "the loader finds no file of that name, or refuses its versions"),
        (Severity.WARNING, "musl's loader stands in for the name: whether the program runs, its symbols decide"),
    ),
    given=frozenset({"needed"}),
    by_platform=True,
)
