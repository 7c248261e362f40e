"""EK312 rpath-dead."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.build_places import build_directories, is_filled_at_run_time, named_directories
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.tree import Member


def rpath_dead(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """An element of DT_RPATH or DT_RUNPATH leads to no directory of the tree.

    The loader looks there in vain each time the file is loaded. Typical causes: a prefix that the package does not
    use any more, a directory that a post-build script removed because it was empty.

    Passed over are directories of build machines (EK310), and those in places that are mounted or filled at run
    time (/run, /var, /mnt...). One element is one note, with all files that name it.
    """
    for element in tree.resolution.paths.get(member.path, ()):
        if element.present or not element.directories or not element.text.startswith(("/", "$")):
            continue
        if build_directories(element, member) or any(map(is_filled_at_run_time, named_directories(element))):
            continue
        yield Problem(
            element.text,
            f"looks for libraries in {element.text}, and this tree has no such directory",
            (element.evidence,),
            "link without it, or take it out with chrpath or patchelf",
            group=element.text,
        )


RULE = RuleSpec(
    "EK312",
    "rpath-dead",
    Severity.NOTE,
    Scope.LINK,
    "every search begins with misses there, and whoever can create the directory chooses the libraries",
    rpath_dead,
    given=frozenset({"rpath", "runpath"}),
)
