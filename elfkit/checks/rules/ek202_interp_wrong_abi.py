"""EK202 interp-wrong-abi."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.belonging import describe, origin
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.facts import Facts
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.paths import Ending
from elfkit.firmware.tree import Member


def interp_wrong_abi(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The program interpreter that a program asks for is there, but made for another machine, class or byte order.

    PT_INTERP is followed inside the root, and the ELF header of what it leads to is compared with the program's; a
    file that is no ELF file at all is told of too. Typical causes: two variants of the C library installed one over
    the other, a loader's link set to the 64-bit or the host's loader.

    Another float ABI or ABI variant is EK106's and EK105's. Files that belong to no platform (EK101, EK102, EK103)
    are passed over, and loaders that are only assumed to be there or could not be read.
    """
    facts = member.facts
    path = facts.interpreter.value
    if path is None or facts.kind.value not in DYNAMIC_PROGRAMS or tree.misfit(member):
        return
    found, ending, _ = tree.tree.paths.follow(path)
    if found is None or ending is not Ending.FOUND or found not in tree.tree.paths.others:
        return
    loader = tree.tree.by_path.get(found)
    if loader is None and found in {skipped.path for skipped in (*tree.tree.unreadable, *tree.tree.special)}:
        return
    if loader is not None and _abi(loader.facts) == _abi(facts):
        return
    made_for = origin(loader.facts) if loader else "which is no ELF file"
    there = path if found == path.lstrip("/") else f"{path} ({found})"
    yield Problem(
        path,
        f"asks for the interpreter {there}, {made_for}; the program is made for {describe(facts)}",
        (*facts.interpreter.evidence, *_proofs(facts), *(_named(loader) if loader else ())),
        f"install the loader for {describe(facts)} as {path}, or link the program for the one that is there",
        group=f"{path} {describe(facts)}",
    )


def _abi(facts: Facts) -> tuple[int, int, str]:
    return facts.e_machine, facts.elf_class.value, facts.data.value


def _proofs(facts: Facts) -> tuple[Evidence, ...]:
    return (*facts.machine.evidence[:1], *facts.elf_class.evidence[:1], *facts.data.evidence[:1])


def _named(member: Member) -> tuple[Evidence, ...]:
    return tuple([proof.of(member.path) for proof in _proofs(member.facts)])


RULE = RuleSpec(
    "EK202",
    "interp-wrong-abi",
    Severity.ERROR,
    Scope.LINK,
    'the kernel refuses such an interpreter: execve fails with ELIBBAD, "Accessing a corrupted shared library"',
    interp_wrong_abi,
    kinds=DYNAMIC_PROGRAMS,
)
