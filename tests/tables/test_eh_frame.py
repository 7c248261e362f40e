"""Frames of unwinding, held against pyelftools on the machines' fixtures and on records written by hand."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

import elfkit
from elfkit.evidence import Certainty
from elfkit.tables.eh_frame import read_eh_frame
from elfkit.tables.eh_frame_hdr import read_frame_header
from tests.elfwriter import BASE, patch
from tests.image.proofs import at_most
from tests.image.samples import every_layout
from tests.tables.framewriter import (
    ENCODINGS,
    LIBRARIES,
    Frames,
    every_library,
    found,
    header_named,
    header_of,
    one_function,
    places,
    planted,
    planted_frames,
    read,
    rows_of,
    unheaded,
    with_blobs,
    witness,
)

SECONDS = 10


@every_library
def test_every_machine_has_its_frames_where_the_section_table_says(path: Path) -> None:
    content = path.read_bytes()
    expected, section = witness(content)
    frames = read(content)
    assert frames is not None
    assert (frames.vaddr, frames.offset, frames.size) == (section.sh_addr, section.sh_offset, section.sh_size)
    assert frames.certainty is Certainty.DERIVED
    assert frames.listed == len(expected)
    assert sorted(rows_of(frames)) == sorted(expected)


@every_library
def test_the_header_is_the_segment_and_its_table_lists_every_function(path: Path) -> None:
    content = path.read_bytes()
    section = header_named(ELFFile(io.BytesIO(content)), ".eh_frame_hdr")
    with elfkit.load(content) as image:
        header = read_frame_header(image)
    assert header is not None
    assert (header.vaddr, header.offset, header.size) == (section.sh_addr, section.sh_offset, section.sh_size)
    assert header.initial_location.tolist() == sorted(start for start, *_ in witness(content)[0])
    assert header.claimed == len(header.fde)


def test_what_has_no_header_is_not_read() -> None:
    assert read(unheaded(LIBRARIES[0].read_bytes())) is None


@every_layout
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("listing", ["listed", "walked"])
def test_every_encoding_of_code_addresses_is_read(elf_class: int, data: int, encoding: str, listing: str) -> None:
    content, written, vaddr = planted(elf_class, data, encoding, listing)
    frames = read(content)
    assert frames is not None
    assert (frames.vaddr, frames.size, frames.terminated) == (vaddr, len(written.raw), True)
    first, second, third = written.oracle(vaddr)
    expected = [(*first[:2], 0), second, (*third[:2], 0)]  # pyelftools does not know that 0 says that there is none
    assert rows_of(frames) == expected
    assert second[2] == first[0] + 48
    assert frames.listed == (3 if listing == "listed" else 0)
    assert rows_of(found(unheaded(content))) == expected


@every_layout
def test_versions_of_a_cie_and_old_augmentations_are_read(elf_class: int, data: int) -> None:
    """Versions 1, 3 and 4 without one, where addresses are absolute; "eh", which has a word behind it; flags."""
    frames = Frames(elf_class, data)
    cies = [frames.cie(b"", version=version) for version in (1, 3, 4)]
    cies += [frames.cie(b"eh"), frames.cie(b"zRS", b"\x00"), frames.cie(b"zRB", b"\x00")]
    for number, cie in enumerate(cies):
        body = frames.number(BASE + 16 * number, frames.word) + frames.number(number + 1, frames.word)
        frames.fde(cie, body + bytes(cie >= cies[4]))
    frames.end()
    result = read(planted_frames(frames, ()))
    assert rows_of(result) == [(BASE + 16 * number, number + 1, 0) for number in range(6)]


@every_layout
def test_the_extended_length_of_64_bit_dwarf_is_read(elf_class: int, data: int) -> None:
    """0xffffffff, then 8 bytes of length; the way to the CIE stays 4 bytes wide (LSB, "CIE Format")."""
    frames = Frames(elf_class, data)
    cie = frames.cie(b"zR", b"\x00", extended=True)
    body = frames.number(BASE, frames.word) + frames.number(24, frames.word) + b"\0"
    first = frames.fde(cie, body, extended=True)
    frames.fde(cie, body, extended=False)
    frames.end()
    for rows in ((), (first,)):
        result = read(planted_frames(frames, rows))
        assert result is not None
        assert (result.size, result.length.tolist()) == (len(frames.raw), [24, 24])


def test_a_length_of_the_augmentation_data_in_two_bytes_is_read() -> None:
    """0x84 0x00 is 4 as well; the LSDA stands behind it, absolute."""
    frames = Frames()
    cie = frames.cie(b"zLR", b"\x03\x03")
    frames.fde(cie, frames.number(BASE, 4) + frames.number(8, 4) + b"\x84\0" + frames.number(BASE + 99, 4))
    frames.end()
    assert rows_of(read(planted_frames(frames, ()))) == [(BASE, 8, BASE + 99)]


def test_the_frames_go_on_behind_a_terminator_that_a_cie_follows() -> None:
    frames = Frames()
    first = one_function(frames)
    frames.end()
    second = one_function(frames)
    frames.end()
    for rows in ((), (first,), (first, second)):
        result = read(planted_frames(frames, rows, b"\xff" * 8))
        assert result is not None
        assert (result.size, result.terminated, len(result.start)) == (len(frames.raw), True, 2)


def test_without_a_terminator_the_last_whole_record_ends_the_frames() -> None:
    """What follows is neither a record nor zeros: 0xff bytes."""
    frames = Frames()
    one_function(frames)
    result = read(planted_frames(frames, (frames.marks[1],), b"\xff" * 64))
    assert result is not None
    assert (result.size, result.terminated, result.certainty) == (len(frames.raw), False, Certainty.BOUNDED)


@pytest.mark.parametrize(("lead", "gap", "more"), [(0, 4, 4), (4, 4, 0), (0, 8, 8), (0, 12, 0)])
def test_zeros_up_to_an_lsda_are_terminators_unless_they_can_be_padding(lead: int, gap: int, more: int) -> None:
    """glibc's libc.so has two terminators. `lead` shifts the end of the first to 4 mod 8, where 4 zeros may align."""
    frames = Frames()
    cie = frames.cie(b"zLR", b"\x03\x03")
    size = len(frames.raw) + 24 + lead + 4  # the FDE, and its terminator
    _, vaddr, _ = places(frames, 1, size, bytes(64))
    body = frames.number(BASE, 4) + frames.number(8, 4) + b"\x04" + frames.number(vaddr + size + gap, 4) + bytes(3)
    first = frames.fde(cie, body + bytes(lead))
    frames.end()
    assert (len(frames.raw), (vaddr + size) % 8) == (size, 0 if not lead else 4)
    result = read(planted_frames(frames, (first,), bytes(64)))
    assert result is not None
    assert result.size == size + more


def test_rows_of_the_table_outside_the_frames_are_left_out() -> None:
    frames = Frames()
    first = one_function(frames)
    frames.end()
    result = read(planted_frames(frames, (first, 1 << 28, -(1 << 20))))
    assert result is not None
    assert (result.listed, len(result.start), result.certainty) == (1, 1, Certainty.BOUNDED)


def test_a_table_that_leads_to_no_record_is_not_believed() -> None:
    """The largest place is 2 bytes into the FDE: no record, so all is walked from the start."""
    frames = Frames()
    first = one_function(frames)
    frames.end()
    result = read(planted_frames(frames, (first + 2,)))
    assert result is not None
    assert (result.listed, result.size, rows_of(result)) == (0, len(frames.raw), [(BASE, 8, 0)])


def test_a_count_beyond_the_segment_is_cut_to_the_rows_that_are_there() -> None:
    frames = Frames()
    first = one_function(frames)
    frames.end()
    with elfkit.load(planted_frames(frames, (first,), claimed=0xFFFFFFFF)) as image:
        header = read_frame_header(image)
        result = read_eh_frame(image)
    assert header is not None
    assert result is not None
    assert (len(header.fde), header.claimed) == (1, 0xFFFFFFFF)
    assert (result.listed, result.certainty) == (1, Certainty.BOUNDED)


HEADS = {
    "another version": b"\x02\x1b\x03\x3b" + bytes(8),
    "cut after two bytes": b"\x01\x1b",
    "frames omitted": b"\x01\xff\x03\x3b" + bytes(8),
    "frames at address 0": b"\x01\x1b\x03\x3b" + bytes(8),
    "frames nowhere": b"\x01\x03\xff\xff" + b"\xf0" * 4,
    "an unknown format": b"\x01\x1e\x03\x3b" + b"\x01" * 8,
}


@pytest.mark.parametrize("case", HEADS)
def test_a_header_that_points_nowhere_gives_no_frames(case: str) -> None:
    assert read(with_blobs(Frames(), HEADS[case], bytes(16)).data) is None


def test_an_fde_whose_encodings_cannot_be_known_from_the_file_has_zeros() -> None:
    """0x9b is indirect: where the address lies is said, the address itself a relocation writes."""
    frames = Frames()
    cie = frames.cie(b"zLR", b"\x9b\x03")
    frames.fde(cie, frames.number(BASE, 4) + frames.number(8, 4) + b"\x04" + b"\x01" * 4)
    cie = frames.cie(b"zR", b"\x01")
    frames.fde(cie, b"\x81\x01\x08\0")
    frames.end()
    assert rows_of(read(planted_frames(frames, ()))) == [(BASE, 8, 0), (0, 0, 0)]


SAMPLE, WRITTEN, _ = planted(2, 1, "sdata4 pcrel")


SPAN = (64 + 9 * 56, len(SAMPLE) - 64)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(*SPAN), raw=st.binary(min_size=1, max_size=12))
def test_frames_with_any_bytes_in_them_are_read_and_stay_within_the_file(at: int, raw: bytes) -> None:
    content = patch(SAMPLE, at, raw)[: len(SAMPLE)]
    with at_most(SECONDS):
        for frames in (read(content), found(content)):
            if frames is not None:
                assert 0 < frames.size <= len(content) - frames.offset
                assert len(frames.start) == len(frames.length) == len(frames.lsda)
                assert {column.dtype for column in (frames.start, frames.length, frames.lsda)} == {np.dtype(np.uint64)}


@settings(max_examples=200, deadline=None)
@given(header=st.binary(max_size=40), body=st.binary(max_size=200), layout=st.sampled_from(((1, 2), (2, 1))))
def test_reading_any_frames_ends(header: bytes, body: bytes, layout: tuple[int, int]) -> None:
    content = with_blobs(Frames(*layout), b"\x01\x1b\x03\x3b" + header, body).data
    with at_most(SECONDS):
        read(content)
        found(content)


@pytest.mark.parametrize(
    ("field", "value"),
    [("p_vaddr", 2**64 - 8), ("p_filesz", 2**64 - 1), ("p_offset", 2**64 - 8), ("p_vaddr", 0), ("p_memsz", 0)],
)
@pytest.mark.parametrize("segment", ["PT_GNU_STACK", "PT_LOAD", "PT_LOAD code"])
def test_segments_beyond_all_bounds_do_no_harm(segment: str, field: str, value: int) -> None:
    frames = Frames()
    first = one_function(frames)
    frames.end()
    header, vaddr, code = places(frames, 1, len(frames.raw))
    raw = header_of(frames, [(code, vaddr + first)], header, vaddr)
    content = with_blobs(frames, raw, bytes(frames.raw)).patched(segment, field, value)
    with at_most(SECONDS):
        for result in (read(content), found(content)):
            assert result is None or 0 < result.size <= len(content)
