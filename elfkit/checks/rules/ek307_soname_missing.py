"""EK307 soname-missing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from elfkit.abi.libc import BIONIC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty
from elfkit.facts.kind import Kind
from elfkit.firmware.roles import is_loader
from elfkit.firmware.tree import Member

LIBRARY = re.compile(r"lib.*\.so(\.|$)")
ENFORCED_SINCE = 23  # android-changes-for-ndk-developers.md, "Missing SONAME"


def soname_missing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library (lib*.so*) in a directory where the loader looks for everybody has no DT_SONAME.

    What is linked with it needs the name, or the path, that the linker was given, not one that the library chose.
    Plugins in directories of their own have no use for a DT_SONAME; musl's libc.so has none either.
    """
    facts = member.facts
    if facts.kind.value is not Kind.SHARED or facts.soname.value is not None:
        return
    platform = tree.resolution.platform(member)
    if platform is None or facts.soname.certainty is Certainty.UNKNOWN:
        return
    if not _is_for_everybody(member, tree.resolution.system_places.get(platform, frozenset())):
        return
    if is_loader(member, tree.platforms):
        return
    abilities = tree.abilities_of(member)
    enforced = platform.libc == BIONIC and abilities is not None and abilities.api_level >= ENFORCED_SINCE
    yield Problem(
        "DT_SONAME",
        "lies among the libraries for everybody and has no DT_SONAME",
        facts.type.evidence,
        f"link it with -Wl,-soname,{posixpath.basename(member.path)}",
        Severity.ERROR if enforced else None,
    )


def _is_for_everybody(member: Member, places: frozenset[str]) -> bool:
    names = [posixpath.split(path) for path in (member.path, *member.aliases)]
    return any(directory in places and LIBRARY.match(name) for directory, name in names)


RULE = RuleSpec(
    "EK307",
    "soname-missing",
    Severity.NOTE,
    Scope.LINK,
    "programs then need it by the name or path it had where they were linked, and no version keeps old and new apart",
    soname_missing,
    severities=(
        (Severity.ERROR, "Android since API level 23"),
        (Severity.NOTE, "every other loader"),
    ),
    kinds=frozenset({Kind.SHARED}),
)
