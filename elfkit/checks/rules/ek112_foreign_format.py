"""EK112 foreign-format."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from elfkit.checks.belonging import is_searched
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.foreign import MACH_O, Foreign

SYSTEMS = {MACH_O: "macOS"}
MODE_X = 0o111
DATA = frozenset({"share", "boot", "tests", "testdata"})  # what is foreign here is not for starting


def foreign_format(tree: TreeFacts) -> Iterable[Problem]:
    """A program or library of Windows (PE) or macOS (Mach-O) lies where this system's own are started from.

    It comes from a build host that is a Mac, or from packages that bring prebuilt code for every system. Told are
    files with an execute bit and files right in a directory of programs or libraries; those of one directory
    are one finding. A file that a symbolic link among programs or libraries leads to is told wherever it lies.

    Passed over: EFI programs, kernels with an EFI stub among them, .NET assemblies, Java class files (they share
    Mach-O's cafebabe), and everything below share/, boot/ and tests/, where such files are data.
    """
    links = _links(tree)
    for foreign in tree.tree.foreign:
        names = links.get(foreign.path, ())
        if names or (DATA.isdisjoint(foreign.path.split("/")[:-1]) and _is_started(foreign)):
            system, folder = SYSTEMS.get(foreign.format, "Windows"), posixpath.dirname(foreign.path)
            linked = f"; the link {names[0]} leads to it" if names else ""
            yield Problem(
                foreign.format,
                f"a program or library of {system} ({foreign.format}){linked}",
                (foreign.evidence,),
                "take it out of the image, or bring the build for Linux and this machine",
                group=f"{foreign.format} in {folder}",
                path=foreign.path,
                size=foreign.size,
                needed_by=tuple(names),
            )


def _is_started(foreign: Foreign) -> bool:
    return bool(foreign.mode & MODE_X) or is_searched(foreign.path)


def _links(tree: TreeFacts) -> dict[str, list[str]]:
    """Return the links among programs and libraries that lead to each file of another system."""
    found: dict[str, list[str]] = {foreign.path: [] for foreign in tree.tree.foreign}
    paths = tree.tree.paths
    for link in sorted(filter(is_searched, paths.links)) if found else ():
        target = paths.follow(link).path
        if target in found:
            found[target].append(link)
    return found


RULE = RuleSpec(
    "EK112",
    "foreign-format",
    Severity.WARNING,
    Scope.TREE,
    'Linux cannot run it: execve fails with "Exec format error", and whoever needs it meets that on the device',
    foreign_format,
)
