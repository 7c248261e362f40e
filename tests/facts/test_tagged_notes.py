"""What notes say: the oldest kernel, and what is opened at run time."""

import json
import subprocess
from struct import pack

import pytest

from elfkit.evidence import Certainty
from elfkit.facts.tagged_notes import Dlopen
from tests.elfwriter import Elf, Note, build
from tests.firmware.plants import FIXTURES
from tests.image.proofs import at_most, concluded, unproven
from tests.image.samples import every_layout
from tests.needs import needs

TAGGED = FIXTURES / "rules/EK209/bad/usr/bin/tool"
OPENER = FIXTURES / "rules/EK315/bad/usr/bin/tool"


def opened(descriptor: bytes) -> tuple[Dlopen, ...]:
    fact = concluded(build(Elf(notes=(Note(b"FDO", 0x407C0C0A, descriptor),)))).dlopens
    assert fact is not None
    return fact.value


@every_layout
def test_the_kernel_is_read_in_the_file_s_byte_order(elf_class: int, data: int) -> None:
    order = "<" if data == 1 else ">"
    content = build(Elf(elf_class, data, notes=(Note(b"GNU", 1, pack(f"{order}4I", 0, 4, 19, 0)),)))
    facts = concluded(content)
    assert facts.kernel is not None
    assert (facts.kernel.value, facts.kernel.certainty) == ("4.19.0", Certainty.STATED)
    assert not unproven(content, facts)


@pytest.mark.parametrize(
    "note",
    [
        Note(b"GNU", 1, pack("<4I", 1, 4, 19, 0)),  # the Hurd
        Note(b"GNU", 1, pack("<3I", 0, 4, 19)),
        Note(b"Go", 1, pack("<4I", 0, 4, 19, 0)),
        Note(b"GNU", 3, pack("<4I", 0, 4, 19, 0)),
    ],
    ids=str,
)
def test_other_notes_name_no_kernel(note: Note) -> None:
    fact = concluded(build(Elf(notes=(note,)))).kernel
    assert fact is not None
    assert fact.value is None


@needs("readelf")
def test_the_kernel_is_the_one_that_readelf_prints() -> None:
    said = subprocess.run(["readelf", "-nW", TAGGED], capture_output=True, text=True, check=True).stdout
    fact = concluded(TAGGED.read_bytes()).kernel
    assert fact is not None
    assert f"OS: Linux, ABI: {fact.value}" in said


def test_a_group_of_names_is_read_with_its_feature_and_priority() -> None:
    row = {"soname": ["liba.so.2", "liba.so.1"], "feature": "audio", "priority": "suggested", "description": "x"}
    other = {"soname": "libb.so.1"}
    found = opened(json.dumps([row, other]).encode() + b"\0")
    assert found == (
        Dlopen(("liba.so.2", "liba.so.1"), "audio", "suggested"),
        Dlopen(("libb.so.1",), "", "recommended"),
    )


def test_a_linked_file_says_what_it_opens() -> None:
    content = OPENER.read_bytes()
    fact = concluded(content).dlopens
    assert fact is not None
    assert fact.value == (Dlopen(("libplain.so", "libplain.so.0"), "vpn", "required"),)
    assert not unproven(content, fact)


@pytest.mark.parametrize(
    "descriptor",
    [b"", b"{", b"[]", b"{}", b"[1, null]", b'[{"soname": 7}]', b'[{"soname": []}]', b'[{"soname": [1]}]', b"\xff\xfe"],
)
def test_what_is_no_list_of_groups_says_nothing(descriptor: bytes) -> None:
    assert opened(descriptor) == ()


@pytest.mark.parametrize(
    "descriptor",
    [b"[" * 60_000, b"[{" * 30_000, b'{"a":' * 10_000, b"1" * 60_000, b"[ " * 30_000],
    ids=["brackets", "both", "objects", "digits", "blanks"],
)
def test_a_note_made_to_nest_or_to_last_ends_soon(descriptor: bytes) -> None:
    with at_most(2):
        assert opened(descriptor) == ()


def test_the_groups_of_one_file_and_the_names_of_a_group_are_bounded() -> None:
    rows = json.dumps([{"soname": [f"lib{name}.so" for name in range(40)]} for _ in range(400)]).encode()
    found = opened(rows)
    assert len(found) <= 256
    assert all(len(row.sonames) <= 16 for row in found)
