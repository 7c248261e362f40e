"""EK403 version-missing."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import checks_versions, lacking_versions
from elfkit.checks.version_words import version_problem
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def version_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A file needs a version of a library (DT_VERNEED) that the one the loader finds does not define (DT_VERDEF).

    glibc and bionic refuse the start, whether a symbol of that version is used or not: "version `X' not found". musl
    and uClibc do not look at versions: there it is a note. Versions that the file marks as weak may be missing.
    Typical causes: the library is older than the one the file was linked with, or built without the option.

    One version of one library is one finding, with every file that needs it. Versions of glibc are EK404's, of
    libstdc++ and libgcc_s EK405's; a library without any versions is EK407's.
    """
    for gap in lacking_versions(member, tree):
        severity = None if checks_versions(member, tree) else Severity.NOTE
        yield version_problem(member, tree, [gap], "install the release of the library that defines it", severity)


RULE = RuleSpec(
    "EK403",
    "version-missing",
    Severity.ERROR,
    Scope.LINK,
    "the loader stops before the program's first instruction when a needed version is not defined",
    version_missing,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.ERROR, "the platform's loader checks versions (glibc, bionic)"),
        (Severity.NOTE, "it does not (musl, uClibc)"),
    ),
)
