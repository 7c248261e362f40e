"""Exception tables that only records of unwinding point to."""

from __future__ import annotations

import elfkit
from elfkit.abi.header import EM_ARM
from elfkit.abi.sections import SHF_ALLOC, SHT_PROGBITS
from elfkit.abi.segments import PT_ARM_EXIDX
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.exception_tables import arm_exception_table_sections, exception_table_sections
from elfkit.rebuild.passes.unwind import frame_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from tests.elfwriter import BASE, Elf, write
from tests.image.proofs import unproven
from tests.tables.framewriter import Frames, header_of, places, with_blobs

CLEANUP = b"\xff\xff\x01\x04\x01\x02\x03\x00"  # an LSDA: one call site of 4 bytes
HANDLER = b"\xff\x9b\x0d\x01\x04\x01\x02\x03\x01\x01\x00\0\1\2\3\4"  # and one with a type, 4 bytes wide
BEHIND = b"\xee" * 8


def with_areas(areas: list[bytes], behind: bytes = BEHIND) -> tuple[bytes, int]:
    """A file with a function for each LSDA, which lie behind .eh_frame, and where they begin."""
    tail = b"".join(areas) + behind
    size = len(described(areas, 0).raw)
    header, vaddr, code = places(Frames(), len(areas), size, tail)
    start = -(-(vaddr + size) // 8) * 8
    frames = described(areas, start)
    rows = [(code + number, vaddr + mark) for number, mark in enumerate(frames.marks[1:])]
    return with_blobs(frames, header_of(frames, rows, header, vaddr), bytes(frames.raw), tail).data, start


def described(areas: list[bytes], start: int) -> Frames:
    """A function for each LSDA, of which the first lies at `start`."""
    frames = Frames()
    cie = frames.cie(b"zLR", b"\x03\x03")
    for area in areas:
        frames.fde(cie, frames.number(BASE, 4) + frames.number(8, 4) + b"\x04" + frames.number(start, 4))
        start += len(area)
    frames.end()
    return frames


def planned(content: bytes, *, arm: bool = False) -> list[PlannedSection]:
    with elfkit.load(content) as image:
        gathered = Gathered(image)
        sections = Sections(tuple(sorted(frame_sections(gathered, Sections()), key=lambda section: section.addr)))
        found = (arm_exception_table_sections if arm else exception_table_sections)(gathered, sections)
    assert unproven(content, [list(section.evidence) for section in found]) == []
    return found


def test_the_table_goes_from_the_first_lsda_to_the_end_of_the_last() -> None:
    content, start = with_areas([CLEANUP, HANDLER, CLEANUP])
    (section,) = planned(content)
    assert (section.name, section.type, section.flags) == (".gcc_except_table", SHT_PROGBITS, SHF_ALLOC)
    assert (section.addr, section.offset, section.size) == (start, start - BASE, 32)
    assert section.certainty is Certainty.GUESSED


def test_the_table_is_aligned_for_its_types() -> None:
    aligned = [planned(with_areas(areas)[0])[0].addralign for areas in ([CLEANUP, HANDLER], [CLEANUP])]
    assert aligned == [4, 1]


def test_an_lsda_that_cannot_be_read_goes_up_to_what_follows_if_that_is_near() -> None:
    """0x0d is no encoding. What follows is the end of the segment."""
    content, start = with_areas([CLEANUP, b"\x0d" * 8], b"")
    (section,) = planned(content)
    assert (section.addr, section.size, section.certainty) == (start, 16, Certainty.BOUNDED)
    content, start = with_areas([CLEANUP, b"\x0d" * 8], bytes(5000))
    assert planned(content) == []


def test_lsdas_outside_the_file_are_no_table() -> None:
    content, start = with_areas([CLEANUP])
    absolute = start.to_bytes(4, "little")
    assert content.count(absolute) == 1
    assert planned(content.replace(absolute, b"\xf0\xff\xff\xff")) == []


def test_the_table_of_arm_goes_from_the_first_entry_to_the_end_of_the_last() -> None:
    """Two rows, the table behind them: an entry of routine 0 without descriptors, and one with an LSDA."""
    entries = b"\xb0\xb0\xb0\x80" + bytes(4) + b"\0\0\xff\x7f" + b"\xb0\xb0\xb0\0" + CLEANUP
    index = b"".join(word.to_bytes(4, "little") for word in (0x7FFFFF00, 12, 0x7FFFFF00, 12))
    built = write(Elf(1, 1, machine=EM_ARM, dynamic=False, extra=(("exidx", index), ("extab", entries + BEHIND))))
    start, size = built.blobs["exidx"]
    for name, value in (("p_type", PT_ARM_EXIDX), ("p_offset", start), ("p_vaddr", BASE + start), ("p_filesz", size)):
        built = built.also("PT_GNU_STACK", name, value)
    (section,) = planned(built.data, arm=True)
    assert (section.name, section.type, section.flags) == (".ARM.extab", SHT_PROGBITS, SHF_ALLOC)
    assert (section.offset, section.size) == (built.blobs["extab"][0], len(entries))


def test_without_records_of_unwinding_there_is_no_table() -> None:
    assert planned(write(Elf()).data) == []
    assert planned(write(Elf(machine=EM_ARM)).data, arm=True) == []
