"""EK310 rpath-build-dir."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.build_places import build_directories
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.tree import Member


def rpath_build_dir(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """An element of DT_RPATH or DT_RUNPATH is a directory of the machine that built the file.

    Such are directories below /home, /root, /build, /tmp, /var/tmp and /dev/shm, in the store of Nix or Guix, and the
    work directories of build systems (.libs, staging_dir, sysroot, output/host...) that are not in the tree. Judged is
    what the loader opens: tokens expanded, "." and ".." taken out. Typical causes: libtool relinking left out, CMake
    without CMAKE_SKIP_BUILD_RPATH, files copied out of a build tree instead of being installed.

    A directory that is in the tree is meant, wherever it lies (Entware, Nix). So is an RPATH that the loader ignores
    because there is a RUNPATH. One directory is one finding, with all files that name it.
    """
    for element in tree.resolution.paths.get(member.path, ()):
        places = () if element.present else build_directories(element, member)
        if not places:
            continue
        opened = "" if places[0] == element.text.rstrip("/") else f" ({places[0]})"
        yield Problem(
            element.text,
            f"looks for libraries in {element.text}{opened}, a directory of a build machine",
            (element.evidence,),
            "chrpath -d or patchelf --remove-rpath at install time, or link without -Wl,-rpath to the build tree",
            group=element.text,
            needed_by=tree.resolution.needed_by(member.path),
        )


RULE = RuleSpec(
    "EK310",
    "rpath-build-dir",
    Severity.ERROR,
    Scope.LINK,
    "whoever can create that directory on the device puts code into every process that loads the file",
    rpath_build_dir,
    yields_bytes_to=frozenset({"EK511"}),
    given=frozenset({"rpath", "runpath"}),
)
