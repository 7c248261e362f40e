from elfkit.abi import header
from elfkit.abi.machines import BY_NUMBER
from tests.abi.pyelftools import disagreements, missing


def test_numbers_equal_those_of_pyelftools() -> None:
    tables = ("ENUM_EI_CLASS", "ENUM_EI_DATA", "ENUM_EI_OSABI", "ENUM_E_TYPE", "ENUM_E_VERSION")
    assert disagreements(header, *tables) == []


def test_classes_byte_orders_and_types_are_complete() -> None:
    assert missing(header, "ENUM_EI_CLASS") | missing(header, "ENUM_EI_DATA") | missing(header, "ENUM_E_TYPE") == set()


def test_the_identification_is_sixteen_bytes_with_the_magic_first() -> None:
    assert bytes([0x7F, 0x45, 0x4C, 0x46]) == header.ELF_MAGIC
    assert (header.EI_CLASS, header.EI_DATA, header.EI_VERSION, header.EI_OSABI, header.EI_NIDENT) == (4, 5, 6, 7, 16)


def test_types_and_abis_have_the_specification_s_names() -> None:
    assert header.ET_NAMES == {0: "ET_NONE", 1: "ET_REL", 2: "ET_EXEC", 3: "ET_DYN", 4: "ET_CORE"}
    assert header.OSABI_NAMES[3] == "ELFOSABI_GNU"
    assert header.OSABI_NAMES[97] == "ELFOSABI_ARM"


def test_every_machine_named_here_has_its_row() -> None:
    named = {value: name for name, value in vars(header).items() if name.startswith("EM_")}
    assert {number: BY_NUMBER[number].elf_name for number in named} == named
