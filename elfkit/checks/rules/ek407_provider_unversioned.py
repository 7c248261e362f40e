"""EK407 provider-unversioned."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import checks_versions, listed
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def provider_unversioned(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A file needs versions of a library (DT_VERNEED), and the one the loader finds has none at all (no DT_VERDEF).

    glibc says "no version information available" on every start, and takes any definition of the right name. Typical
    cause: the library was built without its version script, or is another project's replacement. Nothing says then
    that its functions are those the file was built for.

    Where the library has no DT_VERSYM either (it needs no versions of others itself), glibc ends the program with a
    failed assertion as soon as it looks for a symbol of such a version: that is an error.

    musl and uClibc have no versions, and their loaders do not look at them: the rule says nothing there.
    """
    gaps = [gap for gap in tree.bindings.unversioned.get(member.path, ()) if not gap.weak]
    if not gaps or not checks_versions(member, tree):
        return
    for file in dict.fromkeys([gap.file for gap in gaps]):
        own = [gap for gap in gaps if gap.file == file]
        versions = listed(sorted({gap.version for gap in own}))
        asserted = any(gap.asserts for gap in own)
        ending = ": glibc ends the program with a failed assertion" if asserted else ""
        yield Problem(
            file,
            f"needs versions of {file} ({versions}), and {own[0].provider} defines none{ending}",
            (own[0].evidence,),
            "build the library with its version script, or the file against this one",
            Severity.ERROR if asserted else None,
            group=own[0].provider,
            needed_by=tree.resolution.needed_by(member.path),
        )


RULE = RuleSpec(
    "EK407",
    "provider-unversioned",
    Severity.WARNING,
    Scope.LINK,
    "without versions nothing tells whether the library is the one the file was built for",
    provider_unversioned,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.WARNING, "the library has a version table (DT_VERSYM), though it defines none"),
        (Severity.ERROR, "it has none at all, and defines a symbol that the file asks a version of"),
    ),
)
