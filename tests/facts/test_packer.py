"""The packer and EI_ABIVERSION: facts of one file with the bytes that show them."""

from dataclasses import replace

import pytest

from elfkit.abi.header import ET_EXEC, ET_REL
from elfkit.evidence import Certainty
from elfkit.facts.facts import Facts, conclude
from elfkit.image.image import load
from tests.elfwriter import LAYOUTS, Elf, build, patch, write

STATIC = Elf(type=ET_EXEC, dynamic=False, code=bytes(512))


def facts(data: bytes) -> Facts:
    with load(data) as image:
        return conclude(image, frozenset())


def marked(elf: Elf, place: int = 4) -> bytes:
    """The mark in the room that the writer leaves behind the program headers: nine would fit, fewer are used."""
    written = write(elf)
    start, room = written.blobs["Phdrs"]
    return patch(written.data, start + room * 7 // 9 + place, b"UPX!")


@pytest.mark.parametrize(("elf_class", "data"), LAYOUTS)
def test_upx_is_told_by_its_magic_with_the_place_of_it(elf_class: int, data: int) -> None:
    content = marked(replace(STATIC, elf_class=elf_class, data=data))
    fact = facts(content).packer
    (proof,) = fact.evidence
    assert (fact.value, fact.certainty) == ("UPX", Certainty.DERIVED)
    assert proof.offset == content.index(b"UPX!")
    assert proof.raw == b"UPX!"


@pytest.mark.parametrize(
    "content",
    [build(STATIC), marked(STATIC, 500), marked(Elf(type=ET_EXEC)), build(replace(STATIC, type=ET_REL)) + b"UPX!"],
    ids=["no mark", "far away", "dynamic", "object file"],
)
def test_nothing_else_is_packed(content: bytes) -> None:
    assert facts(content).packer.value is None


@pytest.mark.parametrize("version", [0, 1, 255])
def test_the_abi_version_is_byte_8(version: int) -> None:
    fact = facts(patch(build(STATIC), 8, bytes([version]))).abi_version
    assert fact.value == version
    assert (fact.evidence[0].offset, fact.evidence[0].raw) == (8, bytes([version]))
