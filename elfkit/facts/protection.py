"""Memory protection as the kernel and the loader will set it up."""

from __future__ import annotations

from elfkit.abi.dynamic import (
    DF_1_NOW,
    DF_BIND_NOW,
    DF_TEXTREL,
    DT_BIND_NOW,
    DT_FLAGS,
    DT_FLAGS_1,
    DT_TEXTREL,
)
from elfkit.abi.segments import PF_W, PF_X, PT_GNU_RELRO, PT_GNU_STACK
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image

NO: Fact[bool] = Fact(False, Certainty.DERIVED)
UNSTATED: Fact[str] = Fact("unstated", Certainty.DERIVED)
NO_RELRO: Fact[str] = Fact("none", Certainty.DERIVED)


def stack_fact(image: Image) -> Fact[str]:
    """What the last PT_GNU_STACK asks for: "executable", "non-executable"; "unstated" without one."""
    segments = image.of_type(PT_GNU_STACK)
    if not segments:
        return UNSTATED
    value = "executable" if segments[-1].flags & PF_X else "non-executable"
    return Fact(value, Certainty.STATED, (image.segment_evidence(segments[-1], "p_flags"),))


def writable_code_fact(image: Image) -> Fact[bool]:
    """Whether some PT_LOAD is writable and executable at once; evidence is the p_flags of each such segment."""
    both = PF_W | PF_X
    found = [s for s in image.loads if s.flags & both == both]
    if not found:
        return NO
    return Fact(True, Certainty.STATED, tuple([image.segment_evidence(s, "p_flags") for s in found]))


def writable_dynamic_fact(image: Image) -> Fact[bool]:
    """Whether the dynamic section is mapped writable: then linkers put it under RELRO, unless RELRO is off.

    On MIPS it is read-only, and a file may have nothing to protect.
    """
    place = image.dynamic_segment
    found = [s for s in image.loads if place and s.flags & PF_W and s.vaddr <= place.vaddr < s.vaddr + s.memsz]
    return Fact(True, Certainty.DERIVED, (image.segment_evidence(found[0], "p_flags"),)) if found else NO


def bind_now_fact(image: Image) -> Fact[bool]:
    """Whether all symbols are bound at start: DT_BIND_NOW, DF_BIND_NOW or DF_1_NOW."""
    return _flagged(image, ((DT_BIND_NOW, 0), (DT_FLAGS, DF_BIND_NOW), (DT_FLAGS_1, DF_1_NOW)))


def text_relocations_fact(image: Image) -> Fact[bool]:
    """Whether the file says that relocations write to its code: DT_TEXTREL or DF_TEXTREL."""
    return _flagged(image, ((DT_TEXTREL, 0), (DT_FLAGS, DF_TEXTREL)))


def _flagged(image: Image, marks: tuple[tuple[int, int], ...]) -> Fact[bool]:
    """Return whether any tag stands in the dynamic section with its bit set; bit 0 asks for the tag alone."""
    values = image.dynamic.values if image.dynamic else {}
    proofs: list[Evidence] = []
    for tag, bit in marks:
        if tag in values and (not bit or values[tag] & bit):
            proofs += image.last_entry(tag)
    return Fact(True, Certainty.STATED, tuple(proofs)) if proofs else NO


def relro_fact(image: Image, bind_now: Fact[bool]) -> Fact[str]:
    """Read-only after relocation: "none", "partial", or "full" where all symbols are bound at start too."""
    segments = image.of_type(PT_GNU_RELRO)
    if not segments:
        return NO_RELRO
    proof = image.segment_evidence(segments[0], "p_type", "PT_GNU_RELRO")
    return Fact("full" if bind_now.value else "partial", Certainty.DERIVED, (proof, *bind_now.evidence))
