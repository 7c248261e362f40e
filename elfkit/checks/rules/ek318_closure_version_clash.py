"""EK318 closure-version-clash."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.loaders import loader
from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.clashes import Clash, find_clashes

MOST_PROGRAMS = 16


def closure_version_clash(tree: TreeFacts) -> Iterator[Problem]:
    """The start of a program maps two versions of one library, such as libssl.so.1.1 and libssl.so.3.

    Both define the same names, and whoever needs one gets it from the version that was loaded first. Libraries that
    define symbol versions are told apart by them under glibc, and are passed over there; musl does not look at
    versions. Typical cause: a library that was not built again after another one was updated.

    All programs that map the same two are one finding, which names some of them.
    """
    for clash in find_clashes(tree.tree, tree.resolution):
        if not _is_kept_apart(clash, tree):
            names = [str(member.facts.soname.value) for member in (clash.one, clash.other)]
            yield Problem(
                f"{names[0]} {names[1]}",
                f"loads {names[0]} and {names[1]}, two versions of one library, at once{_through(clash, tree)}",
                tuple([item.of(m.path) for m in (clash.one, clash.other) for item in m.facts.soname.evidence]),
                f"build everything with one of the two, best {max(names)}",
                confidence=Confidence.MEDIUM,
                path=clash.programs[0],
                size=tree.tree.by_path[clash.programs[0]].facts.sizes.value.file,
                needed_by=clash.programs[1:MOST_PROGRAMS],
            )


def _is_kept_apart(clash: Clash, tree: TreeFacts) -> bool:
    platform = tree.resolution.platform(clash.one)
    row = loader(platform.libc) if platform else None
    looks = row is not None and row.checks_versions
    return looks and clash.one.facts.versioned.value and clash.other.facts.versioned.value


def _through(clash: Clash, tree: TreeFacts) -> str:
    """Return who needs the two, among what the first program maps."""
    mapped = tree.resolution.closure(clash.programs[0])
    needers = [
        next(
            (path for path in mapped if any(need.path == member.path for need in tree.resolution.needs.get(path, ()))),
            "",
        )
        for member in (clash.one, clash.other)
    ]
    return f" (needed by {needers[0]} and {needers[1]})" if all(needers) else ""


RULE = RuleSpec(
    "EK318",
    "closure-version-clash",
    Severity.WARNING,
    Scope.TREE,
    "calls meant for one version end up in the other, with structures of another layout",
    closure_version_clash,
)
