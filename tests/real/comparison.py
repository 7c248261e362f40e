"""elfkit's facts and readelf's words, brought to one vocabulary: two dictionaries with the same keys.

Each side is translated on its own, from what it prints; a name that one side does not know is a KeyError, not a guess.
Where readelf has no words for something, there is nothing to compare.
"""

import re
import struct
from collections.abc import Mapping
from enum import Enum, unique
from typing import Final

from elfkit.facts.facts import Facts
from tests.real.readelf import Witness

MACHINES: Final = {
    "MIPS R3000": "mips",
    "ARM": "arm",
    "AArch64": "aarch64",
    "PowerPC64": "powerpc64",
    "IBM S/390": "s390",
    "RISC-V": "riscv",
    "LoongArch": "loongarch",
    "PowerPC": "powerpc",
    "Alpha": "alpha",
    "Advanced Micro Devices X86-64": "x86_64",
    "Intel 80386": "i386",
}
ONE_WAY: Final = frozenset({"aarch64", "alpha", "s390", "x86_64", "i386"})
"""Machines that pass floating point in one way only: no word of readelf's is needed."""

VARIANTS: Final = {"Version5 EABI": "eabi5", "o32": "o32", "abi2": "n32", "abiv1": "elfv1", "abiv2": "elfv2"}
OSABIS: Final = {"UNIX - System V": "ELFOSABI_NONE", "UNIX - GNU": "ELFOSABI_GNU"}
FLOATS: Final = {"soft": "soft", "hard": "hard", "single": "single", "double": "hard", "quad": "quad"}
FP_ABIS: Final = {
    "Hard or soft float": "any",
    "Hard float (double precision)": "hard",
    "Hard float (single precision)": "single",
    "Soft float": "soft",
    "Hard float (32-bit CPU, Any FPU)": "hard",
    "Hard float (32-bit CPU, 64-bit FPU)": "hard",
    "Hard float compat (32-bit CPU, 64-bit FPU)": "hard",
}


@unique
class Form(Enum):
    """What is done to a file before elfkit reads it; what it says of itself must stay the same."""

    WHOLE = "as it is"
    CUT = "section headers cut"
    STRIPPED = "cut after the last segment"


def shaped(raw: bytes, witness: Witness, form: Form) -> bytes:
    """The bytes in that form. Cut: the ELF header points at no section headers; stripped: as sstrip leaves a file."""
    if form is Form.WHOLE:
        return raw
    copy = cut(raw)
    ends = [segment.offset + segment.filesz for segment in witness.segments]
    return copy[: max(ends)] if ends and form is Form.STRIPPED else copy


def cut(raw: bytes) -> bytes:
    """A copy whose ELF header points at no section headers."""
    order = "<" if raw[5] == 1 else ">"
    places = ((0x20, "I"), (0x30, "HH")) if raw[4] == 1 else ((0x28, "Q"), (0x3C, "HH"))
    copy = bytearray(raw)
    for offset, fields in places:
        struct.pack_into(order + fields, copy, offset, *(0 for _ in fields))
    return bytes(copy)


def witnessed(witness: Witness, size: int, form: Form) -> dict[str, object]:
    """What the facts must be, of a file that has `size` bytes in that form; without what readelf is silent on."""
    loads = [segment for segment in witness.segments if segment.type == "LOAD"]
    types = {segment.type for segment in witness.segments}
    relro = "full" if witness.bind_now else "partial"
    headers = form is Form.WHOLE and witness.section_count
    truth = {
        "elf_class": witness.elf_class,
        "data": witness.data,
        "osabi": OSABIS[witness.osabi],
        "machine": MACHINES[witness.machine],
        "type": f"ET_{witness.type}",
        "flags": witness.flags,
        "abi_variant": _variant(witness),
        "kind": _kind(witness),
        "interpreter": witness.interpreter,
        "needed": witness.needed,
        "soname": witness.soname,
        "rpath": witness.rpath,
        "runpath": witness.runpath,
        "float_abi": _float_abi(witness, form),
        "stack": _stack(witness),
        "writable_code": any({"W", "E"} <= set(load.flags) for load in loads),
        "relro": relro if "GNU_RELRO" in types else "none",
        "bind_now": witness.bind_now,
        "text_relocations": witness.textrel,
        "section_headers": "present" if headers else "absent",
        "sizes": (size, sum(load.filesz for load in loads), sum(load.memsz for load in loads)),
        "dynamic": "DYNAMIC" in types,
        "symbols": witness.symbol_count or (0 if witness.section_count else None),
        "build_id": witness.build_id,
        "anomalies": (),
    }
    silent = {name for name in ("abi_variant", "float_abi", "symbols") if truth[name] is None}
    return {name: value for name, value in truth.items() if name not in silent}


def stated(facts: Facts, truth: Mapping[str, object]) -> dict[str, object]:
    """What elfkit states, in the same words. A symbol count that is only bounded agrees when the truth lies within."""
    found: dict[str, object] = {}
    for name in truth:
        fact = getattr(facts, name)
        found[name] = fact.value if hasattr(fact, "value") else fact
    found["kind"] = facts.kind.value.value
    found["sizes"] = tuple(facts.sizes.value)
    found["symbols"] = _symbols(facts, truth.get("symbols"))
    found["anomalies"] = tuple(anomaly.detail for anomaly in facts.anomalies)
    return found


def differences(found: Mapping[str, object], truth: Mapping[str, object]) -> list[str]:
    """One line for each fact that is not as readelf says."""
    wrong = [name for name in truth if found[name] != truth[name]]
    return [f"{name}: elfkit says {found[name]!r}, readelf {truth[name]!r}" for name in wrong]


def _variant(witness: Witness) -> str | None:
    words = [word for word in witness.flag_words.split(", ") if word in VARIANTS]
    return VARIANTS[words[0]] if words else None


def _kind(witness: Witness) -> str:
    if witness.type == "EXEC":
        return "executable" if witness.interpreter else "static"
    if witness.pie:
        return "pie" if witness.interpreter else "static-pie"
    return {"DYN": "shared", "REL": "relocatable", "CORE": "core"}[witness.type]


def _float_abi(witness: Witness, form: Form) -> str | None:
    machine = MACHINES[witness.machine]
    if machine in ONE_WAY:
        return "none"
    if witness.fp_abi is not None:
        # an object file's words come from a section: they go with its header
        mapped = form is Form.WHOLE or any(segment.type == "ABIFLAGS" for segment in witness.segments)
        return FP_ABIS[witness.fp_abi] if mapped else None
    words = re.findall(r"\b(\w+)-float(?: abi)?(?:,|$)", witness.flag_words.lower())
    return FLOATS[words[0]] if words else None


def _stack(witness: Witness) -> str:
    asked = [segment.flags for segment in witness.segments if segment.type == "GNU_STACK"]
    if not asked:
        return "unstated"
    return "executable" if "E" in asked[-1] else "non-executable"


def _symbols(facts: Facts, truth: object) -> object:
    count = facts.symbols
    if count is None or not isinstance(truth, int):
        return None
    if count.total is None and count.low <= truth and (count.high is None or truth <= count.high):
        return truth
    return count.total if count.total is not None else (count.low, count.high)
