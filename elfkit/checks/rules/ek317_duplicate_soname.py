"""EK317 duplicate-soname."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from elfkit.abi.libc import libc_of_name
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import Kind
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

CHOSEN_BY_CPU = re.compile(r"(^|/)(glibc-hwcaps|hwcaps?|tls|i[3456]86|neon|vfp|sse2|v[5678]l|power\d+)(/|$)")


def duplicate_soname(tree: TreeFacts) -> Iterator[Problem]:
    """Two different libraries of one platform lie under the same name where the loader looks for everybody.

    The name is their DT_SONAME. The loader takes the first on its way, or the one in its cache, and the other is dead
    weight until the order of the directories changes. Typical causes: a package that went to /lib and later to
    /usr/lib, a vendor's copy of a library that the system has.

    Identical files, directories that the loader chooses by the CPU (glibc-hwcaps), and copies that only a DT_RUNPATH
    leads to are passed over.
    """
    bearers: dict[tuple[Platform, str], list[Member]] = {}
    for member in tree.tree.members:
        soname, platform = member.facts.soname.value, tree.resolution.platform(member)
        if soname is None or platform is None or member.facts.kind.value is not Kind.SHARED or libc_of_name(soname):
            continue
        if _is_found(member, soname, tree.resolution.system_places.get(platform, frozenset())):
            bearers.setdefault((platform, soname), []).append(member)
    if not any(len(members) > 1 for members in bearers.values()):
        return
    taken = {need.path for needs in tree.resolution.needs.values() for need in needs if need.path}
    for (_, soname), members in bearers.items():
        first = next((member for member in members if member.path in taken), members[0])
        others = [member for member in members if member.facts != first.facts]
        if others:
            yield _problem(soname, first, others, used=first.path in taken)


def _is_found(member: Member, soname: str, places: frozenset[str]) -> bool:
    """Return whether the loader comes upon the file by its DT_SONAME, in a directory for everybody."""
    names = [posixpath.split(path) for path in (member.path, *member.aliases)]
    return any(name == soname and above in places and not CHOSEN_BY_CPU.search(above) for above, name in names)


def _problem(soname: str, first: Member, others: list[Member], *, used: bool) -> Problem:
    dead = ", ".join([member.path for member in others])
    taken = f"programs get {first.path}" if used else "the loader takes the one it comes upon first"
    return Problem(
        soname,
        f"calls itself {soname} as {'other files do' if len(others) > 1 else 'another file does'}: {dead}; {taken}",
        (
            *first.facts.soname.evidence,
            *[item.of(member.path) for member in others for item in member.facts.soname.evidence],
        ),
        "take all but one of them out of the image",
        path=first.path,
        size=first.facts.sizes.value.file,
    )


RULE = RuleSpec(
    "EK317",
    "duplicate-soname",
    Severity.WARNING,
    Scope.TREE,
    "which of them a program gets depends on the order of directories, and an update of the wrong one changes nothing",
    duplicate_soname,
)
