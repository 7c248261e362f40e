"""EK402 plugin-host-symbol."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.runtime_libraries import left_to_host
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import listed, proofs, spelled
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.bindings import Plugin
from elfkit.firmware.tree import Member


def plugin_host_symbol(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A file that no program maps at its start uses symbols that what it needs does not define.

    So plugins do: they are opened by a program that defines the rest. Where one program of the tree defines all of
    it, the note names that program; all files of one program are one note. Where every symbol is defined by something
    in the tree, though by no one program, it is a note as well: programs open libraries one after the other.

    Symbols that nothing in the tree defines are a warning: whoever opens the file does not get it. Passed over is
    what a library leaves to programs that few devices have: libthread_db asks for the debugger's ps_ functions.
    """
    plugin = tree.bindings.plugins.get(member.path)
    if plugin is None or all(left_to_host(member.path, lack.reference.name) for lack in plugin.first):
        return
    if plugin.nowhere:
        nowhere = [lack for lack in plugin.first if not lack.elsewhere]
        yield Problem(
            min(spelled(nowhere)),
            f"uses symbols that nothing in this tree defines, {plugin.nowhere} of them: {listed(spelled(nowhere))}",
            proofs(nowhere),
            "install the program that opens it, or the libraries it was linked for",
            Severity.WARNING,
        )
        return
    yield Problem(
        plugin.host or min(spelled(plugin.first)),
        f"uses symbols of {_bringer(plugin)}",
        proofs(plugin.first),
        "nothing to do where that program opens it; else link it with the libraries it uses",
        group=f"host {plugin.host} {plugin.provider}",
    )


def _bringer(plugin: Plugin) -> str:
    """Return who defines what a plugin lacks, in words; every symbol is defined by somebody."""
    if not plugin.host:
        return f"several files of this tree, and no one program brings them all: {listed(spelled(plugin.first))}"
    if plugin.host == plugin.provider:
        return f"the program {plugin.host}"
    return f"{plugin.provider}, which programs like {plugin.host} bring"


RULE = RuleSpec(
    "EK402",
    "plugin-host-symbol",
    Severity.NOTE,
    Scope.LINK,
    "a plugin opened by another program than its own, or by a newer one, finds symbols missing",
    plugin_host_symbol,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.NOTE, "a program of the tree, or several files of it, define the symbols"),
        (Severity.WARNING, "nothing in the tree defines some of the symbols"),
    ),
)
