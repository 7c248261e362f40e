"""EK401 undefined-symbol."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.musl_releases import last_exported_in
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import listed, musl_release, proofs, spelled, told_elsewhere
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.bindings import Unresolved
from elfkit.firmware.tree import Member


def undefined_symbol(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A program, or a library that some program maps, refers to symbols that nothing in the process defines.

    Every program's start is followed as its loader does it: the images it maps in load order, symbol types and
    visibility, versions as the platform's loader treats them (musl and uClibc ignore them, glibc does not), symbols
    that only linkers or loaders know. Only symbols that a relocation, or the GOT of MIPS, makes the loader look for
    count, and weak ones may be missing.

    musl and bionic look for all symbols before the program begins, glibc and uClibc for variables, and for functions
    where the file says BIND_NOW: there it is an error. A function that is looked for when it is called first is a
    warning. Typical causes: a library replaced by one of another release or built with fewer options, a program of
    another firmware.

    What depends on a library that is missing is not judged (EK905). Symbols of versions that are not defined are
    EK403's, EK404's and EK405's, those of files opened at run time EK402's.
    """
    lacking = tree.bindings.unresolved.get(member.path, ())
    told = told_elsewhere(member, tree) if lacking else ()
    lacks = [lack for lack in lacking if lack.reference.spelled not in told]
    for at_load in (True, False):
        own = [lack for lack in lacks if lack.reference.at_load is at_load]
        if own:
            yield _problem(member, tree, own, at_load=at_load)


def _problem(member: Member, tree: TreeFacts, lacks: list[Unresolved], *, at_load: bool) -> Problem:
    names = spelled(lacks)
    starts = tuple(sorted({start for lack in lacks for start in lack.starts if start != member.path}))
    when = "before the first instruction" if at_load else "when it is called first"
    return Problem(
        names[0],
        f"refers to {listed(names)}, which nothing it runs with defines; its loader looks for it {when}"
        f"{_hint(member, tree, lacks)}",
        proofs(lacks),
        "install the release of the library that defines it, or build the file against the ones in this tree",
        None if at_load else Severity.WARNING,
        group=f"{'load' if at_load else 'call'} {names[0]}",
        needed_by=starts,
    )


def _hint(member: Member, tree: TreeFacts, lacks: list[Unresolved]) -> str:
    """Return what else is known of the first symbol that something is known of."""
    for lack in lacks:
        name = lack.reference.name
        if lack.other_version:
            return f"; {lack.other_version} defines {name} with another version"
        gone = last_exported_in(name) if musl_release(member, tree) is not None else ""
        if gone:
            return f"; musl has not exported {name} since {gone}"
        if lack.elsewhere:
            return f"; {lack.elsewhere[0]} would define {name}, and is not brought in"
    return ""


RULE = RuleSpec(
    "EK401",
    "undefined-symbol",
    Severity.ERROR,
    Scope.LINK,
    "the loader ends the program at a symbol it cannot find, at its start or in the middle of its work",
    undefined_symbol,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.ERROR, "the loader looks for the symbol before the program begins"),
        (Severity.WARNING, "the loader looks for the function when it is called first"),
    ),
)
