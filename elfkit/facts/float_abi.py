"""How the file passes floating point to others, by ranked evidence; "unknown" where nothing tells.

Rank: a machine with one way only; a program that meets no library; PT_MIPS_ABIFLAGS; e_flags; build attributes, which
are asked for only where the others are silent; last the interpreter's name, which is a guess: clang asks for the
hard-float loader of MIPS, RISC-V and LoongArch whatever the float ABI.
"""

from __future__ import annotations

from elfkit.abi.interpreters import interpreter_rows
from elfkit.abi.machines import Machine, flag_float, machine
from elfkit.abi.machines.mips import FP_ABI, FP_MODES
from elfkit.abi.machines.row import AttributeFloat
from elfkit.abi.notes import NT_GO_BUILDID, OWNER_GO
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.abi_flags import UNKNOWN_MODE, AbiFlags
from elfkit.facts.build_id import all_notes
from elfkit.facts.identity import ORDERS
from elfkit.facts.kind import Kind
from elfkit.image.image import Image

UNKNOWN: Fact[str] = Fact("unknown", Certainty.UNKNOWN)
STATIC = (Kind.STATIC, Kind.STATIC_PIE)  # no set: an Enum's hash is slow Python


def float_abi_fact(image: Image, kind: Kind, interpreter: Fact[str | None], flags: AbiFlags | None) -> Fact[str]:
    """The float ABI: soft, hard, single, quad, any, none or unknown; ``detail`` says which sort of it."""
    row = machine(image.header.machine)
    if row is None:
        return UNKNOWN
    if row.float_abi_none:
        return Fact("none", Certainty.DERIVED, (image.header_evidence("e_machine"),), f"{row.title} has one way only")
    return (
        (_of_go(image) if kind in STATIC else None)
        or _stated(image, row, flags)
        or _from_attributes(image, row)
        or _from_interpreter(image, interpreter)
    )


def fp_mode_fact(flags: AbiFlags | None, float_abi: Fact[str]) -> Fact[str]:
    """The FPU mode that a MIPS file asks for, as -mfp has it ("xx", "64", "double"...); unknown on other machines.

    Old files say it in `.gnu.attributes`, or with EF_MIPS_FP64.
    """
    if flags is not None:
        return flags.fp_mode
    if float_abi.certainty is not Certainty.STATED:
        return UNKNOWN_MODE
    words = [mode for mode, row in zip(FP_MODES, FP_ABI, strict=True) if row == (float_abi.value, float_abi.detail)]
    if words:
        return Fact(words[0], Certainty.STATED, float_abi.evidence)
    return Fact("old-64", Certainty.STATED, float_abi.evidence) if "EF_MIPS_FP64" in float_abi.detail else UNKNOWN_MODE


def _of_go(image: Image) -> Fact[str] | None:
    """Return "none" for a static Go program: it calls nothing that another compiler made."""
    for note in all_notes(image, []):
        if note.owner == OWNER_GO and note.type == NT_GO_BUILDID:
            proof = Evidence("NT_GO_BUILDID", note.offset, note.descriptor[:64], None)
            return Fact("none", Certainty.DERIVED, (proof,), "a static Go program: it meets no library")
    return None


def _stated(image: Image, row: Machine, flags: AbiFlags | None) -> Fact[str] | None:
    if flags is not None and flags.float_abi is not None:
        return flags.float_abi
    found = flag_float(row, image.header.flags)
    if found is None:
        return None
    return Fact(found.float_abi, Certainty.STATED, (image.header_evidence("e_flags"),), found.detail)


def _from_attributes(image: Image, row: Machine) -> Fact[str] | None:
    for candidate in row.float_attributes:
        found = image.attributes.last(candidate.vendor, candidate.tag)
        if found is None:
            omitted = _omitted(image, candidate)
            if omitted is not None:
                return omitted
        elif found[0].number & candidate.mask == candidate.value:
            return Fact(candidate.float_abi, Certainty.STATED, (found[1],), candidate.detail)
    return None


def _omitted(image: Image, row: AttributeFloat) -> Fact[str] | None:
    """Return what an omitted tag says: it is 0, as far as another one shows that the question arises."""
    beside = image.attributes.last(row.vendor, row.omitted_beside) if row.omitted_beside else None
    if beside is None or not beside[0].number:
        return None
    return Fact(row.float_abi, Certainty.DERIVED, (beside[1],), f"{row.detail}, left out as 0 may be")


def _from_interpreter(image: Image, interpreter: Fact[str | None]) -> Fact[str]:
    if interpreter.value is None:
        return UNKNOWN
    header, order = image.header, ORDERS[image.layout.data]
    rows = [row for row in interpreter_rows(interpreter.value) if row.e_machine in (0, header.machine)]
    rows = [row for row in rows if row.elf_class in (0, image.layout.elf_class) and row.data in ("", order)]
    values = {row.float_abi for row in rows}
    if len(values) != 1 or values <= {"unknown"}:
        return UNKNOWN
    return Fact(values.pop(), Certainty.GUESSED, interpreter.evidence, "as the interpreter's name says")
