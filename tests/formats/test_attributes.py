"""Build attributes against the encoding of ARM's addenda32, against pyelftools, and against damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import AttributesSection
from hypothesis import given
from hypothesis import strategies as st

from elfkit.formats.attributes import MOST, Attribute, read_attributes
from tests.firmware.plants import FIXTURES

# addenda32, "Encoding": 'A', length of the subsection with itself, vendor, Tag_File, size with tag and itself
CPU_NAME = b"\x05ARM7TDMI\0"  # Tag_CPU_name, NTBS
CPU_ARCH = b"\x06\x02"  # Tag_CPU_arch v4T
COMPATIBILITY = b"\x20\x01gnu\0"  # Tag_compatibility: a number and text
EVEN, ODD = b"\x44\x81\x01", b"\x43text\0"  # from 33 on even tags have a number (here 129), odd ones text


def part(content: bytes, order: str = "little", tag: bytes = b"\x01") -> bytes:
    return tag + (len(tag) + 4 + len(content)).to_bytes(4, "little" if order == "little" else "big") + content


def subsection(content: bytes, order: str = "little", vendor: bytes = b"aeabi\0") -> bytes:
    size = (4 + len(vendor) + len(content)).to_bytes(4, "little" if order == "little" else "big")
    return size + vendor + content


def read(content: bytes, order: str = "little", vendor: bytes = b"aeabi\0") -> tuple[Attribute, ...]:
    found, broken = read_attributes(b"A" + subsection(part(content, order), order, vendor), order)
    assert broken is None
    return found


@pytest.mark.parametrize("order", ["little", "big"])
def test_numbers_and_text_are_told_by_the_tag(order: str) -> None:
    found = read(CPU_NAME + CPU_ARCH + COMPATIBILITY + EVEN + ODD, order)
    shown = [(row.tag, row.number, row.text) for row in found]
    assert shown == [(5, 0, "ARM7TDMI"), (6, 2, ""), (32, 1, "gnu"), (68, 129, ""), (67, 0, "text")]
    assert [row.raw for row in found] == [CPU_NAME, CPU_ARCH, COMPATIBILITY, EVEN, ODD]


def test_the_offset_is_where_the_attribute_begins() -> None:
    raw = b"A" + subsection(part(CPU_NAME + CPU_ARCH))
    found, _ = read_attributes(raw, "little")
    for row in found:
        assert raw[row.offset : row.offset + len(row.raw)] == row.raw


@pytest.mark.parametrize(
    ("vendor", "content", "tags"),
    [
        (b"gnu\0", b"\x04\x05\x0c\x02\x05x\0", [(4, 5, ""), (12, 2, ""), (5, 0, "x")]),
        (b"riscv\0", b"\x04\x10\x05rv64i2p1\0", [(4, 16, ""), (5, 0, "rv64i2p1")]),
        (b"csky\0", b"\x04CK810\0\x11\x03\x15IEEE 754\0", [(4, 0, "CK810"), (17, 3, ""), (21, 0, "IEEE 754")]),
        (b"ARC\0", b"\x04\x03\x07archs\0\x10CD\0\x12\x09", [(4, 3, ""), (7, 0, "archs"), (16, 0, "CD"), (18, 9, "")]),
    ],
)
def test_each_vendor_has_its_own_forms(vendor: bytes, content: bytes, tags: list[tuple[int, int, str]]) -> None:
    assert [(row.tag, row.number, row.text) for row in read(content, vendor=vendor)] == tags


def test_parts_about_sections_and_symbols_have_lists_of_numbers_before_them() -> None:
    of_sections = part(b"\x03\x85\x01\0" + CPU_ARCH, tag=b"\x02")
    of_symbols = part(b"\0" + CPU_ARCH, tag=b"\x03")
    found, broken = read_attributes(b"A" + subsection(part(CPU_ARCH) + of_sections + of_symbols), "little")
    assert broken is None
    assert [(row.scope, row.tag, row.number) for row in found] == [(1, 6, 2), (2, 6, 2), (3, 6, 2)]


def test_a_vendor_that_nobody_knows_is_passed_over() -> None:
    raw = b"A" + subsection(b"\xff\xff\xff", vendor=b"acme\0") + subsection(part(CPU_ARCH))
    found, broken = read_attributes(raw, "little")
    assert ([row.tag for row in found], broken) == ([6], None)


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"B", 0, id="another version"),
        pytest.param(b"A\x05", 1, id="a length cut"),
        pytest.param(b"A\0\0\0\0", 1, id="a length that does not count itself"),
        pytest.param(b"A\xff\0\0\0aeabi\0", 1, id="a subsection beyond the end"),
        pytest.param(b"A\x06\0\0\0ae", 5, id="a vendor without an end"),
        pytest.param(b"A" + subsection(b"\x01\xff\xff\xff\xff"), 12, id="a part beyond the end"),
        pytest.param(b"A" + subsection(b"\x01\x04\0\0\0"), 12, id="a part that does not count its tag"),
        pytest.param(b"A" + subsection(part(b"", tag=b"\x07")), 11, id="a part about nothing known"),
        pytest.param(b"A" + subsection(part(b"\x06" + b"\x80" * 11)), 17, id="a number without an end"),
        pytest.param(b"A" + subsection(part(b"\x05abc")), 17, id="text without an end"),
        pytest.param(b"A" + subsection(part(b"\x03\x04", tag=b"\x02")), 18, id="a list without an end"),
    ],
)
def test_damage_ends_the_reading_where_it_is(raw: bytes, offset: int) -> None:
    found, broken = read_attributes(raw, "little")
    assert found == ()
    assert broken is not None
    assert broken.offset == offset


def test_what_was_read_before_the_damage_stays() -> None:
    found, broken = read_attributes(b"A" + subsection(part(CPU_ARCH + b"\x05abc")), "little")
    assert [row.tag for row in found] == [6]
    assert broken is not None


def test_a_section_holds_a_bounded_number_of_attributes() -> None:
    found, broken = read_attributes(b"A" + subsection(part(CPU_ARCH * (MOST + 1))), "little")
    assert len(found) == MOST
    assert broken is not None


@given(st.binary(max_size=200), st.sampled_from(["little", "big"]), st.integers(0, 40))
def test_reading_never_crashes(noise: bytes, order: str, cut: int) -> None:
    whole = b"A" + subsection(part(CPU_NAME + CPU_ARCH + COMPATIBILITY, order), order)
    for raw in (noise, b"A" + noise, whole[:cut] + noise, b"A" + subsection(part(noise, order), order)):
        found, _ = read_attributes(raw, order)
        for row in found:
            assert raw[row.offset : row.offset + len(row.raw)] == row.raw


def with_attributes() -> list[Path]:
    return [path for path in sorted((FIXTURES / "machines").rglob("*")) if path.name in ("libgreet.so", "greet.o")]


def test_what_linkers_wrote_is_what_pyelftools_reads() -> None:
    compared = 0
    for path in with_attributes():
        with path.open("rb") as file:
            elf = ELFFile(file)
            for section in elf.iter_sections():
                if not isinstance(section, AttributesSection):
                    continue
                ours, broken = read_attributes(section.data(), "little" if elf.little_endian else "big")
                assert broken is None
                theirs = [
                    attribute
                    for subsection_ in section.iter_subsections()
                    for part_ in subsection_.iter_subsubsections()
                    for attribute in part_.iter_attributes()
                ]
                assert [row.text or row.number for row in ours] == [row.value for row in theirs]
                compared += len(ours)
    assert compared > 50
