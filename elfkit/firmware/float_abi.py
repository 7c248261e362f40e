"""Float ABIs that only a file's needed libraries tell: its own bytes do not, or nothing tells its platform's."""

from __future__ import annotations

from elfkit.abi.compatibility import FLOAT_ABIS_TOLD
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member, Tree

SURE = (Certainty.STATED, Certainty.DERIVED)  # a guess by an interpreter's name tells nothing of others


def float_abis_loaded(tree: Tree, resolution: Resolution, member: Member) -> dict[str, Member]:
    """Return each float ABI among the images that the start of ``member`` maps, with the first image that tells it."""
    found: dict[str, Member] = {}
    for path in resolution.closure(member.path):
        image = member if path == member.path else tree.by_path.get(path)
        fact = image.facts.float_abi if image is not None else None
        if image is not None and fact is not None and fact.value in FLOAT_ABIS_TOLD and fact.certainty in SURE:
            found.setdefault(fact.value, image)
    return found


def float_abi_in(tree: Tree, resolution: Resolution, member: Member) -> Fact[str]:
    """Return the float ABI of an image: its own, and where its bytes do not tell, that of the libraries it loads.

    ``detail`` says which library told; the evidence is in that file. Where they differ among themselves it stays
    unknown, and the evidence shows each.
    """
    own = member.facts.float_abi
    if own.certainty is not Certainty.UNKNOWN:
        return own
    told = float_abis_loaded(tree, resolution, member)
    proofs = named_float_evidence(*told.values())
    if len(told) == 1:
        ((value, library),) = told.items()
        detail = f"as {library.path} is, which it loads; its own bytes do not say"
        return Fact(value, Certainty.GUESSED, proofs, detail)
    said = " and ".join([f"{value} ({library.path})" for value, library in told.items()])
    return Fact("unknown", Certainty.UNKNOWN, proofs, f"it loads {said}" if told else "")


def named_float_evidence(*members: Member) -> tuple[Evidence, ...]:
    """Return what shows the float ABI of each image, named with the file it is in."""
    return tuple([proof.of(member.path) for member in members for proof in member.facts.float_abi.evidence])
