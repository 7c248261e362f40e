"""What of the search paths at the start of a program with more rights than its user's lets others choose its code."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import NamedTuple

from elfkit.checks.build_places import is_build_place, is_open_by_custom, named_directories
from elfkit.checks.finding import Severity
from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Evidence
from elfkit.firmware.search_paths import PathElement
from elfkit.firmware.tree import Member
from elfkit.firmware.walk import mode_of


class Weakness(NamedTuple):
    """What is weak in words, the bytes that show it, and how bad it is."""

    words: str
    proofs: tuple[Evidence, ...]
    severity: Severity = Severity.WARNING


def weak_paths(member: Member, tree: TreeFacts) -> Iterator[Weakness]:
    """Yield what is weak, and its proof: the program's own paths, its libraries', and what the directories lie in."""
    for name, fact in (("RPATH", member.facts.rpath), ("RUNPATH", member.facts.runpath)):
        elements = [element for element in (fact.value or "").split(":") if element]
        if not all(_is_fixed(element) and tree.tree.paths.follow(element).path is not None for element in elements):
            yield Weakness(f"the {name} {fact.value}", fact.evidence, _how_bad(fact.value or ""))
    resolution = tree.resolution
    for path in resolution.closure(member.path):
        for element in resolution.paths.get(path, ()):
            source = element.evidence.source.removeprefix("DT_")
            proof = element.evidence.of(path)
            if path != member.path and element.text and not _is_fixed(element.text):
                yield Weakness(f"the {source} {element.text} of {path}", (proof,))
            if _is_fixed(element.text):
                for place, how in _open_directories(element, tree):
                    mode = Evidence("st_mode", None, b"", place)
                    yield Weakness(f"{how} on its search path", (proof, mode), Severity.ERROR)


def _how_bad(path: str) -> Severity:
    """Return how bad a search path is: an error where others than root decide what its elements are.

    An empty element is the current directory; a directory of a build machine is one that nobody watches.
    """
    elements = path.split(":") if path else ()
    free = [not _is_fixed(element) or is_open_by_custom(element) or is_build_place(element) for element in elements]
    return Severity.ERROR if any(free) else Severity.WARNING


def _is_fixed(element: str) -> bool:
    return element.startswith("/") and "$" not in element


def _open_directories(element: PathElement, tree: TreeFacts) -> Iterator[tuple[str, str]]:
    """Yield each directory where others may put a library, or another directory of the same name, and in words."""
    for place in named_directories(element):
        if is_open_by_custom(place):
            yield place, f"{place}, where everybody may write,"
    for path in element.present:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            above = "/".join(parts[:count])
            mode = mode_of(tree.tree.root, above)
            # the sticky bit keeps others from what is in a directory, not from adding to it
            if mode & stat.S_IWOTH and (above == path or not mode & stat.S_ISVTX):
                yield f"{above}: {mode & 0o7777:04o}", f"/{above}, which everybody may write to,"
