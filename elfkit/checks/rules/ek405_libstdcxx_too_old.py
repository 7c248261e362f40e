"""EK405 libstdcxx-too-old."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.runtime_libraries import CXX_RUNTIME
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import checks_versions, lacking_versions
from elfkit.checks.version_words import version_problem
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def libstdcxx_too_old(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program or library needs a newer libstdc++ or libgcc_s than the tree has: GLIBCXX_, CXXABI_ or GCC_ versions.

    Typical cause: it was built with a newer GCC than the firmware. The message names the newest version needed, the
    newest there is, and the symbols that ask for it; all files that need one version are one finding. musl and uClibc
    do not look at versions: there it is a note, and EK401 tells of symbols that are missing.
    """
    gaps = lacking_versions(member, tree, CXX_RUNTIME)
    by_file = {gap.file: [other for other in gaps if other.file == gap.file] for gap in gaps}
    for own in by_file.values():
        severity = None if checks_versions(member, tree) else Severity.NOTE
        fix = "build it with the firmware's compiler, or install the newer library"
        yield version_problem(member, tree, own, fix, severity)


RULE = RuleSpec(
    "EK405",
    "libstdcxx-too-old",
    Severity.ERROR,
    Scope.LINK,
    "a program built with a newer GCC does not start on an older one's run-time libraries",
    libstdcxx_too_old,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.ERROR, "the platform's loader checks versions (glibc, bionic)"),
        (Severity.NOTE, "it does not (musl, uClibc)"),
    ),
)
