"""Symbolic links that do not lead where they should: how each goes wrong, in words, and the command that mends it."""

from __future__ import annotations

import os
import posixpath
from shlex import quote

from elfkit.firmware.paths import Ending, Paths


def link_words(place: str, target: str, ending: Ending, root: str) -> str:
    """Return how the link at ``place`` goes wrong, as a clause."""
    if ending is Ending.LOOP:
        return "goes round in a circle"
    if target.startswith("/"):
        copied = copied_target(target, root) is not None
        words = "is absolute and leads into the build machine's copy of this tree" if copied else "is absolute"
        return f"{words}: from the root of the device nothing is there"
    return "would leave the root, and above it nothing is there" if climbs(place, target) else "dangles"


def copied_target(target: str, root: str) -> str | None:
    """Return where in the root an absolute target leads that begins with the root's own path on this machine.

    >>> copied_target("/tmp/stage/lib/libc.so", "/tmp/stage/"), copied_target("/lib/libc.so", "/")
    ('lib/libc.so', None)
    """
    for own in dict.fromkeys((os.path.abspath(root), os.path.realpath(root))):
        if own != "/" and f"{target}/".startswith(f"{own}/"):
            return target[len(own) :].strip("/")
    return None


def climbs(place: str, target: str) -> bool:
    """Return whether a relative target would leave the root above which the device has nothing.

    >>> climbs("lib/ld.so", "../../lib/libc.so"), climbs("lib/ld.so", "../lib/libc.so")
    (True, False)
    """
    if target.startswith("/"):
        return False
    return f"{posixpath.normpath(posixpath.join(posixpath.dirname(place), target))}/".startswith("../")


def is_usr(paths: Paths) -> bool:
    """Return whether the root is what a device mounts at /usr: above it the device has a root, and nothing climbs."""
    return paths.links.get("usr") == "."


def relink(place: str, to: str) -> str:
    """Return the command that makes the link at ``place`` lead to ``to``, both of them paths in the root."""
    return f"ln -sfn {quote(posixpath.relpath(to, posixpath.dirname(place) or '.'))} {quote(place)}"


def copied_command(place: str, target: str, paths: Paths, root: str) -> str:
    """Return the command for a link into the build machine's copy of the tree; "" where that has no such file."""
    inside = copied_target(target, root)
    there = paths.follow(inside).path if inside is not None else None
    return relink(place, inside) if inside and there is not None and there != place else ""
