"""What became of the interpreter that a program asks for, so that one rule alone tells of it."""

from __future__ import annotations

from enum import Enum, unique
from typing import NamedTuple

from elfkit.abi.libc import BIONIC, GLIBC, MUSL, UCLIBC
from elfkit.checks.build_places import is_build_place
from elfkit.checks.rule import TreeFacts
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.paths import Followed
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

KNOWN_LIBCS = frozenset({GLIBC, MUSL, UCLIBC, BIONIC})


@unique
class Cause(Enum):
    """Why the kernel takes no interpreter there."""

    MISSING = "nothing of that name"
    NO_FILE = "no regular file"
    LINK = "a link on the way leads nowhere"
    BUILD_PLACE = "its path is one of a build machine"


class Lost(NamedTuple):
    """An interpreter that is no file of the tree: its path, how following it ended, and why."""

    path: str
    followed: Followed
    cause: Cause


def lost_interpreter(member: Member, tree: TreeFacts) -> Lost | None:
    """Return why the interpreter that a program asks for is not there; None if it is, or nothing asks for one.

    Images that belong to no platform are told of by EK101, EK102 and EK103: of them None.
    """
    path = member.facts.interpreter.value
    if path is None or member.facts.kind.value not in DYNAMIC_PROGRAMS or tree.misfit(member):
        return None
    paths = tree.tree.paths
    followed = paths.follow(path)
    if followed.path is not None and not _is_no_file(followed.path, tree):
        return None
    if is_build_place(path):
        return Lost(path, followed, Cause.BUILD_PLACE)
    if followed.path is not None:
        return Lost(path, followed, Cause.NO_FILE)
    broken = followed.hops and paths.follow(followed.hops[-1][0]).path is None
    return Lost(path, followed, Cause.LINK if broken else Cause.MISSING)


def _is_no_file(path: str, tree: TreeFacts) -> bool:
    if path in tree.tree.by_path:
        return False
    return path in tree.tree.paths.directories or any(path == skipped.path for skipped in tree.tree.special)


def tree_loader(platform: Platform | None) -> str:
    """Return a clause that says which loader the tree has; "" if it has none."""
    if platform is None or not platform.loader:
        return ""
    return f"; the tree's loader is {platform.interpreter} ({platform.describe()})"


def other_family(member: Member, tree: TreeFacts) -> str:
    """Return the C library whose missing loader a program asks for, if its platform's is of another family; else "".

    What such a program needs is that library's to find: the rules of the platform's own loader say nothing of it.
    """
    own, platform = member.facts.libc.value, tree.resolution.platform(member)
    if platform is None or not platform.loader or own == platform.libc or not {own, platform.libc} <= KNOWN_LIBCS:
        return ""
    lost = lost_interpreter(member, tree)
    return own if lost is not None and lost.cause in (Cause.MISSING, Cause.NO_FILE) else ""


def told_with_interpreter(member: Member, tree: TreeFacts) -> tuple[tuple[str, str], ...]:
    """Return the finding about a program's interpreter that says enough of what it needs, if there is one."""
    path = member.facts.interpreter.value
    return (("EK201", path),) if path and other_family(member, tree) else ()
