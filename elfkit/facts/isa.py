"""What the file's code demands of a CPU: a level, and what it needs beside that.

Rank of what tells the level: PT_MIPS_ABIFLAGS; build attributes; GNU properties; e_flags, which on some machines tell
the least only ("bounded"). Extensions are collected from all of them. "" where nothing tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from elfkit.abi.attributes import RISCV
from elfkit.abi.isa import UNKNOWN_ISA, Isa
from elfkit.abi.machines import Machine, flag_isa, machine
from elfkit.abi.machines.riscv import TAG_RISCV_ARCH
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.abi_flags import UNKNOWN_FACT, AbiFlags
from elfkit.facts.identity import KEPT
from elfkit.image.image import Image

if TYPE_CHECKING:
    from elfkit.facts.properties import GnuProperty
    from elfkit.formats.attributes import Attribute

MOST_ARCH = 4096  # characters of an arch string: compilers write some hundred


def isa_fact(image: Image, flags: AbiFlags | None, properties: Iterable[GnuProperty]) -> Fact[Isa]:
    """The level that the code needs and what beside it; evidence is every field that told."""
    header, records = image.header, image.layout
    if flags is not None:
        return flags.isa
    row = machine(header.machine)
    if row is None:
        return UNKNOWN_FACT
    stated, proofs = _told(image, row, properties)
    base, extensions = _of_flags(header.machine, header.flags, records.elf_class, records.data)
    if stated.base:
        return Fact(_joined(stated.base, (*stated.extensions, *_further(stated, extensions))), Certainty.STATED, proofs)
    if base is None and not extensions:
        return Fact(stated, Certainty.BOUNDED, proofs) if stated.extensions else UNKNOWN_FACT
    # of PowerPC and OpenRISC an extension may be known where no level is
    name, least = base or ("", True)
    isa = _joined(name, (*stated.extensions, *extensions))
    return Fact(isa, Certainty.BOUNDED if least else Certainty.STATED, (image.header_evidence("e_flags"), *proofs))


def _told(image: Image, row: Machine, properties: Iterable[GnuProperty]) -> tuple[Isa, tuple[Evidence, ...]]:
    """Return what attributes and properties tell, and the proof."""
    if row.isa_properties:
        from elfkit.facts.properties import find_bits  # here: few machines have them

        found = find_bits(properties, row.isa_properties)
        return (Isa(found[-1][0]), (found[-1][1],)) if found else (UNKNOWN_ISA, ())
    arch = image.attributes.last(RISCV, TAG_RISCV_ARCH) if row.attribute_segment else None
    if arch is not None:
        return _of_arch(arch[0].text[:MOST_ARCH]), (arch[1],)
    return _of_attributes(image, row) if row.isa_attributes else (UNKNOWN_ISA, ())


def _of_attributes(image: Image, row: Machine) -> tuple[Isa, tuple[Evidence, ...]]:
    attributes = image.attributes
    isa, told = _matched(row.e_machine, tuple([place.rows for place in attributes.places]))
    found = [attributes.last(vendor, tag) for vendor, tag in told]
    return isa, tuple([proof for _, proof in filter(None, found)])


@lru_cache(KEPT)
def _matched(e_machine: int, places: tuple[tuple[Attribute, ...], ...]) -> tuple[Isa, tuple[tuple[str, int], ...]]:
    """Return what attributes tell, and vendor and tag of those that told: most files of a tree have the same."""
    numbers = {(row.vendor, row.tag): row.number for rows in places for row in rows}
    machine_row = machine(e_machine)
    base, extensions, told = "", [], []
    for row in machine_row.isa_attributes if machine_row else ():
        beside = row.beside is None or numbers.get((row.vendor, row.beside[0])) == row.beside[1]
        if (row.base and base) or not beside or numbers.get((row.vendor, row.tag)) != row.value:
            continue
        told += [(row.vendor, tag) for tag in (row.beside[0] if row.beside else row.tag, row.tag)]
        base = base or row.base
        extensions += [row.extension] if row.extension else []
    return _joined(base, tuple(extensions)), tuple(dict.fromkeys(told))


def _further(stated: Isa, extensions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the extensions that e_flags tell beside an arch string, which names them with their versions."""
    return tuple([name for name in extensions if not any(known.startswith(name) for known in stated.extensions)])


@lru_cache(KEPT)
def _joined(base: str, extensions: tuple[str, ...]) -> Isa:
    return Isa(base, tuple(dict.fromkeys(extensions)))


@lru_cache(KEPT)
def _of_arch(text: str) -> Isa:
    from elfkit.abi.riscv_arch import riscv_isa  # here: its patterns are compiled for RISC-V alone

    return riscv_isa(text)


@lru_cache(KEPT)
def _of_flags(
    e_machine: int, e_flags: int, elf_class: int, data: int
) -> tuple[tuple[str, bool] | None, tuple[str, ...]]:
    row = machine(e_machine)
    base, extensions = flag_isa(row, e_flags, elf_class, data) if row else (None, ())
    return (base.base, base.least) if base else None, extensions
