"""What a device's CPU has, as far as files show: the ISA that C library and first program were built for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from elfkit.abi.isa import Isa
from elfkit.evidence import Certainty, Evidence
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member, Tree


class Baseline(NamedTuple):
    """An ISA that the device's CPU has; ``given``: that was said, not concluded from files.

    ``whole``: it is all that the CPU has. Else only its level counts: files and GNU triplets do not tell extensions.
    """

    isa: Isa
    why: str
    evidence: tuple[Evidence, ...] = ()
    given: bool = False
    whole: bool = False


def baseline_of(tree: Tree, platform: Platform, libc: Member | None, demanded: Baseline | None) -> Baseline | None:
    """Return what the CPU runs for certain: ``demanded`` where that is given, else what the device starts with.

    None where neither the loader, the C library nor the first program states its ISA, or nobody asked for it.
    """
    if demanded is not None:
        return demanded
    found: Baseline | None = None
    loader = tree.by_path.get(platform.loader)
    for member in (loader, libc, tree.by_path.get(platform.shown_by)):
        isa = member.facts.isa if member is not None else None
        if member is None or isa is None or isa.certainty is not Certainty.STATED:
            continue
        proofs = tuple([proof.of(member.path) for proof in isa.evidence])
        if found is None:
            found = Baseline(isa.value, member.path, proofs)
        elif isa.value != found.isa:
            found = _higher(found, isa.value, member.path, proofs)
    return found


def _higher(found: Baseline, isa: Isa, path: str, proofs: tuple[Evidence, ...]) -> Baseline:
    from elfkit.abi.isa_levels import joined, lacking  # here: most trees are built for one CPU

    if not lacking(found.isa, isa, full=False):
        return found
    return Baseline(joined(found.isa, isa), f"{found.why} and {path}", found.evidence + proofs)


def stated_isas(members: Iterable[Member]) -> int:
    """Return how many of ``members`` state their ISA."""
    isas = [member.facts.isa for member in members]
    return sum([isa is not None and isa.certainty is Certainty.STATED for isa in isas])
