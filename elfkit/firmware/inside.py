"""Paths of the host that lead into a root."""

from __future__ import annotations

import os


def path_inside(path: str, root: str) -> str | None:
    """Return the path inside ``root`` of a file that lies there; None of any other."""
    parts = os.path.join(os.getcwd(), path).split("/")
    for count in range(1, len(parts)):  # what follows the root is for its own links to say, not for the host's
        if _stays_below(parts[count:]) and _is_same("/".join(parts[:count]) or "/", root):
            return "/".join(parts[count:])
    top = os.path.realpath(root)
    place = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
    return os.path.relpath(place, top) if place.startswith(top.rstrip("/") + "/") else None


def _stays_below(parts: list[str]) -> bool:
    """Return whether a relative path never climbs above where it begins."""
    depth = 0
    for part in parts:
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return False
    return True


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False
