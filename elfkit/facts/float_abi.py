"""How the file passes floating point to others, by ranked evidence; "unknown" where nothing tells.

Rank: a machine with one way only; PT_MIPS_ABIFLAGS; e_flags; last the interpreter's name, which is a guess:
clang asks for the hard-float loader of MIPS, RISC-V and LoongArch whatever the float ABI.
"""

from __future__ import annotations

from elfkit.abi.header import EM_MIPS
from elfkit.abi.interpreters import interpreter_rows
from elfkit.abi.machines import Machine, flag_float, machine
from elfkit.abi.machines.mips import FP_ABI
from elfkit.abi.segments import PT_MIPS_ABIFLAGS
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.identity import ORDERS
from elfkit.image.image import Image

UNKNOWN: Fact[str] = Fact("unknown", Certainty.UNKNOWN)


def float_abi_fact(image: Image, interpreter: Fact[str | None]) -> Fact[str]:
    """The float ABI: soft, hard, single, quad, any, none or unknown; ``detail`` says which sort of it."""
    row = machine(image.header.machine)
    if row is None:
        return UNKNOWN
    if row.float_abi_none:
        return Fact("none", Certainty.DERIVED, (image.header_evidence("e_machine"),), f"{row.title} has one way only")
    return _stated(image, row) or _from_interpreter(image, interpreter)


def _stated(image: Image, row: Machine) -> Fact[str] | None:
    if row.e_machine == EM_MIPS:
        return _from_abiflags(image)
    flags = flag_float(row, image.header.flags)
    if flags is None:
        return None
    return Fact(flags.float_abi, Certainty.STATED, (image.header_evidence("e_flags"),), flags.detail)


def _from_abiflags(image: Image) -> Fact[str] | None:
    segment = next((s for s in image.segments if s.type == PT_MIPS_ABIFLAGS), None)
    record = image.layout.mips_abiflags
    if segment is None or segment.filesz < record.size:
        return None
    within, size = record.spans["fp_abi"]
    raw = image.source.view(segment.offset + within, size)
    if not raw or raw[0] >= len(FP_ABI):
        return None
    value, detail = FP_ABI[raw[0]]
    proof = Evidence("PT_MIPS_ABIFLAGS fp_abi", segment.offset + within, raw, raw[0])
    return Fact(value, Certainty.STATED, (proof,), detail)


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
