"""Program headers, by commented bytes."""

from __future__ import annotations

import pytest

import elfkit
from elfkit.abi.header import ET_EXEC, ET_REL
from elfkit.evidence import Damage
from tests.elfwriter import BASE, Elf, Sect, build, write
from tests.image.proofs import anomalies, at_most
from tests.image.samples import every_layout, sample


@every_layout
def test_segments_are_read_as_they_were_built(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    with elfkit.load(built.data) as image:
        segments = image.segments
        loads = image.loads
    interp, notes = built.blobs["interp"], built.blobs["notes"]
    assert [segment.number for segment in segments] == list(range(8))
    assert segments[0] == (0, 3, 4, interp[0], BASE + interp[0], BASE + interp[0], interp[1], interp[1], 8)
    assert segments[4][1:4] == (4, 4, notes[0])
    assert segments[4].align == 4
    assert [load.number for load in loads] == [1, 2]
    assert (segments[7].type, segments[7].flags, segments[7].filesz) == (0x6474E551, 6, 0)


@every_layout
def test_a_table_beyond_the_end_of_the_file_is_an_anomaly(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    content = built.patched("Ehdr", "e_phoff", len(built.data) - 1)  # e_phoff: one byte before the end
    (found,) = anomalies(content)
    assert found.damage is Damage.PROGRAM_HEADERS
    assert (found.evidence.source, found.evidence.value) == ("e_phoff", len(content) - 1)
    assert found.evidence.offset == (28, 32)[elf_class - 1]
    assert found.assumed == "the first 0 are used"


def test_an_offset_of_the_table_past_every_number_is_an_anomaly() -> None:
    (found,) = anomalies(sample().patched("Ehdr", "e_phoff", 2**64 - 1))
    assert found.damage is Damage.PROGRAM_HEADERS
    assert "0x" + "f" * 16 not in found.assumed


@every_layout
def test_more_program_headers_than_the_file_holds_are_an_anomaly(elf_class: int, data: int) -> None:
    content = sample(elf_class, data).patched("Ehdr", "e_phnum", 0xFFFE)
    found = [anomaly for anomaly in anomalies(content) if anomaly.damage is Damage.PROGRAM_HEADERS]
    assert len(found) == 1
    assert "65534 program headers" in found[0].detail
    with elfkit.load(content) as image:
        start, size = image.header.phoff, image.layout.phdr.size
        assert len(image.segments) == (len(content) - start) // size


@every_layout
def test_pn_xnum_takes_the_count_from_section_header_0(elf_class: int, data: int) -> None:
    built = sample(elf_class, data).also("Ehdr", "e_phnum", 0xFFFF)
    content = built.patched("Shdr 0", "sh_info", 8)
    with elfkit.load(content) as image:
        assert len(image.segments) == 8
    assert anomalies(content) == ()


@pytest.mark.parametrize("sections", [None, ()], ids=["no section headers", "sh_info 0"])
def test_pn_xnum_without_a_count_takes_the_number_itself(sections: tuple[Sect, ...] | None) -> None:
    content = write(Elf(sections=sections)).patched("Ehdr", "e_phnum", 0xFFFF)
    assert "the table of 65535 program headers" in anomalies(content)[0].detail


def test_a_count_of_2_to_the_32_is_cut_to_the_file_without_waiting() -> None:
    built = sample().also("Ehdr", "e_phnum", 0xFFFF)
    with at_most(2):
        found = anomalies(built.patched("Shdr 0", "sh_info", 2**32 - 1))
    assert "the table of 4294967295 program headers" in found[0].detail


def test_a_program_without_program_headers_is_an_anomaly_an_object_without_is_none() -> None:
    (found,) = anomalies(write(Elf(type=ET_EXEC)).patched("Ehdr", "e_phnum", 0))
    assert (found.damage, found.evidence.source) == (Damage.PROGRAM_HEADERS, "e_phnum")
    assert anomalies(build(Elf(type=ET_REL, dynamic=False, sections=()))) == ()


@every_layout
@pytest.mark.parametrize("name", ["PT_LOAD code", "PT_INTERP", "PT_DYNAMIC"])
def test_a_segment_beyond_the_end_of_the_file_is_truncated(elf_class: int, data: int, name: str) -> None:
    built = sample(elf_class, data)
    offset, size = built.place(name, "p_filesz")
    content = built.patched(name, "p_filesz", 0x7FFFFFFF)
    (found,) = [anomaly for anomaly in anomalies(content) if anomaly.damage is Damage.TRUNCATED]
    assert (found.evidence.offset, len(found.evidence.raw)) == (offset, size)
    assert found.evidence.value == 0x7FFFFFFF
    assert found.evidence.source == f"{name.removesuffix(' code')} p_filesz"


def test_offset_and_size_whose_sum_overflows_are_truncated() -> None:
    built = sample().also("PT_LOAD code", "p_offset", 2**64 - 8)
    found = anomalies(built.patched("PT_LOAD code", "p_filesz", 2**64 - 8))
    assert [anomaly.damage for anomaly in found] == [Damage.TRUNCATED]
    assert "18446744073709551608 bytes are missing" in found[0].detail


def test_a_stack_segment_describes_no_bytes_and_is_never_truncated() -> None:
    assert anomalies(sample().patched("PT_GNU_STACK", "p_filesz", 2**40)) == ()


def test_an_address_is_found_in_the_segment_that_maps_it() -> None:
    built = sample()
    code, size = built.blobs["code"]
    with elfkit.load(built.patched("PT_LOAD code", "p_vaddr", 0x900000)) as image:
        assert image.extent_of(0x900000) == (code, size)
        assert image.extent_of(0x900000 + size - 1) == (code + size - 1, 1)
        assert image.extent_of(0x900000 + size) is None
        assert image.extent_of(BASE - 1) is None
        assert image.extent_of(2**70) is None


def test_memory_beyond_the_file_bytes_has_no_place_in_the_file() -> None:
    built = sample()
    code, size = built.blobs["code"]
    with elfkit.load(built.patched("PT_LOAD code", "p_memsz", size + 4096)) as image:
        assert image.extent_of(BASE + code + size - 1) is not None
        assert image.extent_of(BASE + code + size) is None
