"""Frames of unwinding that nothing points to, held against the files in which something does."""

from __future__ import annotations

from pathlib import Path

from elfkit.evidence import Certainty
from tests.image.proofs import at_most
from tests.tables.framewriter import (
    Frames,
    every_library,
    found,
    one_function,
    places,
    rows_of,
    unheaded,
    with_blobs,
    witness,
)

SECONDS = 10


@every_library
def test_without_a_header_the_same_frames_are_found(path: Path) -> None:
    content = path.read_bytes()
    expected, section = witness(content)
    frames = found(unheaded(content))
    assert frames is not None
    assert (frames.vaddr, frames.offset, frames.size) == (section.sh_addr, section.sh_offset, section.sh_size)
    assert frames.certainty is Certainty.GUESSED
    assert frames.header is None
    assert sorted(rows_of(frames)) == sorted(expected)


def test_no_chain_is_found_whose_functions_lie_outside_the_code() -> None:
    frames = Frames()
    one_function(frames)  # at BASE, in a segment that is not executable
    frames.end()
    assert found(with_blobs(frames, bytes(12), bytes(frames.raw)).data) is None


def test_bytes_that_look_like_a_cie_before_the_frames_are_not_taken_for_their_start() -> None:
    """Its length leads to the true CIE; nothing points to it."""
    frames = Frames()
    vaddr, code = places(frames, 0, 128)[1:]
    frames.cie(b"zR", b"\x03")
    start = frames.cie(b"zR", b"\x03")
    frames.fde(start, frames.number(code, 4) + frames.number(8, 4) + b"\0")
    frames.end()
    result = found(with_blobs(frames, bytes(12), bytes(frames.raw).ljust(128, b"\xff")).data)
    assert result is not None
    assert result.vaddr == vaddr + start
    assert rows_of(result) == [(code, 8, 0)]


def test_the_longest_of_several_chains_is_the_section() -> None:
    frames = Frames()
    code = places(frames, 0, 512)[2]
    for count in (1, 3, 2):
        cie = frames.cie(b"zR", b"\x03")
        for number in range(count):
            frames.fde(cie, frames.number(code + 4 * number, 4) + frames.number(4, 4) + b"\0")
        frames.raw += b"\xff" * 32
    result = found(with_blobs(frames, bytes(12), bytes(frames.raw).ljust(512, b"\xff")).data)
    assert result is not None
    assert len(result.start) == 3


def test_many_cies_without_an_fde_cost_little() -> None:
    """A megabyte of them: each place is looked at, none is walked from to the end."""
    frames = Frames()
    frames.cie(b"zR", b"\x03")
    with at_most(SECONDS):
        assert found(with_blobs(frames, bytes(12), bytes(frames.raw) * (1 << 16)).data) is None
