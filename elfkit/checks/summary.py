"""What is told of a root beside its findings."""

from __future__ import annotations

from elfkit.checks.report import Population, RootSummary
from elfkit.checks.rule import TreeFacts
from elfkit.facts.kind import PROGRAMS, Kind
from elfkit.firmware.platforms import Platform
from elfkit.firmware.scripts import missing_interpreters


def summarise(facts: TreeFacts, path: str, sentences: tuple[str, ...]) -> RootSummary:
    """Return the summary of a tree that was read to its end; ``sentences`` stand for what all of its files show."""
    tree = facts.tree
    return RootSummary(
        path=path,
        platforms=facts.platforms.rows,
        files=tree.file_count,
        elf_files=len(tree.members),
        pseudo=tree.pseudo,
        excluded=tree.excluded,
        universal=sentences,
        scripts=len(tree.scripts),
        missing_interpreters=missing_interpreters(tree),
        populations=populations(facts),
    )


def populations(facts: TreeFacts) -> tuple[Population, ...]:
    """Return how many programs and libraries each platform of a tree has, in the order of its platforms."""
    kinds: dict[Platform, list[Kind]] = {platform: [] for platform in facts.platforms}
    for member in facts.tree.members:
        platform = facts.resolution.platform(member)
        if platform in kinds:
            kinds[platform].append(member.facts.kind.value)
    return tuple(
        [Population(sum([kind in PROGRAMS for kind in found]), found.count(Kind.SHARED)) for found in kinds.values()]
    )
