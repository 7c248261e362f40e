"""EK313 rpath-redundant."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.tree import Member


def rpath_redundant(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """An element of DT_RPATH or DT_RUNPATH is a directory where the loader looks for everybody.

    Such directories are built into the loader or named by its configuration (ld.so.conf, ld-musl-*.path). Typical
    cause: a build system that writes the library directory of its prefix into everything it links.

    Elements with $ORIGIN are passed over: they are meant for a file that may be moved. One element is one note, with
    all files that name it.
    """
    platform = tree.resolution.platform(member)
    places = tree.resolution.system_places.get(platform, frozenset()) if platform else frozenset()
    for element in tree.resolution.paths.get(member.path, ()):
        if "$" in element.text or places.isdisjoint(element.present):
            continue
        yield Problem(
            element.text,
            f"looks for libraries in {element.text}, where the loader looks anyway",
            (element.evidence,),
            "link without -Wl,-rpath for this directory",
            group=element.text,
        )


RULE = RuleSpec(
    "EK313",
    "rpath-redundant",
    Severity.NOTE,
    Scope.LINK,
    "it changes nothing but the order, and keeps the file from working under another prefix",
    rpath_redundant,
    given=frozenset({"rpath", "runpath"}),
)
