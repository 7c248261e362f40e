import pytest
from elftools.elf import enums

from elfkit.abi import dynamic
from elfkit.abi.dynamic import DF_1_NAMES, DF_NAMES, tag_name
from elfkit.abi.header import EM_AARCH64, EM_MIPS, EM_NONE, EM_PPC, EM_PPC64, EM_RISCV, EM_X86_64
from tests.abi.pyelftools import disagreements, witnessed

# Sun's own tags, and a mark that shares the number of DT_PREINIT_ARRAY.
NOT_OURS = {name for name in witnessed("ENUM_D_TAG_COMMON") if name.startswith("DT_SUNW_") or name == "DT_ENCODING"}


def test_numbers_equal_those_of_pyelftools() -> None:
    assert disagreements(dynamic, "ENUM_D_TAG_COMMON", "ENUM_D_TAG_MIPS", "ENUM_D_TAG_AARCH64") == []


def test_flags_equal_those_of_pyelftools() -> None:
    flags = {value: name for name, value in witnessed("ENUM_DT_FLAGS").items()}
    flags_1 = {value: name for name, value in witnessed("ENUM_DT_FLAGS_1").items()}
    assert flags == DF_NAMES
    assert {value: DF_1_NAMES.get(value) for value in flags_1} == flags_1


@pytest.mark.parametrize("name", sorted(set(witnessed("ENUM_D_TAG_COMMON")) - NOT_OURS))
def test_every_tag_that_pyelftools_knows_is_named_alike(name: str) -> None:
    number = witnessed("ENUM_D_TAG_COMMON")[name]
    assert tag_name(number, EM_NONE) == name


@pytest.mark.parametrize("name", witnessed("ENUM_D_TAG_MIPS"))
def test_every_mips_tag_is_named_on_mips_alone(name: str) -> None:
    number = enums.ENUM_D_TAG_MIPS[name]
    assert tag_name(number, EM_MIPS) == name
    assert tag_name(number, EM_NONE) == f"{number:#x}"


def test_one_number_of_the_processors_range_has_another_name_on_every_machine() -> None:
    machines = (EM_X86_64, EM_AARCH64, EM_RISCV, EM_MIPS, EM_PPC64, EM_PPC)
    assert [tag_name(0x70000001, machine) for machine in machines] == [
        "DT_X86_64_PLTSZ",
        "DT_AARCH64_BTI_PLT",
        "DT_RISCV_VARIANT_CC",
        "DT_MIPS_RLD_VERSION",
        "DT_PPC64_OPD",
        "DT_PPC_OPT",
    ]


def test_sun_s_tags_at_the_end_of_the_processors_range_are_named_on_every_machine() -> None:
    assert {tag_name(0x7FFFFFFF, machine) for machine in (EM_MIPS, EM_NONE, EM_X86_64)} == {"DT_FILTER"}


def test_tag_32_is_an_array_and_no_range_mark() -> None:
    assert tag_name(32, EM_NONE) == "DT_PREINIT_ARRAY"


def test_a_number_without_a_name_is_printed_as_hex() -> None:
    assert tag_name(0x6FFFFD01, EM_MIPS) == "0x6ffffd01"
