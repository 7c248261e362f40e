"""Which loaded bytes lie in no section: against a walk byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.rebuild.coverage import CHUNK, first_nonzero, last_nonzero, loaded_gaps, sound_loads
from elfkit.rebuild.planned import Bounds, Sections
from tests.elfwriter import LAYOUTS, Elf, write
from tests.rebuild.samples import data_segment, image, library, planned

SIZE = 0x180  # of the first PT_LOAD of the file below, at most
FILE = write(Elf(extra=(("filling", b"x" * 200),)))
BASE = 0x400000
ANYWHERE = Bounds(((0, 1 << 64),), 1 << 20)


def twin(spans: list[tuple[int, int]], start: int, end: int, headers: list[tuple[int, int]]) -> set[int]:
    """The addresses of [start, end) in no span and in no header, one by one."""
    taken = [*spans, *headers]
    return {place for place in range(start, end) if not any(low <= place < high for low, high in taken)}


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 90)), max_size=8))
def test_gaps_are_what_is_in_no_section_and_in_no_header(rows: list[tuple[int, int]]) -> None:
    found = Sections().adding([planned(f".{at}", BASE + at, size) for at, size in rows], bounds=ANYWHERE)
    one = image(FILE.data)
    load = one.loads[0]
    spans = [(section.addr, section.end) for section in found.mapped]
    phoff, count = FILE.blobs["Phdrs"][0], len(one.segments)
    headers = [(BASE, BASE + 64), (BASE + phoff, BASE + phoff + 56 * count)]
    gaps = list(loaded_gaps(one, found, load))
    assert gaps == sorted(gaps)
    covered = {place for start, end in gaps for place in range(start, end)}
    assert covered == twin(spans, load.vaddr, load.vaddr + load.filesz, headers)
    assert sum(end - start for start, end in gaps) == len(covered)


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_the_headers_are_no_gap_in_either_class(where: tuple[int, int]) -> None:
    built = write(Elf(*where))
    one = image(built.data)
    (first, *_), count = loaded_gaps(one, Sections(), one.loads[0]), len(one.segments)
    assert first[0] == BASE + built.blobs["Phdrs"][0] + count * (32 if where[0] == 1 else 56)


PLACES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK - 1)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("before", [0, 1, 64])
def test_a_byte_that_is_not_zero_is_found_wherever_it_lies(place: int, before: int) -> None:
    content = bytearray(FILE.data + bytes(3 * CHUNK + before))
    start = len(FILE.data) + before
    content[start + place] = 0x80
    one = image(bytes(content))
    assert first_nonzero(one, start, 3 * CHUNK) == last_nonzero(one, start, 3 * CHUNK) == start + place
    assert first_nonzero(one, start, place) is None
    assert last_nonzero(one, start, place) is None
    assert last_nonzero(one, start + place + 1, 3 * CHUNK - place - 1) is None


def test_of_two_bytes_the_first_and_the_last_are_found() -> None:
    one = image(FILE.data + b"\0\x01\0\x02\0")
    start = len(FILE.data)
    assert (first_nonzero(one, start, 5), last_nonzero(one, start, 5)) == (start + 1, start + 3)


@pytest.mark.parametrize("size", [1, 1 << 40, (1 << 64) - 1])
def test_what_the_file_does_not_hold_is_zero(size: int) -> None:
    one = image(FILE.data)
    assert first_nonzero(one, len(FILE.data), size) is None
    assert last_nonzero(one, len(FILE.data), size) is None


def test_a_load_holds_no_more_of_the_file_than_of_memory() -> None:
    built = library(3, extras=(data_segment(b"data", more=-2),))
    assert sound_loads(image(built.data))[-1].filesz == 2


@pytest.mark.parametrize(("where", "sound"), [((1, 1), 2), ((2, 1), 3)])
def test_a_load_beyond_the_address_space_is_none(where: tuple[int, int], sound: int) -> None:
    built = library(3, elf=Elf(*where, sysv_words=4), extras=(data_segment(b"data", more=0xFFFF_0000),))
    assert len(sound_loads(image(built.data))) == sound
