"""EK203 interp-symlink-bad."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.asked_interpreter import Cause, Lost, lost_interpreter, tree_loader
from elfkit.checks.bad_links import climbs, copied_command, is_usr, link_words, relink
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.loaders_there import loader_elsewhere
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.paths import Ending
from elfkit.firmware.platforms import Platform
from elfkit.firmware.search import Tried
from elfkit.firmware.tree import Member


def interp_symlink_bad(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A symbolic link on the way to the program interpreter dangles, goes round in a circle or would leave the root.

    PT_INTERP is followed as on the device: an absolute link begins at the root again, and above the root nothing
    is. Named are the link and its target. Typical causes: an absolute link into the build machine's staging
    directory (some toolchains install the loader so), a link copied without its target, an update of the C library
    that left the old link behind.

    Absolute links that lead to a loader inside the root are fine. A relative one that climbs above the root leads
    back into it on the device, and out of the tree wherever it is unpacked: a note. All programs behind one link are
    one finding, and EK201 then says nothing.
    """
    lost = lost_interpreter(member, tree)
    if lost is None:
        yield from _climbing(member, tree)
    elif lost.cause is Cause.LINK:
        place, target = lost.followed.hops[-1]
        platform = tree.platforms.of(member.facts)
        there = loader_elsewhere(member.facts, lost.path, tree)
        words = link_words(place, target, lost.followed.ending, tree.tree.root)
        found = f"; the tree has it at {there.path}" if there else tree_loader(platform)
        yield Problem(
            lost.path,
            f"asks for the interpreter {lost.path}, but the link {place} -> {target} {words}{found}",
            (*member.facts.interpreter.evidence, _shown(place, target)),
            _fix(lost, there.path if there else "", platform, tree),
            group=place,
            trace=tuple([Tried(hop, f"links to {to}") for hop, to in dict.fromkeys(lost.followed.hops)]),
        )


def _fix(lost: Lost, there: str, platform: Platform | None, tree: TreeFacts) -> str:
    place, target = lost.followed.hops[-1]
    copied = copied_command(place, target, tree.tree.paths, tree.tree.root)
    if copied or there:
        return copied or relink(place, there)
    if platform and platform.loader:
        return f"{relink(place, platform.loader)}, if that is the C library it was built for"
    loop = lost.followed.ending is Ending.LOOP
    return f"replace the link {place} by the loader" if loop else f"install what the link {place} names"


def _climbing(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """Yield a note of a link that leaves the root on any machine but the device."""
    path, paths = member.facts.interpreter.value, tree.tree.paths
    if path is None or member.facts.kind.value not in DYNAMIC_PROGRAMS or tree.misfit(member) or is_usr(paths):
        return
    followed = paths.follow(path)
    for place, target in followed.hops if followed.path else ():
        if climbs(place, target):
            yield Problem(
                path,
                f"asks for the interpreter {path}; on the way the link {place} -> {target} climbs above the root",
                (*member.facts.interpreter.evidence, _shown(place, target)),
                relink(place, paths.follow(place).path or ""),
                Severity.NOTE,
                group=f"{place} climbs",
            )


def _shown(place: str, target: str) -> Evidence:
    return Evidence("symbolic link", None, b"", f"{place} -> {target}")


RULE = RuleSpec(
    "EK203",
    "interp-symlink-bad",
    Severity.ERROR,
    Scope.LINK,
    'the kernel cannot open what the link names: execve fails, and the shell says "not found" of a file that is there',
    interp_symlink_bad,
    severities=(
        (Severity.ERROR, "no interpreter is reached"),
        (Severity.NOTE, "a link climbs above the root, and on the device the interpreter is reached all the same"),
    ),
    yields_to=frozenset({"EK205"}),
    kinds=DYNAMIC_PROGRAMS,
)
