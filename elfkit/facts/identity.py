"""What the file is made for, as the ELF header states it."""

from __future__ import annotations

from elfkit.abi.header import EI_CLASS, EI_DATA, EI_OSABI, ET_NAMES, OSABI_NAMES
from elfkit.abi.machines import abi_variant, machine, machine_key
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image

ORDERS = {1: "little", 2: "big"}


def _ident_evidence(image: Image, name: str, index: int) -> Evidence:
    value = image.header.ident[index]
    return Evidence(name, index, image.header.ident[index : index + 1], value)


def elf_class_fact(image: Image) -> Fact[int]:
    """The bits of an address, 32 or 64."""
    proof = _ident_evidence(image, "EI_CLASS", EI_CLASS)
    return Fact(image.layout.word_size * 8, Certainty.STATED, (proof,))


def data_fact(image: Image) -> Fact[str]:
    """The byte order, "little" or "big"."""
    return Fact(ORDERS[image.layout.data], Certainty.STATED, (_ident_evidence(image, "EI_DATA", EI_DATA),))


def osabi_fact(image: Image) -> Fact[str]:
    """The ELFOSABI_* name of EI_OSABI, in hexadecimal where it has none."""
    proof = _ident_evidence(image, "EI_OSABI", EI_OSABI)
    number = image.header.ident[EI_OSABI]
    return Fact(OSABI_NAMES.get(number, f"{number:#x}"), Certainty.STATED, (proof,))


def machine_fact(image: Image) -> Fact[str]:
    """The key of the machine's row ("mips"), "em-<number>" for one that has none."""
    proof = image.header_evidence("e_machine")
    number = image.header.machine
    row = machine(number)
    return Fact(machine_key(number), Certainty.STATED, (proof,), row.elf_name if row else "")


def type_fact(image: Image) -> Fact[str]:
    """The ET_* name of e_type, in hexadecimal where it has none."""
    number = image.header.type
    return Fact(ET_NAMES.get(number, f"{number:#x}"), Certainty.STATED, (image.header_evidence("e_type"),))


def flags_fact(image: Image) -> Fact[int]:
    """e_flags, whose meaning is the machine's."""
    return Fact(image.header.flags, Certainty.STATED, (image.header_evidence("e_flags"),))


def abi_variant_fact(image: Image) -> Fact[str]:
    """Which of a machine's several ABIs ("o32", "n32", "x32", "elfv2"); "" where it has one or does not say."""
    row = machine(image.header.machine)
    name = abi_variant(row, image.header.flags, image.layout.elf_class) if row else ""
    if not name:
        return Fact("", Certainty.UNKNOWN)
    return Fact(name, Certainty.STATED, (image.header_evidence("e_flags"),))
