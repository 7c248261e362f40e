"""EK302 needed-not-on-path."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.abi.loaders import loader
from elfkit.checks.asked_interpreter import told_with_interpreter
from elfkit.checks.finding import Confidence, Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty
from elfkit.firmware.platforms import Platform
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.search import config_path
from elfkit.firmware.search_tokens import unplaced_elements
from elfkit.firmware.tree import Member


def needed_not_on_path(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library that the file needs is in the tree, but in no directory where its loader looks.

    Searched is as the platform's loader does when each program starts: DT_RPATH and DT_RUNPATH of the file and what
    it inherits from those that load it, ld.so.conf or ld-musl-*.path, the built-in directories. Where the tree has an
    ld.so.cache, glibc asks that and not ld.so.conf: what a newer ld.so.conf names is found again when ldconfig has run
    (medium confidence: the device may run it). What the program has loaded already is found. The trace shows every
    path tried. Typical causes: a private library directory without a RUNPATH, a library moved in a post-build script,
    a path file that lost a line.

    For an image that no program's start maps it is a warning: a program may open it after the library. It is passed
    over where some program's start maps that library, and a note where three or more such images need it alike.
    So is it for a file from elsewhere with $ORIGIN in its search path: where it will lie is not known.
    Programs that a wrapper starts with LD_LIBRARY_PATH look the same. Relative names with a slash are passed over.
    """
    platform = tree.resolution.platform(member)
    started = member.path in tree.resolution.started
    for need in tree.resolution.of(member):
        if need.outcome is not Outcome.NOT_ON_PATH or platform is None or need.path is None or _is_relative(need.name):
            continue
        if not started and need.path in tree.resolution.started:
            continue
        custom = need.name in tree.resolution.left_to_openers and not started
        unplaced = started and bool(unplaced_elements(member))
        yield Problem(
            need.name,
            _message(member, need, started=started, custom=custom),
            tuple([item for item in member.facts.needed.evidence if item.value == need.name]),
            _fix(platform, need),
            None if started and not unplaced else Severity.NOTE if custom else Severity.WARNING,
            Confidence.HIGH if started and need.certainty is not Certainty.GUESSED else Confidence.MEDIUM,
            group=need.name,
            trace=need.tried,
            needed_by=tree.resolution.needed_by(member.path),
            unless=told_with_interpreter(member, tree),
        )


def _is_relative(name: str) -> bool:
    return "/" in name and not name.startswith(("/", "$"))


def _message(member: Member, need: Need, *, started: bool, custom: bool) -> str:
    found = f"needs {need.name}; {need.path} is where its loader does not look"
    if "/" in need.name:
        found += " for a name with a slash"
    if custom:
        return f"{found}, as several images opened at run time do: the program that opens them must load it first"
    if not started:
        return f"{found}; it loads only into a program that has that library already"
    unplaced = unplaced_elements(member)
    if unplaced:
        return f"{found}, unless {unplaced[0]} leads there from where the file will lie"
    return found if need.start in ("", member.path) else f"{found} when {need.start} starts"


def _fix(platform: Platform, need: Need) -> str:
    directory = posixpath.dirname(f"/{need.path}")
    row = loader(platform.libc)
    if "/" in need.name and row is not None and not row.searches_name_of_path:
        return "give the library a DT_SONAME (-Wl,-soname) and link with -l, or put it where the name says"
    if row is None or not row.config:
        return f"link with -Wl,-rpath,{directory}"
    path = config_path(row, platform.interpreter)
    line = f"a line {directory} in {path}"
    more = ", beside the default directories, which that file replaces" if row.config_replaces_defaults else ""
    return f"link with -Wl,-rpath,{directory}, or put {line}{more or ' and run ldconfig'}"


RULE = RuleSpec(
    "EK302",
    "needed-not-on-path",
    Severity.ERROR,
    Scope.LINK,
    "the loader stops before the program's first instruction, though the library is on the device",
    needed_not_on_path,
    severities=(
        (Severity.ERROR, "the start of a program fails on it"),
        (Severity.WARNING, "the image is opened at run time, and no program's start maps the library"),
        (Severity.WARNING, "the file is from elsewhere and looks from $ORIGIN, which is not known"),
        (Severity.NOTE, "three or more images opened at run time need it alike"),
    ),
    about_unmet=True,
)
