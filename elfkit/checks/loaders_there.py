"""Loaders that are in the tree at another place than programs ask for them, and the links that would mend it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from shlex import quote

from elfkit.abi.interpreters import musl_arch
from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Certainty, Evidence
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit.firmware.paths import Paths
from elfkit.firmware.tree import Member, Tree

MUSL = "libc.so"  # musl's loader is its C library, which has that name of its own and no DT_SONAME


def shared_by_name(tree: Tree) -> Mapping[str, tuple[Member, ...]]:
    """Return the shared objects of a tree by their names: file name, other names, DT_SONAME."""
    found: dict[str, list[Member]] = {}
    for member in tree.members:
        if member.facts.kind.value is Kind.SHARED:
            names = {path.rpartition("/")[2] for path in (member.path, *member.aliases)}
            for name in names | {member.facts.soname.value or ""}:
                found.setdefault(name, []).append(member)
    return {name: tuple(members) for name, members in found.items()}


def loader_elsewhere(facts: Facts, interpreter: str, tree: TreeFacts) -> Member | None:
    """Return the file of the tree that could be the interpreter by its name and its ABI; None if there is none."""
    name = posixpath.basename(interpreter)
    named = tree.by_name.get(name, ())
    if name.startswith("ld-musl-") and musl_arch(interpreter):
        taken = {platform.loader for platform in tree.platforms}
        others = [member for member in tree.by_name.get(MUSL, ()) if member.path not in taken]
        named = (*named, *[member for member in others if not member.facts.needed.value])
    return next((member for member in named if _fits(facts, member.facts)), None)


def _fits(facts: Facts, loader: Facts) -> bool:
    """Return whether a loader is made for what a program is made for; what is unknown or guessed keeps nothing out."""
    abis = [(f.e_machine, f.elf_class.value, f.data.value) for f in (facts, loader)]
    variants = {facts.abi_variant.value, loader.abi_variant.value} - {""}
    floats = {f.value for f in (facts.float_abi, loader.float_abi) if f.certainty is not Certainty.GUESSED}
    return abis[0] == abis[1] and len(variants) < 2 and len(floats - {"unknown", "any", "none"}) < 2


def proofs_of(loader: Member, interpreter: str) -> tuple[Evidence, ...]:
    """Return what shows that ``loader`` is one for ``interpreter``: its DT_SONAME if that is the name, its ABI."""
    facts = loader.facts
    named = facts.soname.evidence if facts.soname.value == posixpath.basename(interpreter) else ()
    shown = (*named, *facts.machine.evidence[:1], *facts.float_abi.evidence[:1])
    return tuple([proof.of(loader.path) for proof in dict.fromkeys(shown)])


def link_command(place: str, target: str, paths: Paths) -> str:
    """Return the command that makes ``place`` a link to ``target``; both are paths in the root, where it runs.

    Where a directory of the root has only gone from / to /usr, the link is the directory's.
    """
    top, _, rest = place.partition("/")
    if rest and target == f"usr/{place}" and top not in paths.links and top not in paths.directories:
        return f"ln -s {quote(f'usr/{top}')} {quote(top)}"
    parent = _real(posixpath.dirname(place), paths)
    link = posixpath.join(parent, posixpath.basename(place))
    made = "" if parent in paths.directories else f"mkdir -p {quote(parent)} && "
    replaces = "-sfn" if link in paths.links else "-s"
    return f"{made}ln {replaces} {quote(posixpath.relpath(target, parent or '.'))} {quote(link)}"


def _real(directory: str, paths: Paths) -> str:
    """Return where a directory lies, the links in as much of its path as exists followed."""
    parts = directory.split("/")
    for count in range(len(parts), 0, -1):
        found = paths.follow("/".join(parts[:count])).path
        if found is not None:
            return "/".join([part for part in (found, *parts[count:]) if part])
    return directory
