"""What the ELF header states."""

from __future__ import annotations

import pytest

from elfkit.abi.header import EM_ARM, EM_MIPS, EM_PPC64, EM_X86_64
from elfkit.evidence import Certainty
from tests.elfwriter import Elf, build, patch
from tests.image.proofs import concluded
from tests.image.samples import every_layout


@every_layout
def test_class_and_byte_order_are_those_of_e_ident(elf_class: int, data: int) -> None:
    facts = concluded(build(Elf(elf_class, data)))
    assert facts.elf_class == (
        32 * elf_class,
        Certainty.STATED,
        (("EI_CLASS", 4, bytes([elf_class]), elf_class, ""),),
        "",
    )
    order = ("little", "big")[data - 1]
    assert facts.data == (order, Certainty.STATED, (("EI_DATA", 5, bytes([data]), data, ""),), "")


@pytest.mark.parametrize(("number", "name"), [(0, "ELFOSABI_NONE"), (3, "ELFOSABI_GNU"), (0x7B, "0x7b")])
def test_the_osabi_is_named_where_it_has_a_name(number: int, name: str) -> None:
    fact = concluded(patch(build(Elf()), 7, bytes([number]))).osabi
    assert fact == (name, Certainty.STATED, (("EI_OSABI", 7, bytes([number]), number, ""),), "")


@every_layout
def test_machine_type_and_flags_are_shown_with_their_bytes(elf_class: int, data: int) -> None:
    content = build(Elf(elf_class, data, machine=EM_MIPS, flags=0x70001007))
    facts = concluded(content)
    assert (facts.machine.value, facts.machine.detail, facts.e_machine) == ("mips", "EM_MIPS", 8)
    assert (facts.type.value, facts.flags.value) == ("ET_DYN", 0x70001007)
    at = (36, 48)[elf_class - 1]
    assert facts.flags.evidence == (("e_flags", at, content[at : at + 4], 0x70001007, ""),)


def test_a_machine_and_a_type_of_nobody_keep_their_numbers() -> None:
    facts = concluded(build(Elf(machine=0x1234, type=0xFE77)))
    assert (facts.machine.value, facts.machine.detail, facts.e_machine) == ("em-4660", "", 0x1234)
    assert facts.type.value == "0xfe77"


@pytest.mark.parametrize(
    ("elf", "variant"),
    [
        (Elf(1, 2, machine=EM_MIPS, flags=0x70001007), "o32"),
        (Elf(1, 2, machine=EM_MIPS, flags=0x80000027), "n32"),
        (Elf(2, 2, machine=EM_MIPS, flags=0x80000007), "n64"),
        (Elf(1, 1, machine=EM_ARM, flags=0x05000200), "eabi5"),
        (Elf(2, 1, machine=EM_PPC64, flags=2), "elfv2"),
        (Elf(1, 1, machine=EM_X86_64), "x32"),
    ],
)
def test_the_variant_is_what_the_flags_of_the_machine_say(elf: Elf, variant: str) -> None:
    assert concluded(build(elf)).abi_variant.value == variant


def test_a_machine_with_one_abi_has_no_variant() -> None:
    assert concluded(build(Elf())).abi_variant == ("", Certainty.UNKNOWN, (), "")
