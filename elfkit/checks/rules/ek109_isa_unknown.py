"""EK109 isa-unknown."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Certainty, Evidence
from elfkit.facts.cpu import ISA
from elfkit.facts.kind import LOADED
from elfkit.firmware.tree import Member


def isa_unknown(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file does not say for which CPU its code is, and the files it runs with do.

    Attributes go with the section headers (ARM, PowerPC), and assemblers and old compilers write none. Whether such a
    file runs on the device cannot be told from its headers. On machines where no file says it (AArch64) nothing is
    told, nor where the C library does not say it either.
    """
    isa = member.facts.isa
    if isa is None or isa.certainty is Certainty.STATED or member.facts.kind.value not in LOADED:
        return ()
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform else None
    if custom is None or custom.baseline is None or not custom.isa_stated:
        return ()
    known = f"at least {isa.value}" if isa.value.base else "nothing"
    problem = Problem(
        "ISA",
        f"says {known} of the CPU its code is for; {custom.isa_stated} of the {custom.files} files it runs with do",
        isa.evidence or (Evidence("e_machine", *member.facts.machine.evidence[0][1:]),),
        "keep its section headers, or ask who built it for which CPU that was",
        group=f"ISA {known}",
    )
    return (problem,)


RULE = RuleSpec(
    "EK109",
    "isa-unknown",
    Severity.NOTE,
    Scope.LINK,
    "code for a later CPU than the device's dies with SIGILL, and here nothing tells in advance",
    isa_unknown,
    needs=frozenset({ISA}),
    opt_in=True,
)
