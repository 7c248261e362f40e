from elfkit.abi import notes
from elfkit.abi.notes import note_name
from tests.abi.pyelftools import disagreements, witnessed


def test_numbers_equal_those_of_pyelftools() -> None:
    assert disagreements(notes, "ENUM_NOTE_N_TYPE", "ENUM_NOTE_ABI_TAG_OS", "ENUM_NOTE_GNU_PROPERTY_TYPE") == []


def test_every_gnu_note_that_pyelftools_knows_is_named_alike() -> None:
    theirs = {name: number for name, number in witnessed("ENUM_NOTE_N_TYPE").items() if name.startswith("NT_GNU_")}
    assert {name: note_name(b"GNU", number) for name, number in theirs.items()} == {name: name for name in theirs}
    assert "NT_GNU_BUILD_ID" in theirs


def test_a_type_means_something_only_with_its_owner() -> None:
    assert note_name(b"GNU", 4) == "NT_GNU_GOLD_VERSION"
    assert note_name(b"Go", 4) == "NT_GO_BUILDID"
    assert note_name(b"stranger", 4) == "0x4"
