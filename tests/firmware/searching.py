"""Searches of a small root by the loader of either libc."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.search import Search, Searcher, searcher
from elfkit.firmware.tree import Member
from tests.firmware.plants import GLIBC, SOFT_MUSL, Content, library, program, tree_of

MUSL_PATH = "etc/ld-musl-mips-sf.path"
INTERPRETERS = {"glibc": GLIBC, "musl": SOFT_MUSL}
both = pytest.mark.parametrize("libc", [*INTERPRETERS])

MULTIARCH = [
    "/lib/mips-linux-gnu",
    "/usr/lib/mips-linux-gnu",
    "/lib/mipsisa32r6-linux-gnu",
    "/usr/lib/mipsisa32r6-linux-gnu",
]
BUILT_IN = {"glibc": [*MULTIARCH, "/lib", "/usr/lib"], "musl": ["/lib", "/usr/local/lib", "/usr/lib"]}


def search_in(root: Path, libc: str, plan: dict[str, Content]) -> tuple[Searcher, Mapping[str, Member]]:
    interpreter = INTERPRETERS[libc]
    tree = tree_of(root, {"sbin/init": program(interpreter=interpreter), interpreter[1:]: library(), **plan})
    platform = find_platforms(tree).primary
    assert platform
    found = searcher(tree, platform)
    assert found
    return found, tree.by_path


def looks_into(root: Path, libc: str, plan: dict[str, Content], *chain: str) -> list[str]:
    """The directories searched for what the first of `chain` needs; the rest needed it, the program last."""
    search, members = search_in(root, libc, plan)
    requester, *ancestors = [members[path] for path in chain]
    places = [directory.path for directory in search.directories(requester, tuple(ancestors))]
    system = [directory.path for directory in search.directories(members["sbin/init"])]
    assert places[len(places) - len(system) :] == system
    return places[: len(places) - len(system)]


def system_places(root: Path, libc: str, plan: dict[str, Content]) -> list[str]:
    search, members = search_in(root, libc, plan)
    return [directory.path for directory in search.directories(members["sbin/init"])]


def find(root: Path, libc: str, plan: dict[str, Content], name: str, requester: str = "sbin/init") -> Search:
    search, members = search_in(root, libc, plan)
    return search.find(name, members[requester])
