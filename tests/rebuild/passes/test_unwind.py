"""Sections about unwinding, planned for files without section headers, against the files they were cut from."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

import elfkit
from elfkit.abi.header import EM_ARM, EM_IA_64, EM_PARISC
from elfkit.abi.sections import SHF_ALLOC, SHF_INFO_LINK, SHF_LINK_ORDER, SHF_WRITE, SHT_ARM_EXIDX, SHT_PROGBITS
from elfkit.abi.segments import PT_ARM_EXIDX
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.unwind import frame_sections, unwind_segment_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from tests.elfwriter import RX, Elf, write
from tests.image.proofs import fixtures, unproven
from tests.tables.framewriter import Frames, header_of, places, with_blobs

CUT = fixtures("*.noshdr*")
TYPES = {"SHT_PROGBITS": SHT_PROGBITS, "SHT_X86_64_UNWIND": SHT_PROGBITS, "SHT_ARM_EXIDX": SHT_ARM_EXIDX}
"""pyelftools' names. clang on x86-64 has a type of its own for .eh_frame, which a linker may pass on: a cut file does
not tell."""


def planned(content: bytes) -> dict[str, PlannedSection]:
    with elfkit.load(content) as image:
        gathered = Gathered(image)
        found = frame_sections(gathered, Sections()) + unwind_segment_sections(gathered, Sections())
    assert unproven(content, [list(section.evidence) for section in found]) == []
    return {section.name: section for section in found}


def shape(section: PlannedSection) -> tuple[int, ...]:
    return section.addr, section.offset, section.size, section.type, section.flags, section.entsize


@pytest.mark.parametrize("path", CUT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_machine_gets_the_unwind_sections_it_had(path: Path) -> None:
    whole = ELFFile(io.BytesIO(path.with_name(path.name.replace(".noshdr", "")).read_bytes()))
    names = (".eh_frame_hdr", ".eh_frame", ".ARM.exidx")
    rows = {name: section.header for name in names if (section := whole.get_section_by_name(name)) is not None}
    found = planned(path.read_bytes())
    assert {name: shape(section) for name, section in found.items()} == {
        name: (row.sh_addr, row.sh_offset, row.sh_size, TYPES[row.sh_type], row.sh_flags, row.sh_entsize)
        for name, row in rows.items()
    }
    for name, row in rows.items():  # gcc and clang do not align .eh_frame alike
        assert row.sh_addralign % found[name].addralign == 0
        assert found[name].addralign >= 4


@pytest.mark.parametrize(
    ("machine", "name", "flags", "link", "info"),
    [
        (EM_ARM, ".ARM.exidx", SHF_ALLOC | SHF_LINK_ORDER, ".text", 0),
        (EM_IA_64, ".IA_64.unwind", SHF_ALLOC | SHF_LINK_ORDER, ".text", 0),
        (EM_PARISC, ".PARISC.unwind", SHF_ALLOC | SHF_INFO_LINK, "", ".text"),
    ],
)
def test_a_table_that_is_a_segment_is_linked_to_the_code(
    machine: int, name: str, flags: int, link: str, info: int | str
) -> None:
    built = write(Elf(machine=machine, extra=(("table", bytes(range(16))),)))
    start, size = built.blobs["table"]
    for field, value in (("p_type", PT_ARM_EXIDX), ("p_offset", start), ("p_filesz", size)):
        built = built.also("PT_GNU_STACK", field, value)
    section = planned(built.data)[name]
    assert (section.offset, section.size, section.flags, section.link, section.info) == (start, size, flags, link, info)


def test_frames_in_a_writable_segment_are_writable() -> None:
    """As MIPS n32 has them: the addresses are absolute, so that the loader writes them."""
    frames = Frames()
    cie = frames.cie(b"zR", b"\x03")
    first = frames.fde(cie, frames.number(1, 4) + frames.number(8, 4) + b"\0")
    frames.end()
    header, vaddr, code = places(frames, 1, len(frames.raw))
    built = with_blobs(frames, header_of(frames, [(code, vaddr + first)], header, vaddr), bytes(frames.raw))
    for flags, expected in ((RX, SHF_ALLOC), (6, SHF_ALLOC | SHF_WRITE)):
        assert planned(built.patched("PT_LOAD", "p_flags", flags))[".eh_frame"].flags == expected


def test_frames_that_nothing_points_to_are_a_guess() -> None:
    frames = Frames()
    code = places(frames, 0, 48)[2]
    cie = frames.cie(b"zR", b"\x03")
    frames.fde(cie, frames.number(code, 4) + frames.number(8, 4) + b"\0")
    frames.end()
    content = with_blobs(frames, bytes(12), bytes(frames.raw).ljust(48, b"\xff")).data
    found = planned(content)
    assert list(found) == [".eh_frame"]
    assert found[".eh_frame"].certainty is Certainty.GUESSED
    assert "a chain of 1 FDE" in found[".eh_frame"].because


def test_a_file_without_any_gets_none() -> None:
    assert planned(write(Elf()).data) == {}
