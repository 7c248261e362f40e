"""The system that notes name, in bytes as the systems' own start files have them."""

import struct

import pytest

from elfkit.abi.header import EM_AARCH64
from elfkit.evidence import Certainty, Fact
from tests.elfwriter import Elf, Note, build
from tests.image.proofs import concluded, unproven


def system(*notes: Note, data: int = 1) -> Fact[str | None]:
    content = build(Elf(2, data, machine=EM_AARCH64, notes=notes))
    fact = concluded(content).system
    assert fact is not None
    assert unproven(content, fact) == []
    return fact


ANDROID = struct.pack("<I", 21) + b"r25c".ljust(64, b"\0") + b"9519653".ljust(64, b"\0")


@pytest.mark.parametrize(
    ("note", "value", "detail"),
    [
        (Note(b"GNU", 1, struct.pack("<4I", 0, 3, 7, 0)), "Linux 3.7.0", "or later"),
        (Note(b"GNU", 1, struct.pack("<4I", 1, 0, 0, 0)), "Hurd 0.0.0", "or later"),
        (Note(b"Android", 1, ANDROID), "Android API 21", "NDK r25c"),
        (Note(b"Android", 1, struct.pack("<I", 10000)), "Android API 10000", ""),
        (Note(b"FreeBSD", 1, struct.pack("<I", 1400097)), "FreeBSD 14", "__FreeBSD_version 1400097"),
        (Note(b"NetBSD", 1, struct.pack("<I", 1000000000)), "NetBSD 10.0", "__NetBSD_Version__ 1000000000"),
        (Note(b"OpenBSD", 1, bytes(4)), "OpenBSD", ""),
    ],
)
def test_each_system_has_its_own_note(note: Note, value: str, detail: str) -> None:
    fact = system(note)
    assert (fact.value, fact.certainty, fact.detail) == (value, Certainty.STATED, detail)


def test_the_words_are_in_the_file_s_byte_order() -> None:
    assert system(Note(b"GNU", 1, struct.pack(">4I", 0, 4, 15, 0)), data=2).value == "Linux 4.15.0"


@pytest.mark.parametrize(
    "notes", [(), (Note(b"GNU", 3, b"0123"),), (Note(b"GNU", 1, b"\0\0\0\0"),), (Note(b"Android", 1, b"\1"),)]
)
def test_where_no_note_says_it_there_is_none(notes: tuple[Note, ...]) -> None:
    assert system(*notes) == (None, Certainty.DERIVED, (), "")
