"""What sort of file this is, told by its own bytes alone."""

from __future__ import annotations

from enum import Enum, unique

from elfkit.abi.dynamic import DF_1_PIE, DT_DEBUG, DT_FLAGS_1, DT_MIPS_RLD_MAP, DT_MIPS_RLD_MAP_REL, DT_SONAME
from elfkit.abi.header import EM_MIPS, ET_CORE, ET_DYN, ET_EXEC, ET_REL
from elfkit.abi.sections import SHF_EXECINSTR, SHT_NOBITS
from elfkit.abi.segments import PF_X, PT_DYNAMIC, PT_INTERP
from elfkit.evidence import Certainty, Damage, Evidence, Fact
from elfkit.facts.identity import type_fact
from elfkit.image.image import Image

MODULE_SECTION = b".gnu.linkonce.this_module\0"


@unique
class Kind(Enum):
    """What sort of file an image is."""

    EXECUTABLE = "executable"  # ET_EXEC that asks for an interpreter
    PIE = "pie"
    STATIC = "static"
    STATIC_PIE = "static-pie"
    SHARED = "shared"
    RELOCATABLE = "relocatable"
    MODULE = "module"  # a Linux kernel module
    CORE = "core"
    DEBUG_ONLY = "debug-only"  # detached debug information: headers without the bytes they describe
    UNKNOWN = "unknown"

    __hash__ = object.__hash__  # members are unique; Enum's own hash of the name is ten times slower, on hot paths


PROGRAMS = frozenset({Kind.EXECUTABLE, Kind.PIE, Kind.STATIC, Kind.STATIC_PIE})
DYNAMIC_PROGRAMS = frozenset({Kind.EXECUTABLE, Kind.PIE})
LOADED = PROGRAMS | {Kind.SHARED}  # what the kernel or a loader maps to run it


def kind_fact(image: Image) -> Fact[Kind]:
    """The kind, with e_type and what decided beyond it as evidence."""
    decide = DECIDE.get(image.header.type)
    if decide is None:
        return Fact(Kind.UNKNOWN, Certainty.UNKNOWN, (image.header_evidence("e_type"),))
    if decide in (_fixed, _movable):
        emptied = _emptied(image)
        if emptied:
            return Fact(Kind.DEBUG_ONLY, Certainty.DERIVED, (emptied,), "its code has no bytes in the file")
    return decide(image)


def _emptied(image: Image) -> Evidence | None:
    """Return what shows that the code is not in the file: no bytes for it, or sections that say NOBITS."""
    codes = [load for load in image.loads if load.flags & PF_X and load.memsz]
    if not codes:
        return None
    code = codes[0]
    if not code.filesz:
        described = next((s for s in image.segments if s.type in (PT_DYNAMIC, PT_INTERP)), None)
        if described is None or not described.filesz:
            return image.segment_evidence(code, "p_filesz")
    if any(anomaly.damage is Damage.TRUNCATED for anomaly in image.anomalies):
        texts = [row.type for row in image.sections.rows if row.flags & SHF_EXECINSTR]
        if texts and all(kind == SHT_NOBITS for kind in texts):
            return Evidence("sh_type", image.header.shoff, b"", "every code section is SHT_NOBITS")
    return None


def _relocatable(image: Image) -> Fact[Kind]:
    table = image.sections
    if table.names < len(table.rows):
        row = table.rows[table.names]
        names = image.source.view(row.offset, min(row.size, image.source.limits.string_table_bytes))
        # a linker stores it as the end of ".rela.gnu.linkonce.this_module": the sections say where their names begin
        place = next((section.name for section in table.rows if names.startswith(MODULE_SECTION, section.name)), None)
        if place is not None:
            name = MODULE_SECTION.strip(b"\0")
            proof = Evidence("section name", row.offset + place, name, name.decode())
            return Fact(Kind.MODULE, Certainty.DERIVED, (image.header_evidence("e_type"), proof))
    return Fact(Kind.RELOCATABLE, Certainty.STATED, (image.header_evidence("e_type"),))


def _core(image: Image) -> Fact[Kind]:
    return Fact(Kind.CORE, Certainty.STATED, (image.header_evidence("e_type"),))


def _interpreter(image: Image) -> tuple[Evidence, ...]:
    found = image.of_type(PT_INTERP)
    return (image.segment_evidence(found[0], "p_type", "PT_INTERP"),) if found else ()


def _fixed(image: Image) -> Fact[Kind]:
    asks = _interpreter(image)
    kind = Kind.EXECUTABLE if asks else Kind.STATIC
    return Fact(kind, Certainty.DERIVED, (*type_fact(image).evidence, *asks))


def _movable(image: Image) -> Fact[Kind]:
    """ET_DYN is a library or a program: DF_1_PIE says so; older linkers leave it out, then other marks tell.

    libc.so.6 has an interpreter too: what bears DT_SONAME is a library. Linkers write DT_DEBUG (on MIPS
    DT_MIPS_RLD_MAP) into programs only.
    """
    asks = _interpreter(image)
    program = Kind.PIE if asks else Kind.STATIC_PIE
    proof = (*type_fact(image).evidence, *asks)
    values = image.dynamic.values if image.dynamic else {}
    if values.get(DT_FLAGS_1, 0) & DF_1_PIE:
        return Fact(program, Certainty.STATED, (*proof, *image.dynamic_evidence(DT_FLAGS_1)))
    if DT_SONAME in values:
        return Fact(Kind.SHARED, Certainty.DERIVED, (*proof, *image.dynamic_evidence(DT_SONAME)))
    marks = (DT_DEBUG, DT_MIPS_RLD_MAP, DT_MIPS_RLD_MAP_REL) if image.header.machine == EM_MIPS else (DT_DEBUG,)
    mark = next((tag for tag in marks if tag in values), None)
    if mark is not None:
        return Fact(program, Certainty.DERIVED, (*proof, *image.dynamic_evidence(mark)))
    return Fact(Kind.PIE if asks else Kind.SHARED, Certainty.GUESSED, proof)


DECIDE = {ET_REL: _relocatable, ET_CORE: _core, ET_EXEC: _fixed, ET_DYN: _movable}
