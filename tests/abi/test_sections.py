import pytest

from elfkit.abi import sections
from elfkit.abi.header import EM_AARCH64, EM_ARM, EM_MIPS, EM_NONE, EM_RISCV
from elfkit.abi.sections import section_type_name
from tests.abi.pyelftools import disagreements, witnessed

PROCESSORS = {
    EM_ARM: "ENUM_SH_TYPE_ARM",
    EM_AARCH64: "ENUM_SH_TYPE_AARCH64",
    EM_MIPS: "ENUM_SH_TYPE_MIPS",
    EM_RISCV: "ENUM_SH_TYPE_RISCV",
}


def test_numbers_equal_those_of_pyelftools() -> None:
    assert disagreements(sections, "ENUM_SH_TYPE_BASE", "ENUM_ST_SHNDX", *PROCESSORS.values()) == []


@pytest.mark.parametrize("name", sorted(set(witnessed("ENUM_SH_TYPE_BASE")) - {"SHT_SUNW_LDYNSYM"}))
def test_every_type_that_pyelftools_knows_is_named_alike(name: str) -> None:
    assert section_type_name(witnessed("ENUM_SH_TYPE_BASE")[name], EM_NONE) == name


@pytest.mark.parametrize("machine", PROCESSORS)
def test_the_processors_types_are_named_alike(machine: int) -> None:
    base = witnessed("ENUM_SH_TYPE_BASE")
    theirs = {name: number for name, number in witnessed(PROCESSORS[machine]).items() if name not in base}
    assert theirs
    assert {section_type_name(number, machine) for number in theirs.values()} == set(theirs)


def test_a_number_without_a_name_is_printed_as_hex() -> None:
    assert section_type_name(0x70000003, EM_NONE) == "0x70000003"
    assert section_type_name(0x6FFF4C0F, EM_ARM) == "0x6fff4c0f"
