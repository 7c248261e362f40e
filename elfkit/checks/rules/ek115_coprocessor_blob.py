"""EK115 coprocessor-blob."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.header import EM_NONE
from elfkit.abi.machines import machine
from elfkit.checks.belonging import describe, leaked
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import Kind
from elfkit.firmware.fit import is_blob
from elfkit.firmware.tree import Member

NO_CODE = frozenset({Kind.CORE, Kind.DEBUG_ONLY, Kind.UNKNOWN})


def coprocessor_blob(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file is code for another processor than the one that runs this tree: firmware, and meant to be here.

    Recognised are wherever they lie machines that never run Linux (Hexagon, AVR, PRU, eBPF and other DSPs,
    microcontrollers and virtual machines), and ARM code without a dynamic section whose build attributes are those
    of Cortex-M and Cortex-R (Tag_CPU_arch_profile 'M' or 'R', which only a section holds; FDPIC apart). In
    directories of firmware, boot loaders and emulated machines so are files that ask for neither interpreter nor
    libraries (ARM without attributes, Xtensa, ARC, RISC-V). All of one machine are one note.

    A program with an interpreter or needed libraries is judged as one, whatever its directory, and so is what a
    build host left and a script or a link from elsewhere brings into use (EK113). Data in ELF form (EM_NONE) and
    detached debug information are passed over.
    """
    if tree.resolution.platform(member) is not None:
        return ()
    facts = member.facts
    if facts.e_machine == EM_NONE or facts.kind.value in NO_CODE or not is_blob(member) or leaked(member, tree):
        return ()
    problem = Problem(
        facts.machine.value,
        _told(member),
        (*facts.machine.evidence, *facts.without_mmu.evidence),
        "none needed, if the device has such a processor",
        group=facts.machine.value,
    )
    return (problem,)


def _told(member: Member) -> str:
    row = machine(member.facts.e_machine)
    if row is None:
        return f"code for a processor that nobody registered (e_machine {member.facts.e_machine})"
    if not row.runs_linux:
        return f"code for {row.title}: another processor or a virtual machine runs it"
    made_for = describe(member.facts)
    if member.facts.without_mmu.value:
        return f"{made_for} code for a CPU without an MMU: firmware for another processor"
    return f"{made_for} code that asks for no interpreter and no library: firmware for another processor"


RULE = RuleSpec(
    "EK115",
    "coprocessor-blob",
    Severity.NOTE,
    Scope.LINK,
    "nothing here says whether it fits its processor: only that it is no misplaced program of this one",
    coprocessor_blob,
    about_strangers=True,
)
