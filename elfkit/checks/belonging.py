"""Problems of files that belong to no platform of the tree."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem
from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.facts import Facts
from elfkit.firmware.fit import Misfit, misfit
from elfkit.firmware.tree import Member


def misfits(member: Member, tree: TreeFacts, kind: Misfit, evidence: tuple[Evidence, ...]) -> Iterator[Problem]:
    """Yield one problem if ``member`` misfits the tree in the way ``kind`` says; ``evidence`` are the bytes at odds."""
    primary = tree.platforms.primary
    if primary is None or misfit(tree.platforms, member) is not kind:
        return
    made_for = describe(member.facts)
    interpreter = member.facts.interpreter.evidence
    yield Problem(
        member.facts.machine.value,
        f"made for {made_for}; this tree runs {primary.describe()} ({primary.why})",
        (*evidence, *interpreter),
        f"build it for {primary.describe()}, or take it out of the image ({member.facts.sizes.value.file:,} bytes)",
    )


def describe(facts: Facts) -> str:
    """Return what an image is made for, for people: "x86-64 64-bit little-endian"."""
    row = machine(facts.e_machine)
    name = row.title if row else facts.machine.value
    words = [name, f"{facts.elf_class.value}-bit", f"{facts.data.value}-endian", facts.abi_variant.value]
    return " ".join(word for word in words if word)
