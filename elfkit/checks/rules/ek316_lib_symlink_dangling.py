"""EK316 lib-symlink-dangling."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from elfkit.checks.bad_links import climbs, copied_command, copied_target, is_usr, link_words, relink
from elfkit.checks.build_places import is_filled_at_run_time
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.firmware.paths import Ending, Followed, Paths
from elfkit.firmware.resolve import Outcome

LIBRARY = re.compile(r"\.so(\.\d[0-9A-Za-z_-]*)*$")


def lib_symlink_dangling(tree: TreeFacts) -> Iterator[Problem]:
    """A symbolic link with a library's name (*.so*) leads to nothing inside the root.

    Links are followed as on the device: absolute ones begin at the root again. Typical causes: a link whose library
    went into another package, an absolute link into the build machine's staging directory, a library that was
    renamed after its links were made. Links of one directory with one kind of fault are one finding.

    Passed over are targets that are made at run time (below /var, /run, /tmp, /proc...), and links on the way to a
    program's interpreter (EK203). Where something needs the name and finds it nowhere, it is an error; a note where
    the target is made at run time, and of a link that climbs above the root: the device leads it back.
    """
    paths = tree.tree.paths
    asked = {member.facts.interpreter.value for member in tree.tree.members} - {None}
    loaders = {place for path in asked if path for place, _ in paths.follow(path).hops}
    wanted = _wanted(tree)
    for place, target in sorted(paths.links.items()):
        users = wanted.get(posixpath.basename(place), {})
        if not (users or LIBRARY.search(place)) or place in loaders:
            continue
        followed = paths.follow(place)
        if followed.path is not None:
            yield from _climbing(place, target, followed.path, paths)
            continue
        hop = followed.hops[-1]
        copied = copied_target(hop[1], tree.tree.root) is not None
        later = not copied and _made_at_run_time(hop)
        if later and not users:
            continue
        needed = f"; {next(iter(users))} needs it" if users else ""
        directory = posixpath.dirname(place)
        yield Problem(
            posixpath.basename(place),
            f"{place} -> {target} {link_words(*hop, followed.ending, tree.tree.root)}{needed}",
            (Evidence("symbolic link", None, b"", target), *[proof for proofs in users.values() for proof in proofs]),
            _fix(followed, tree),
            Severity.NOTE if later else Severity.ERROR if users else None,
            group=None if users else directory,
            path=place,
            needed_by=tuple(users),
        )


def _fix(followed: Followed, tree: TreeFacts) -> str:
    place, target = followed.hops[-1]
    if followed.ending is Ending.LOOP:
        return f"replace the link {place} by the library, or remove it"
    copied = copied_command(place, target, tree.tree.paths, tree.tree.root)
    return copied or "install the library it names, or remove the link"


def _climbing(place: str, target: str, found: str, paths: Paths) -> Iterator[Problem]:
    """Yield a note of a link that leads out of the tree on any machine but the device."""
    if climbs(place, target) and not is_usr(paths):
        yield Problem(
            posixpath.basename(place),
            f"{place} -> {target} climbs above the root; on the device it leads to {found}",
            (Evidence("symbolic link", None, b"", target),),
            relink(place, found),
            Severity.NOTE,
            group=f"{posixpath.dirname(place)} climbs",
            path=place,
        )


def _made_at_run_time(hop: tuple[str, str]) -> bool:
    place, target = hop
    return is_filled_at_run_time(posixpath.normpath(posixpath.join("/", posixpath.dirname(place), target)))


def _wanted(tree: TreeFacts) -> dict[str, dict[str, tuple[Evidence, ...]]]:
    """Return for each name that no ELF file bears for its needers who they are, with the bytes that say so."""
    found: dict[str, dict[str, tuple[Evidence, ...]]] = {}
    for path, needs in tree.resolution.needs.items():
        for need in needs:
            if need.outcome is not Outcome.NOT_ON_PATH or need.path is not None:
                continue
            member = tree.tree.by_path.get(path)  # of a file from elsewhere EK301 would show the bytes
            proofs = [item for item in member.facts.needed.evidence if item.value == need.name] if member else []
            named = tuple([proof.of(path) for proof in proofs])
            found.setdefault(posixpath.basename(need.name), {})[path] = named
    return found


RULE = RuleSpec(
    "EK316",
    "lib-symlink-dangling",
    Severity.WARNING,
    Scope.TREE,
    "whatever asks for the library by this name fails as if it were not there",
    lib_symlink_dangling,
    severities=(
        (Severity.WARNING, "nothing in the tree needs the name"),
        (Severity.ERROR, "a program or library needs it and finds it nowhere"),
        (Severity.NOTE, "it is made at run time and needed, or the link climbs above the root"),
    ),
)
