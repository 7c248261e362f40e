"""Note sections: one for each run of notes of one owner and type."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfkit.abi.segments import PT_NOTE
from elfkit.rebuild.passes.notes import note_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from tests.elfwriter import BASE, LAYOUTS, Elf, Note, write
from tests.image.proofs import unproven
from tests.rebuild.samples import WHOLE, Extra, cut, gathered, name_of, table_of, with_segments


def of(content: bytes) -> list[PlannedSection]:
    return note_sections(gathered(content), Sections())


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_notes_are_the_sections_of_the_linker(path: Path) -> None:
    real = [row for row in table_of(path).rows if row.type == "SHT_NOTE"]
    found = of(cut(path))
    assert [(row.name, row.flags, row.addr, row.offset, row.size, row.addralign) for row in found] == [
        (row.name, row.flags, row.addr, row.offset, row.size, row.addralign) for row in real
    ]
    assert unproven(cut(path), [row.evidence for row in found]) == []


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_each_note_is_a_section(where: tuple[int, int]) -> None:
    """ld puts the notes of one alignment into one PT_NOTE: names as binutils and LSB have them."""
    notes = (Note(b"GNU", 1, bytes(16)), Note(b"GNU", 3, bytes(range(20))), Note(b"Android", 1, bytes(4)))
    built = write(Elf(*where, notes=notes))
    start = built.blobs["notes"][0]
    assert [(row.name, row.addr, row.offset, row.size) for row in of(built.data)] == [
        (".note.ABI-tag", BASE + start, start, 32),
        (".note.gnu.build-id", BASE + start + 32, start + 32, 36),
        (".note.android.ident", BASE + start + 68, start + 68, 24),
    ]


def test_notes_of_one_kind_are_one_section() -> None:
    built = write(Elf(notes=(Note(b"stapsdt", 3, bytes(8)), Note(b"stapsdt", 3, bytes(12)))))
    assert [row.size for row in of(built.data)] == [built.blobs["notes"][1]]


def test_properties_are_aligned_to_8() -> None:
    built = write(Elf(notes=(Note(b"GNU", 5, bytes(16)),), note_align=8))
    assert [(row.name, row.addralign) for row in of(built.data)] == [(".note.gnu.property", 8)]


def test_a_note_in_two_segments_is_one_section() -> None:
    built = write(Elf(notes=(Note(b"GNU", 5, bytes(16)), Note(b"GNU", 3, bytes(20)))))
    start, size = built.blobs["notes"]
    again = with_segments(built, (Extra(PT_NOTE, built.data[start : start + size], 4),))
    whole = of(built.data)
    place, _ = again.place("extra 0", "p_offset")
    inner = again.data[:place] + (start + 32).to_bytes(8, "little") + again.data[place + 8 :]
    assert [row.name for row in of(inner)] == [row.name for row in whole]


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x8000_0000, 1000])
def test_a_note_beyond_its_segment_is_no_section(size: int) -> None:
    built = write(Elf(notes=(Note(b"GNU", 3, bytes(20)),)))
    start, held = built.blobs["notes"]
    damaged = built.data[: start + 4] + size.to_bytes(4, "little") + built.data[start + 8 :]
    assert all(row.offset + row.size <= start + held for row in of(damaged))
