import pytest

from elfkit.abi import segments
from elfkit.abi.header import EM_AARCH64, EM_ARM, EM_MIPS, EM_RISCV, EM_X86_64
from elfkit.abi.segments import PT_LOAD, permissions, segment_name
from tests.abi.pyelftools import disagreements, witnessed

PROCESSORS = {EM_ARM: "ENUM_P_TYPE_ARM", EM_AARCH64: "ENUM_P_TYPE_AARCH64", EM_MIPS: "ENUM_P_TYPE_MIPS"}


def test_numbers_equal_those_of_pyelftools() -> None:
    assert disagreements(segments, "ENUM_P_TYPE_BASE", *PROCESSORS.values(), "ENUM_P_TYPE_RISCV") == []


@pytest.mark.parametrize("name", witnessed("ENUM_P_TYPE_BASE"))
def test_every_type_that_pyelftools_knows_is_named_alike(name: str) -> None:
    assert segment_name(witnessed("ENUM_P_TYPE_BASE")[name], EM_X86_64) == name


def test_one_number_of_the_processors_range_has_another_name_on_every_machine() -> None:
    names = [segment_name(0x70000003, machine) for machine in (EM_MIPS, EM_RISCV, EM_X86_64)]
    assert names == ["PT_MIPS_ABIFLAGS", "PT_RISCV_ATTRIBUTES", "0x70000003"]
    assert segment_name(0x70000001, EM_ARM) == "PT_ARM_EXIDX"


def test_a_number_without_a_name_is_printed_as_hex() -> None:
    assert segment_name(0x6474E5FF, EM_MIPS) == "0x6474e5ff"


def test_range_marks_name_nothing() -> None:
    assert segment_name(segments.PT_LOOS, EM_MIPS) == "0x60000000"
    assert segment_name(segments.PT_HIPROC, EM_MIPS) == "0x7fffffff"


@pytest.mark.parametrize(("flags", "text"), [(0, "   "), (5, "R E"), (6, "RW "), (7, "RWE"), (0x80000004, "R  ")])
def test_permissions_read_as_readelf_prints_them(flags: int, text: str) -> None:
    assert permissions(flags) == text


def test_a_load_segment_is_the_same_everywhere() -> None:
    assert {segment_name(PT_LOAD, machine) for machine in (0, EM_ARM, EM_MIPS, 0xFFFF)} == {"PT_LOAD"}
