"""EK311 rpath-insecure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.checks.build_places import build_directories, is_open_by_custom, named_directories
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.firmware.search_paths import PathElement
from elfkit.firmware.tree import Member

EMPTY_IS_HERE = frozenset({"glibc"})  # musl passes over empty elements (path_open); of others nothing is known


def rpath_insecure(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """An element of DT_RPATH or DT_RUNPATH lets others than root choose which library is loaded.

    Such are a relative directory and ".", which begin where the program is started; an empty element, which glibc
    takes for the same (musl passes over it); a directory of the tree that everybody may write to; and one in /tmp,
    /var/tmp, /dev/shm, /run/shm, /run/lock or /var/lock, whatever its mode in an image: there everybody may on a
    running device. Typical causes: an empty shell variable in -Wl,-rpath,$A:$B, a trailing colon, a plugin directory
    with mode 0777.

    $ORIGIN is fine, and in set-uid programs EK511's, as is all else of their own path. An RPATH that is wholly empty is
    none, and a directory of a build machine that is not in the tree is EK310's. Other modes are those of the tree as it
    lies here: one unpacked without them shows no directory.
    """
    platform = tree.resolution.platform(member)
    libc = platform.libc if platform else ""
    for element in tree.resolution.paths.get(member.path, ()):
        words = _words(element, libc) or _custom(element, member)
        if not words:
            continue
        mode = [Evidence("st_mode", None, b"", f"{path}: {mode:04o}") for path, mode in element.open_to_all]
        yield Problem(
            element.text or "(empty)",
            f"looks for libraries in {words} ({element.evidence.source})",
            (element.evidence, *mode),
            "link with an absolute directory that only root may write to, or with $ORIGIN",
            group=element.text or "(empty)",
            needed_by=tree.resolution.needed_by(member.path),
        )


def _words(element: PathElement, libc: str) -> str:
    if not element.text:
        return "the current directory: an element of its search path is empty" if libc in EMPTY_IS_HERE else ""
    if not element.text.startswith(("/", "$")):
        return f"{element.text}, which begins in the current directory"
    if element.open_to_all:
        path, mode = element.open_to_all[0]
        return f"{element.text}, which everybody may write to (/{path} has mode {mode:04o})"
    return ""


def _custom(element: PathElement, member: Member) -> str:
    told = not element.present and build_directories(element, member)
    place = next((place for place in named_directories(element) if is_open_by_custom(place)), "")
    if not place or told or ("$" in element.text and is_open_by_custom(posixpath.dirname(f"/{member.path}"))):
        return ""
    opened = "" if place == element.text.rstrip("/") else f" ({place})"
    return f"{element.text}{opened}, where everybody may write to on a running device"


RULE = RuleSpec(
    "EK311",
    "rpath-insecure",
    Severity.ERROR,
    Scope.LINK,
    "a library put there by any user, or in the directory where root happens to be, runs with the program's rights",
    rpath_insecure,
    yields_bytes_to=frozenset({"EK511"}),
    given=frozenset({"rpath", "runpath"}),
)
