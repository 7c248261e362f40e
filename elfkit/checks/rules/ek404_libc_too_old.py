"""EK404 libc-too-old."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.musl_releases import release_number
from elfkit.abi.runtime_libraries import ABI_GATE, GLIBC_RUNTIME
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import (
    checks_versions,
    lacking_versions,
    listed,
    musl_release,
    newer_than_musl,
    proofs,
    spelled,
)
from elfkit.checks.version_words import version_problem
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def libc_too_old(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program or library needs a newer C library than the tree has.

    glibc says so by versions: GLIBC_2.34 is needed (DT_VERNEED), and the tree's libc.so.6 ends with GLIBC_2.31
    (DT_VERDEF). The message names the newest version needed, the newest there is, and the symbols that ask for it.

    musl has no versions: there the symbols tell that its libc.so lacks, and the release that brought each of them. On
    machines whose time_t had 32 bits, 1.2.0 brought a second set of functions (__clock_gettime64): whatever was built
    with it does not start on 1.1.24.

    All files that need one version are one finding. GLIBC_ABI_DT_RELR and its like are no versions of symbols.
    """
    gaps = [gap for gap in lacking_versions(member, tree, GLIBC_RUNTIME) if not gap.version.startswith(ABI_GATE)]
    if gaps and checks_versions(member, tree):
        yield version_problem(member, tree, gaps, "build it against the tree's glibc, or install a newer one")
    newer = list(newer_than_musl(member, tree))
    release = musl_release(member, tree) if newer else None
    if release is None:
        return
    wanted = max([brought for brought, _ in newer], key=release_number)
    lacks = [lack for _, lack in newer]
    here = f"older than {release.before}" if release.before else f"{release.first} by its symbols"
    yield Problem(
        f"musl {wanted}",
        f"needs musl {wanted} or newer, the tree's is {here}: {listed(spelled(lacks))}",
        proofs(lacks),
        "build it against the tree's musl, or install a newer one",
        group=f"musl {wanted}",
        needed_by=tuple(sorted({start for lack in lacks for start in lack.starts if start != member.path})),
    )


RULE = RuleSpec(
    "EK404",
    "libc-too-old",
    Severity.ERROR,
    Scope.LINK,
    "a program linked with a newer C library does not start: no loader goes on without the symbols it lacks",
    libc_too_old,
    needs=frozenset({LINKAGE}),
)
