"""EK214 static-tls-dso."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.abi.libc import BIONIC, MUSL
from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.loading import loaded_by_tree
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import Kind
from elfkit.firmware.roles import Role, role
from elfkit.firmware.tree import Member

WORSE = frozenset({MUSL, BIONIC})


def static_tls_dso(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library that is opened at run time wants its thread-local variables in the block made at start (DF_STATIC_TLS).

    By then the threads have their blocks. glibc keeps some room for such libraries, and dlopen fails when it is used
    up; musl and bionic keep none, and refuse variables of a library that was not there at the start.

    Passed over are libraries that some program maps at its start, and those in the directories of the system that
    no image opened at run time needs: whether anything opens them is unknown. Variables of the C library itself
    (errno) are no trouble, and bring the flag as well.
    """
    abilities = loaded_by_tree(member, tree)
    if abilities is None or not member.facts.static_tls.value or member.facts.kind.value is not Kind.SHARED:
        return
    if member.path in tree.resolution.started or not tree.resolution.started or not _is_opened(member, tree):
        return
    yield Problem(
        "static TLS",
        "is opened at run time and asks for thread-local storage that only a program's start can give (DF_STATIC_TLS)",
        member.facts.static_tls.evidence,
        "compile it with -fPIC and -ftls-model=global-dynamic, or link the program with it",
        Severity.WARNING if abilities.platform.libc in WORSE else Severity.NOTE,
        Confidence.MEDIUM,
        needed_by=tree.resolution.needed_by(member.path),
    )


def _is_opened(member: Member, tree: TreeFacts) -> bool:
    """Return whether an image that no start of a program maps is a plugin, or comes with one."""
    platform = tree.resolution.platform(member)
    chain = tree.resolution.needed_by(member.path)
    first = tree.tree.by_path.get(chain[-1], member) if chain else member
    system = tree.resolution.system_places.get(platform, frozenset()) if platform else frozenset()
    outside = posixpath.dirname(first.path) not in system
    return outside or role(first, tree.platforms, tree.resolution) is Role.PLUGIN


RULE = RuleSpec(
    "EK214",
    "static-tls-dso",
    Severity.WARNING,
    Scope.LINK,
    "dlopen fails for it once the room for thread-local variables is given out: at once in musl and bionic",
    static_tls_dso,
    severities=(
        (Severity.WARNING, "musl and bionic, which keep no room"),
        (Severity.NOTE, "glibc, which keeps some"),
    ),
    kinds=frozenset({Kind.SHARED}),
    given=frozenset({"static_tls"}),
)
