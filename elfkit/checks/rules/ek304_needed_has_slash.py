"""EK304 needed-has-slash."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import BIONIC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.tree import Member

STORES = ("/nix/store/", "/gnu/store/")
REFUSED_SINCE = 23  # android-changes-for-ndk-developers.md, "Enforced for API level >= 23"


def needed_has_slash(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A name in DT_NEEDED is a path: the loader takes that very file and searches nowhere.

    Linkers write it where a library without DT_SONAME is named by its path at link time. A relative path depends on
    the directory in which the program is started. Nix and Guix name libraries in their store so on purpose: those
    are passed over where they are there. Where the file is missing, EK301 to EK303 tell.
    """
    for need in tree.resolution.of(member):
        if "/" not in need.name or need.name.startswith("$") or not _is_told(need):
            continue
        relative = not need.name.startswith("/")
        effect = "which is looked for where the program is started" if relative else "and is looked for nowhere else"
        yield Problem(
            need.name,
            f"needs {need.name}, a path and no name, {effect}",
            tuple([item for item in member.facts.needed.evidence if item.value == need.name]),
            "give the library a DT_SONAME (-Wl,-soname) and link with -l",
            Severity.ERROR if _is_refused(member, tree) else None,
            group=need.name,
        )


def _is_told(need: Need) -> bool:
    if need.outcome is Outcome.FOUND:
        return not need.name.startswith(STORES)
    told_elsewhere = need.outcome in (Outcome.MISSING, Outcome.WRONG_ABI, Outcome.ASSUMED)
    return not told_elsewhere and not need.name.startswith("/")


def _is_refused(member: Member, tree: TreeFacts) -> bool:
    platform, abilities = tree.resolution.platform(member), tree.abilities_of(member)
    bionic = platform is not None and platform.libc == BIONIC
    return bionic and abilities is not None and abilities.api_level >= REFUSED_SINCE


RULE = RuleSpec(
    "EK304",
    "needed-has-slash",
    Severity.WARNING,
    Scope.LINK,
    "the file cannot be moved, and a copy of the library elsewhere is not used; Android refuses it",
    needed_has_slash,
    severities=(
        (Severity.ERROR, "Android since API level 23"),
        (Severity.WARNING, "every other loader"),
    ),
    given=frozenset({"needed"}),
)
