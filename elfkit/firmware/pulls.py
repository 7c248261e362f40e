"""What brings an image into use that belongs to none of the tree's platforms: who needs, links to or names it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain as chain_of
from typing import NamedTuple

from elfkit.evidence import Evidence
from elfkit.firmware.fit import BLOB_DIRECTORIES
from elfkit.firmware.tree import Member, Tree
from elfkit.limits import DEFAULT_LIMITS, Budget, Limits

MOST_BEARERS = 8  # of one name: a loader takes one, and who needs it is counted for each
ALWAYS_KEPT = 8  # of one image


class Pull(NamedTuple):
    """One reason why an image is there: the puller's path, what it does, and the bytes that show it."""

    path: str
    phrase: str
    evidence: Evidence


def find_pulls(
    tree: Tree, strangers: Iterable[Member], *, limits: Limits = DEFAULT_LIMITS
) -> dict[str, tuple[Pull, ...]]:
    """Return what pulls in each of ``strangers``, by path: images like it first, then scripts, then links.

    The first eight of each image are always told, the others as long as all of them together are within ``limits``.
    """
    known = {member.path: member for member in strangers}
    pulls: dict[str, list[Pull]] = {}
    more = Budget(limits.pulls)
    # one after the other: what is not kept is gone before the next is made
    for path, pull in chain_of(_needers(known), _scripts(tree, known), _links(tree, known)) if known else ():
        found = pulls.setdefault(path, [])
        if len(found) < ALWAYS_KEPT or more.spend(1):
            found.append(pull)
    return {path: tuple(found) for path, found in pulls.items()}


def chain(pulls: dict[str, tuple[Pull, ...]], path: str, most: int) -> list[Pull]:
    """Return the first pull of ``path``, the first of that puller and so on, at most ``most``; circles end."""
    found: list[Pull] = []
    seen = {path}
    while path in pulls and len(found) < most:
        pull = pulls[path][0]
        if pull.path in seen:
            break
        found.append(pull)
        seen.add(pull.path)
        path = pull.path
    return found


def _needers(known: dict[str, Member]) -> Iterable[tuple[str, Pull]]:
    """Yield who needs whom: by name, among images of one machine, class and byte order."""
    bearers: dict[tuple[object, ...], list[str]] = {}
    for member in known.values():
        names = {path.rpartition("/")[2] for path in (member.path, *member.aliases)}
        for name in sorted({*names, member.facts.soname.value or ""}):
            same = bearers.setdefault((name, *_abi(member)), [])
            if len(same) < MOST_BEARERS:
                same.append(member.path)
    for member in known.values():
        for proof in member.facts.needed.evidence:
            for path in bearers.get((proof.value, *_abi(member)), ()):
                if path != member.path:
                    named = proof.of(member.path)
                    yield path, Pull(member.path, f"{member.path} needs {proof.value}", named)


def _abi(member: Member) -> tuple[object, ...]:
    facts = member.facts
    return facts.e_machine, facts.elf_class.value, facts.data.value


def _scripts(tree: Tree, known: dict[str, Member]) -> Iterable[tuple[str, Pull]]:
    for script, interpreter in sorted(tree.scripts.items()):
        path = tree.paths.follow(interpreter).path
        member = tree.by_path.get(path) if path is not None else None
        if member is not None and member.path in known:
            proof = Evidence("#!", 0, b"#!", interpreter, script)
            yield member.path, Pull(script, f"{script} is a script for it", proof)


def _links(tree: Tree, known: dict[str, Member]) -> Iterable[tuple[str, Pull]]:
    for member in known.values():
        for alias in member.aliases:
            target = tree.paths.links.get(alias)
            if target is not None and not _is_among_blobs(alias, member.path):
                proof = Evidence(f"{alias}: symbolic link", None, b"", target)
                yield member.path, Pull(alias, f"the link {alias} leads to it", proof)


def _is_among_blobs(*paths: str) -> bool:
    """Return whether all of ``paths`` lie in directories of firmware: a link there is another name for a driver."""
    return all(path.startswith(BLOB_DIRECTORIES) for path in paths)
