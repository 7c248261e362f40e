"""The build-id among the notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.abi.segments import PT_NOTE
from elfkit.evidence import Certainty, Fact
from elfkit.facts.build_id import notes
from tests.elfwriter import Elf, Note, Written, build, patch, write
from tests.image.proofs import at_most, concluded, unproven
from tests.image.samples import every_layout

ID = bytes(range(0xA0, 0xB4))
BUILD_ID = Note(b"GNU", 3, ID)


def build_id(content: bytes) -> Fact[str | None]:
    fact = concluded(content).build_id
    assert fact is not None
    assert unproven(content, fact) == []
    return fact


@every_layout
@pytest.mark.parametrize("align", [4, 8])
@pytest.mark.parametrize(
    "before", [(), (Note(b"GNU", 1, bytes(16)),), (Note(b"stapsdt", 3, b"odd"),), (Note(b"", 0, b""),)]
)
def test_it_is_found_behind_other_notes(elf_class: int, data: int, align: int, before: tuple[Note, ...]) -> None:
    built = write(Elf(elf_class, data, notes=(*before, BUILD_ID, Note(b"GNU", 5, bytes(8))), note_align=align))
    found = build_id(built.data)
    assert (found.value, found.certainty) == (ID.hex(), Certainty.STATED)
    assert found.evidence == (("NT_GNU_BUILD_ID", built.data.index(ID), ID, None, ""),)


@every_layout
@pytest.mark.parametrize("align", [4, 8])
@given(
    written=st.lists(
        st.builds(
            Note,
            st.binary(max_size=9).map(lambda raw: raw.rstrip(b"\0")),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=20),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_notes_are_read_as_they_were_built(elf_class: int, data: int, align: int, written: list[Note]) -> None:
    content = build(Elf(elf_class, data, notes=tuple(written), note_align=align))
    with elfkit.load(content) as image:
        (segment,) = [row for row in image.segments if row.type == PT_NOTE]
        read = list(notes(image, segment, []))
    assert [(note.owner, note.type, note.descriptor) for note in read] == [
        (note.owner, note.type, note.descriptor) for note in written
    ]
    assert all(content.startswith(note.descriptor, note.offset) for note in read)


@pytest.mark.parametrize("note", [Note(b"GNU", 1, ID), Note(b"Go", 3, ID), Note(b"GNUX", 3, ID)])
def test_another_owner_or_type_is_no_build_id(note: Note) -> None:
    assert build_id(build(Elf(notes=(note,)))) == (None, Certainty.DERIVED, (), "")


def test_an_identifier_longer_than_evidence_is_kept_whole() -> None:
    found = build_id(build(Elf(notes=(Note(b"GNU", 3, bytes(100)),))))
    assert found.value == "00" * 100
    assert len(found.evidence[0].raw) == 64


@pytest.mark.parametrize("field", ["namesz", "descsz"])
@pytest.mark.parametrize("size", [2**32 - 1, 2**32 - 4, 2**31])
def test_a_note_that_is_larger_than_its_segment_ends_the_walk(field: str, size: int) -> None:
    built = write(Elf(notes=(BUILD_ID,)))
    at = built.blobs["notes"][0] + (0 if field == "namesz" else 4)
    with at_most(2):
        assert build_id(patch(built.data, at, size.to_bytes(4, "little"))).value is None


def test_a_note_that_is_larger_than_its_segment_is_an_anomaly() -> None:
    built = write(Elf(notes=(BUILD_ID,)))
    content = patch(built.data, built.blobs["notes"][0] + 4, b"\xff" * 4)  # n_descsz
    assert [anomaly.damage.value for anomaly in concluded(content).anomalies] == ["notes"]


def many_notes(count: int, size: int, step: int) -> Written:
    """`count` PT_NOTE over the same zeros, which are notes of 12 bytes each, `step` bytes apart."""
    built = write(Elf(notes=(Note(b"", 0, bytes(size)),), code=bytes(56 * count)))
    start, raw = built.blobs["notes"][0], bytearray()
    at = built.places["PT_NOTE"][0]
    header = built.data[at : at + 56]
    for number in range(count):
        raw += header[:8] + (start + 12 + step * number).to_bytes(8, "little") + header[16:]
    content = patch(built.data, built.blobs["code"][0], bytes(raw))
    moved = Written(content, 1, built.types, built.places, built.blobs)
    return moved.also("Ehdr", "e_phoff", built.blobs["code"][0]).also("Ehdr", "e_phnum", count)


def test_segments_over_the_same_notes_are_read_once() -> None:
    content = many_notes(6000, 65_536, 0).data
    with at_most(2):
        assert build_id(content).value is None


def test_segments_over_overlapping_notes_take_no_longer() -> None:
    content = many_notes(6000, 65_536, 12).data
    with at_most(2):
        assert build_id(content).value is None
