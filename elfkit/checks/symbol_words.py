"""Symbols in sentences: how many are named, and which findings about them are whose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from elfkit.abi.binding import binding_rules
from elfkit.abi.libc import MUSL
from elfkit.abi.musl_releases import Release, introduced_in, release_number
from elfkit.abi.runtime_libraries import CXX_RUNTIME, GLIBC_RUNTIME, Runtime, defines
from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Evidence
from elfkit.firmware.bindings import Unresolved, VersionGap
from elfkit.firmware.tree import Member

MOST_NAMED = 5  # symbols in a sentence
MOST_PROOFS = 8


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, the first few of them.

    >>> listed("abcdefg")
    'a, b, c, d, e and 2 more'
    """
    whole = list(names)
    shown = ", ".join(whole[:MOST_NAMED])
    return f"{shown} and {len(whole) - MOST_NAMED} more" if len(whole) > MOST_NAMED else shown


def spelled(lacks: Iterable[Unresolved]) -> list[str]:
    """Return the names of what is lacking, sorted."""
    return sorted([lack.reference.spelled for lack in lacks])


def proofs(lacks: Iterable[Unresolved]) -> tuple[Evidence, ...]:
    """Return the symbols themselves as evidence, the first few of them."""
    return tuple([lack.reference.evidence for lack in lacks][:MOST_PROOFS])


def checks_versions(member: Member, tree: TreeFacts) -> bool:
    """Return whether the loader of ``member`` refuses what needs a version that is not defined."""
    platform = tree.resolution.platform(member)
    rules = binding_rules(platform.libc) if platform else None
    return rules is not None and rules.checks_versions


def lacking_versions(member: Member, tree: TreeFacts, runtime: Runtime | None = None) -> Sequence[VersionGap]:
    """Return the versions of a runtime, or of none, that ``member`` must have and that are not defined."""
    gaps = [gap for gap in tree.bindings.missing_versions.get(member.path, ()) if not gap.weak]
    return [gap for gap in gaps if _runtime(gap) is runtime]


def _runtime(gap: VersionGap) -> Runtime | None:
    for runtime in (CXX_RUNTIME, GLIBC_RUNTIME):
        if defines(runtime, gap.file, gap.version):
            return runtime
    return None


def musl_release(member: Member, tree: TreeFacts) -> Release | None:
    """Return what is known of the release of the musl that ``member`` runs with; None where it runs with none."""
    platform = tree.resolution.platform(member)
    return tree.bindings.musl.get(platform.loader) if platform is not None and platform.libc == MUSL else None


def newer_than_musl(member: Member, tree: TreeFacts) -> Iterator[tuple[str, Unresolved]]:
    """Yield what ``member`` lacks because the tree's musl is too old, with the release that brought it."""
    lacking = tree.bindings.unresolved.get(member.path, ())
    release = musl_release(member, tree) if lacking else None
    for lack in lacking if release is not None else ():
        brought = introduced_in(lack.reference.name)
        known = release.first if release else ""
        if brought and (not known or release_number(brought) > release_number(known)):
            yield brought, lack


def told_elsewhere(member: Member, tree: TreeFacts) -> frozenset[str]:
    """Return the symbols that EK403, EK404 or EK405 tells of: those of versions that are not defined, or too new."""
    gaps = tree.bindings.missing_versions.get(member.path, ()) if checks_versions(member, tree) else ()
    versions = {gap.version for gap in gaps if not gap.weak}
    lacks = tree.bindings.unresolved.get(member.path, ())
    by_version = {lack.reference.spelled for lack in lacks if lack.reference.version in versions}
    return frozenset(by_version | {lack.reference.spelled for _, lack in newer_than_musl(member, tree)})
