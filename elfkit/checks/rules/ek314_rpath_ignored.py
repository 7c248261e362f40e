"""EK314 rpath-ignored."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from elfkit.abi.libc import BIONIC, UCLIBC
from elfkit.abi.loaders import loader
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import Facts
from elfkit.firmware.search_tokens import unplaced_elements
from elfkit.firmware.tree import Member

TOKEN = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
ORIGIN = "ORIGIN"
MOST_SHOWN = 3


def rpath_ignored(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file has a search path that the tree's loader passes over.

    Android's loader knows DT_RUNPATH alone. An object with DT_RUNPATH has no DT_RPATH for glibc and musl: told where
    the DT_RPATH holds a directory of the tree that the DT_RUNPATH lacks. musl ignores a path with any token but
    $ORIGIN, and all of it; uClibc expands $ORIGIN at the beginning of an element alone.
    """
    platform = tree.resolution.platform(member)
    facts = member.facts
    if platform is None or not (facts.rpath.value or facts.runpath.value):
        return
    row = loader(platform.libc)
    if platform.libc == BIONIC and facts.rpath.value:
        yield _problem(facts, "DT_RPATH", "Android's loader reads DT_RUNPATH alone", "link with --enable-new-dtags")
    if row is not None and row.rpath_ignored_if_runpath and facts.runpath.value and facts.rpath.value:
        lost = _lost(member, tree)
        if lost:
            why = f"the DT_RUNPATH beside it makes the loader ignore {', '.join(lost[:MOST_SHOWN])}"
            yield _problem(facts, "DT_RPATH", why, "put all directories into DT_RUNPATH, and remove DT_RPATH")
    voided = row is not None and row.unknown_token_voids_path
    for name, value in (("DT_RPATH", facts.rpath.value), ("DT_RUNPATH", facts.runpath.value)):
        if value and voided and row is not None and not _tokens(value) <= set(row.tokens):
            why = f"{platform.libc} ignores all of it for a token that is not $ORIGIN"
            yield _problem(facts, name, why, "name the directories without $LIB and $PLATFORM")
        elif value and platform.libc == UCLIBC and any(_is_odd(element) for element in value.split(":")):
            yield _problem(facts, name, "uClibc knows no token but $ORIGIN in front", "name the directories outright")


def _problem(facts: Facts, name: str, why: str, fix: str) -> Problem:
    fact = facts.rpath if name == "DT_RPATH" else facts.runpath
    return Problem(f"{name} {fact.value}", f"has {name} {fact.value}: {why}", fact.evidence, fix)


def _lost(member: Member, tree: TreeFacts) -> list[str]:
    """Return the elements of DT_RPATH that are directories of the tree and that DT_RUNPATH does not name."""
    kept = {_place(member, element) for element in str(member.facts.runpath.value).split(":")}
    paths = tree.tree.paths
    elements = dict.fromkeys(str(member.facts.rpath.value).split(":"))
    unknown = unplaced_elements(member)
    places = {element: _place(member, element) for element in elements if element and element not in unknown}
    return [
        element
        for element, place in places.items()
        if place not in kept and paths.follow(place).path in paths.directories
    ]


def _place(member: Member, element: str) -> str:
    origin = posixpath.dirname(f"/{member.path}")
    return posixpath.normpath(TOKEN.sub(lambda hit: origin if ORIGIN in (hit[1], hit[2]) else hit[0], element))


def _tokens(text: str) -> set[str]:
    return {braced or bare for braced, bare in TOKEN.findall(text)}


def _is_odd(element: str) -> bool:
    return bool(_tokens(element) - {ORIGIN}) or "$" in element.lstrip("$")


RULE = RuleSpec(
    "EK314",
    "rpath-ignored",
    Severity.WARNING,
    Scope.LINK,
    "libraries in those directories are not found, though the file was linked to look there",
    rpath_ignored,
    given=frozenset({"rpath", "runpath"}),
)
