"""Roots inside a root: what a jail, a container or a network boot brings whole, to be started after chroot(2)."""

from __future__ import annotations

from elfkit.firmware.platforms import FIRST_PROGRAMS
from elfkit.firmware.tree import Tree

NO_ROOT = ("", "usr")  # /usr/bin/sh and /usr/lib are the root's own


def nested_roots(tree: Tree) -> tuple[str, ...]:
    """Return the directories of ``tree`` that are roots of their own, the outermost alone.

    Such a one has a first program or a shell at the usual place, and the loader that this program asks for below it.
    """
    found: set[str] = set()
    for member in tree.members:
        interpreter = member.facts.interpreter.value
        if not interpreter:
            continue
        for path in (member.path, *member.aliases):
            for name in FIRST_PROGRAMS:
                above = path.removesuffix(f"/{name}")
                if above != path and above not in NO_ROOT and tree.member(f"{above}/{interpreter.lstrip('/')}"):
                    found.add(above)
    return tuple(sorted([path for path in found if not any(path.startswith(f"{other}/") for other in found)]))


def root_of(path: str, nested: tuple[str, ...]) -> str:
    """Return which of the ``nested`` roots a file lies in; "" if in none.

    >>> root_of("srv/jail/bin/sh", ("srv/jail",)), root_of("srv/jailer", ("srv/jail",))
    ('srv/jail', '')
    """
    return next((root for root in nested if path.startswith(f"{root}/")), "")
