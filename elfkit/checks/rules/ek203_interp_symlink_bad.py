"""EK203 interp-symlink-bad."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.checks.asked_interpreter import Cause, link_words, lost_interpreter, tree_loader
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.firmware.search import Tried
from elfkit.firmware.tree import Member


def interp_symlink_bad(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A symbolic link on the way to the program interpreter dangles, goes round in a circle or would leave the root.

    PT_INTERP is followed as on the device: an absolute link begins at the root again, and above the root nothing
    is. Named are the link and its target. Typical causes: an absolute link into the build machine's staging
    directory (some toolchains install the loader so), a link copied without its target, an update of the C library
    that left the old link behind.

    Absolute links that lead to a loader inside the root are fine. All programs behind one link are one finding, and
    EK201 then says nothing.
    """
    lost = lost_interpreter(member, tree)
    if lost is None or lost.cause is not Cause.LINK:
        return
    place, target = lost.followed.hops[-1]
    platform = tree.platforms.of(member.facts)
    words = link_words(place, target, lost.followed.ending, tree.tree.root)
    loader = platform.loader if platform else ""
    right = posixpath.relpath(loader, posixpath.dirname(place)) if loader else ""
    yield Problem(
        lost.path,
        f"asks for the interpreter {lost.path}, but the link {place} -> {target} {words}{tree_loader(platform)}",
        (*member.facts.interpreter.evidence, Evidence("symbolic link", None, b"", f"{place} -> {target}")),
        f"ln -sfn {right} {place}, if that is the C library it was built for" if right else "install what it names",
        group=place,
        trace=tuple([Tried(hop, f"links to {to}") for hop, to in dict.fromkeys(lost.followed.hops)]),
    )


RULE = RuleSpec(
    "EK203",
    "interp-symlink-bad",
    Severity.ERROR,
    Scope.LINK,
    'the kernel cannot open what the link names: execve fails, and the shell says "not found" of a file that is there',
    interp_symlink_bad,
    yields_to=frozenset({"EK205"}),
)
