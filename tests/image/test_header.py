"""The ELF header: what is refused, and what is an anomaly."""

from __future__ import annotations

import pytest

import elfkit
from elfkit.errors import FormatError
from elfkit.evidence import Damage
from tests.elfwriter import patch
from tests.image.proofs import anomalies
from tests.image.samples import every_layout, sample


@every_layout
def test_every_field_is_read_as_it_was_built(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    # e_entry: distinct bytes, so that another byte order shows
    with elfkit.load(built.patched("Ehdr", "e_entry", 0x01020304)) as image:
        header = image.header
    assert header.ident[:7] == b"\x7fELF" + bytes([elf_class, data, 1])
    assert (header.type, header.machine, header.version, header.flags) == (3, 8, 1, 0x1000)
    assert header.entry == 0x01020304
    assert (header.ehsize, header.phentsize, header.shentsize) == ((52, 32, 40), (64, 56, 64))[elf_class - 1]
    assert (header.phoff, header.shoff) == (header.ehsize, built.blobs["Shdrs"][0])
    assert (header.phnum, header.shnum, header.shstrndx) == (8, 5, 1)
    assert len(header.raw) == header.ehsize


@every_layout
def test_a_sound_file_has_no_anomaly(elf_class: int, data: int) -> None:
    assert anomalies(sample(elf_class, data).data) == ()


@pytest.mark.parametrize(
    ("content", "offset", "detail"),
    [
        (b"", 0, "not an ELF file: it has 0 bytes"),
        (b"\x7fEL", 0, "not an ELF file: it has 3 bytes"),
        (b"#!/bin/sh\n", 0, "does not begin with 7f 45 4c 46"),
        (b"\x7fELF", 4, "ends after 4 bytes, inside e_ident"),
        (patch(sample().data, 4, b"\0"), 4, "EI_CLASS is 0"),
        (patch(sample().data, 4, b"\3"), 4, "EI_CLASS is 3"),
        (patch(sample().data, 5, b"\0"), 5, "EI_DATA is 0"),
        (patch(sample().data, 5, b"\xff"), 5, "EI_DATA is 255"),
        (sample().data[:63], 63, "63 of 64 header bytes"),
        (sample(1, 2).data[:51], 51, "51 of 52 header bytes"),
    ],
)
def test_what_is_no_elf_file_is_refused_at_the_byte_that_says_so(content: bytes, offset: int, detail: str) -> None:
    with pytest.raises(FormatError, match=detail) as caught:
        elfkit.load(content)
    assert caught.value.offset == offset


@every_layout
@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("e_version", 7, (20, 20)),
        ("e_ehsize", 1, (40, 52)),
        ("e_phentsize", 0, (42, 54)),
        ("e_phentsize", 57, (42, 54)),
    ],
)
def test_a_wrong_size_or_version_is_an_anomaly_and_reading_goes_on(
    elf_class: int, data: int, field: str, value: int, at: tuple[int, int]
) -> None:
    content = sample(elf_class, data).patched("Ehdr", field, value)
    (found,) = anomalies(content)
    assert found.damage is Damage.IDENT
    assert (found.evidence.source, found.evidence.offset, found.evidence.value) == (field, at[elf_class - 1], value)
    with elfkit.load(content) as image:
        assert elfkit.inspect(image).needed.value == ("libgreet.so", "libc.so")


def test_another_version_in_the_ident_is_an_anomaly() -> None:
    (found,) = anomalies(patch(sample().data, 6, b"\2"))
    assert found.evidence == ("EI_VERSION", 6, b"\2", 2, "")
    assert found.assumed == "1"
