from elfkit.abi import symbols
from tests.abi.pyelftools import disagreements


def test_numbers_equal_those_of_pyelftools() -> None:
    tables = ("ENUM_ST_INFO_BIND", "ENUM_ST_INFO_TYPE", "ENUM_ST_VISIBILITY")
    assert disagreements(symbols, *tables) == []


def test_bindings_types_and_visibilities_have_the_specification_s_names() -> None:
    assert symbols.STB_NAMES == {0: "STB_LOCAL", 1: "STB_GLOBAL", 2: "STB_WEAK", 10: "STB_GNU_UNIQUE"}
    assert symbols.STT_NAMES[10] == "STT_GNU_IFUNC"
    assert len(symbols.STT_NAMES) == 8
    assert symbols.STV_NAMES == {0: "STV_DEFAULT", 1: "STV_INTERNAL", 2: "STV_HIDDEN", 3: "STV_PROTECTED"}


def test_the_hidden_bit_and_the_version_share_a_half_word() -> None:
    assert symbols.VERSYM_HIDDEN | symbols.VERSYM_VERSION == 0xFFFF
    assert symbols.VERSYM_HIDDEN & symbols.VERSYM_VERSION == 0
