"""Elf_MIPS_ABIFlags, in which MIPS files say what they demand (MIPS O32 ABI - FR0 and FR1 Interlinking)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from elfkit.abi.isa import UNKNOWN_ISA, Isa
from elfkit.abi.machines import Machine, flag_isa, machine
from elfkit.abi.machines.mips import ASES, FP_ABI, FP_MODES, ISA_EXTENSIONS, ISA_LEVELS
from elfkit.abi.sections import section_type_name
from elfkit.abi.segments import segment_name
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.identity import KEPT
from elfkit.formats.layout import Layout
from elfkit.image.image import Image
from elfkit.image.sections import sections_of_type

UNKNOWN_MODE: Fact[str] = Fact("unknown", Certainty.UNKNOWN)
UNKNOWN_FACT: Fact[Isa] = Fact(UNKNOWN_ISA, Certainty.UNKNOWN)
ASE_NAMES = frozenset(name for _, name in ASES)


class AbiFlags(NamedTuple):
    """What the record says; ``float_abi`` is None where its fp_abi has no meaning."""

    float_abi: Fact[str] | None
    fp_mode: Fact[str]
    isa: Fact[Isa]


def abi_flags(image: Image, row: Machine) -> AbiFlags | None:
    """Return what the record says: in its segment, and where there is none in its section; None if it is not whole."""
    for segment in image.of_type(row.abi_flags_segment):
        return _read(image, segment_name(segment.type, row.e_machine), segment.offset, segment.filesz)
    for section in sections_of_type(image.opened, (row.abi_flags_section,)):
        return _read(image, section_type_name(section.type, row.e_machine), section.offset, section.size)
    return None


def _read(image: Image, source: str, offset: int, size: int) -> AbiFlags | None:
    whole = image.layout.mips_abiflags.size
    raw = image.source.view(offset, whole)
    if size < whole or len(raw) < whole:
        return None
    return _concluded(image.layout, source, offset, raw, (image.header.machine, image.header.flags))


@lru_cache(KEPT)
def _concluded(records: Layout, source: str, offset: int, raw: bytes, header: tuple[int, int]) -> AbiFlags:
    """Return what a record says: most files of a tree have the same one at the same place."""
    fields = dict(zip(records.mips_abiflags.codes, records.mips_abiflags.reader.unpack(raw), strict=True))

    def proof(field: str) -> Evidence:
        within, size = records.mips_abiflags.spans[field]
        return Evidence(f"{source} {field}", offset + within, raw[within : within + size], fields[field])

    isa = _isa(fields, *header)
    told = ("isa_level", "isa_rev", *[field for field in ("isa_ext", "ases") if fields[field]])
    stated = Fact(isa, Certainty.STATED, tuple([proof(field) for field in told])) if isa.base else UNKNOWN_FACT
    number = fields["fp_abi"]
    if number >= len(FP_ABI):
        return AbiFlags(None, UNKNOWN_MODE, stated)
    value, detail = FP_ABI[number]
    proofs = (proof("fp_abi"),)
    mode = Fact(FP_MODES[number], Certainty.STATED, proofs)
    return AbiFlags(Fact(value, Certainty.STATED, proofs, detail), mode, stated)


def _isa(fields: dict[str, int], e_machine: int, e_flags: int) -> Isa:
    """Return the ISA; e_flags name the CPU too, less exactly than isa_ext does."""
    base = ISA_LEVELS.get((fields["isa_level"], fields["isa_rev"]), "")
    row = machine(e_machine)
    _, told = flag_isa(row, e_flags, 0, 0) if row else (None, ())
    ext = fields["isa_ext"]
    own = [ISA_EXTENSIONS.get(ext, f"isa-ext-{ext}")] if ext else [name for name in told if name not in ASE_NAMES]
    listed = [name for bit, name in ASES if fields["ases"] & bit]
    return Isa(base, tuple(dict.fromkeys((*own, *listed, *[name for name in told if name in ASE_NAMES]))))
