"""What the file is made for, as the ELF header states it.

A firmware's files differ little here: a fact is made once for each value of its field, and shared.
"""

from __future__ import annotations

from functools import lru_cache

from elfkit.abi.header import EI_ABIVERSION, EI_CLASS, EI_DATA, EI_OSABI, ET_NAMES, OSABI_NAMES
from elfkit.abi.machines import abi_variant, machine, machine_key
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.formats.layout import Layout
from elfkit.image.image import Image

ORDERS = {1: "little", 2: "big"}
KEPT = 1024  # values remembered of one field: a tree of hostile files must not fill the memory


def elf_class_fact(image: Image) -> Fact[int]:
    """The bits of an address, 32 or 64."""
    return _elf_class(image.layout.elf_class)


def data_fact(image: Image) -> Fact[str]:
    """The byte order, "little" or "big"."""
    return _data(image.layout.data)


def osabi_fact(image: Image) -> Fact[str]:
    """The ELFOSABI_* name of EI_OSABI, in hexadecimal where it has none."""
    return _osabi(image.header.ident[EI_OSABI])


def abi_version_fact(image: Image) -> Fact[int]:
    """EI_ABIVERSION: which edition of the ABI that EI_OSABI names; 0 in nearly every file."""
    return _abi_version(image.header.ident[EI_ABIVERSION])


def machine_fact(image: Image) -> Fact[str]:
    """The key of the machine's row ("mips"), "em-<number>" for one that has none."""
    return _machine(image.layout, image.header.machine)


def type_fact(image: Image) -> Fact[str]:
    """The ET_* name of e_type, in hexadecimal where it has none."""
    return _type(image.layout, image.header.type)


def flags_fact(image: Image) -> Fact[int]:
    """e_flags, whose meaning is the machine's."""
    return _flags(image.layout, image.header.flags)


def abi_variant_fact(image: Image) -> Fact[str]:
    """Which of a machine's several ABIs ("o32", "n32", "x32", "elfv2"); "" where it has one or does not say."""
    return _abi_variant(image.layout, image.header.machine, image.header.flags, image.header.ident[EI_OSABI])


def _ident_evidence(name: str, index: int, value: int) -> Evidence:
    return Evidence(name, index, bytes([value]), value)


def header_field(records: Layout, field: str, value: int) -> Evidence:
    """Return a field of the ELF header as evidence: its bytes are its value in the file's byte order."""
    offset, size = records.ehdr.spans[field]
    return Evidence(field, offset, value.to_bytes(size, "little" if records.data == 1 else "big"), value)


@lru_cache(KEPT)
def _elf_class(elf_class: int) -> Fact[int]:
    return Fact({1: 32, 2: 64}[elf_class], Certainty.STATED, (_ident_evidence("EI_CLASS", EI_CLASS, elf_class),))


@lru_cache(KEPT)
def _data(data: int) -> Fact[str]:
    return Fact(ORDERS[data], Certainty.STATED, (_ident_evidence("EI_DATA", EI_DATA, data),))


@lru_cache(KEPT)
def _osabi(number: int) -> Fact[str]:
    name = OSABI_NAMES.get(number, f"{number:#x}")
    return Fact(name, Certainty.STATED, (_ident_evidence("EI_OSABI", EI_OSABI, number),))


@lru_cache(KEPT)
def _abi_version(number: int) -> Fact[int]:
    return Fact(number, Certainty.STATED, (_ident_evidence("EI_ABIVERSION", EI_ABIVERSION, number),))


@lru_cache(KEPT)
def _machine(records: Layout, number: int) -> Fact[str]:
    row = machine(number)
    proof = header_field(records, "e_machine", number)
    return Fact(machine_key(number), Certainty.STATED, (proof,), row.elf_name if row else "")


@lru_cache(KEPT)
def _type(records: Layout, number: int) -> Fact[str]:
    proof = header_field(records, "e_type", number)
    return Fact(ET_NAMES.get(number, f"{number:#x}"), Certainty.STATED, (proof,))


@lru_cache(KEPT)
def _flags(records: Layout, flags: int) -> Fact[int]:
    return Fact(flags, Certainty.STATED, (header_field(records, "e_flags", flags),))


@lru_cache(KEPT)
def _abi_variant(records: Layout, e_machine: int, flags: int, osabi: int) -> Fact[str]:
    row = machine(e_machine)
    name = abi_variant(row, flags, records.elf_class, osabi) if row else ""
    if not name:
        return Fact("", Certainty.UNKNOWN)
    return Fact(name, Certainty.STATED, (header_field(records, "e_flags", flags),))
