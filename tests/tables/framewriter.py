"""Builds .eh_frame and .eh_frame_hdr by hand, and files that hold them; pyelftools is the oracle of the same bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest
from elftools.construct.lib.container import Container
from elftools.dwarf.callframe import FDE, CallFrameInfo
from elftools.dwarf.structs import DWARFStructs
from elftools.elf.elffile import ELFFile

import elfkit
from elfkit.abi.segments import PT_GNU_EH_FRAME, PT_NULL
from elfkit.tables.eh_frame import EhFrame, read_eh_frame
from elfkit.tables.eh_frame_scan import find_eh_frame
from tests.elfwriter import BASE, Elf, Written, patch, write
from tests.image.proofs import fixtures

CODE = bytes(64)
TAIL = b"\xff" * 8  # behind .eh_frame: neither padding nor a record


@dataclass
class Frames:
    """.eh_frame as it grows; `marks` are where its records begin."""

    elf_class: int = 2
    data: int = 1
    raw: bytearray = field(default_factory=bytearray)
    marks: list[int] = field(default_factory=list)

    @property
    def word(self) -> int:
        return 4 * self.elf_class

    def number(self, value: int, size: int) -> bytes:
        return (value & (1 << 8 * size) - 1).to_bytes(size, "little" if self.data == 1 else "big")

    def _record(self, identity: int, body: bytes, *, extended: bool) -> int:
        place = len(self.raw)
        self.marks.append(place)
        body += bytes(-(len(body) + 4) % 4)
        head = self.number(4 + len(body), 4)
        if extended:
            head = b"\xff" * 4 + self.number(4 + len(body), 8)
        back = place + len(head) - identity if identity >= 0 else 0
        self.raw += head + self.number(back, 4) + body
        return place

    def cie(
        self, augmentation: bytes = b"zR", values: bytes = b"\x1b", *, version: int = 1, extended: bool = False
    ) -> int:
        """A CIE; `values` is its augmentation data, which has a length if the augmentation begins with "z"."""
        body = bytes([version]) + augmentation + b"\0"
        body += bytes(self.word) if augmentation == b"eh" else b""
        body += bytes([self.word, 0]) if version == 4 else b""
        body += b"\x01\x7c\x0e"  # code and data alignment factor, return address register
        body += bytes([len(values)]) + values if augmentation[:1] == b"z" else b""
        return self._record(-1, body, extended=extended)

    def fde(self, cie: int, body: bytes, *, extended: bool = False) -> int:
        """An FDE of the CIE at `cie`; `body` is what stands behind the way to the CIE."""
        return self._record(cie, body, extended=extended)

    def end(self) -> None:
        self.raw += bytes(4)

    def oracle(self, vaddr: int) -> list[tuple[int, int, int]]:
        """Start, length and LSDA of each FDE as pyelftools reads them: of an LSDA the place, where 0 says none."""
        structs = DWARFStructs(self.data == 1, 32, self.word)
        info = CallFrameInfo(io.BytesIO(bytes(self.raw)), len(self.raw), vaddr, structs, for_eh_frame=True)
        found = [entry for entry in info.get_entries() if isinstance(entry, FDE)]
        mask = (1 << 8 * self.word) - 1
        return [(e["initial_location"] & mask, e["address_range"], (e.lsda_pointer or 0) & mask) for e in found]


def header_of(frames: Frames, rows: list[tuple[int, int]], vaddr: int, start: int, *, claimed: int = -1) -> bytes:
    """The .eh_frame_hdr that ld writes, at `vaddr`, for an .eh_frame at `start`; `rows` are code and FDE addresses."""
    raw = bytes([1, 0x1B, 0x03, 0x3B]) + frames.number(start - vaddr - 4, 4)
    raw += frames.number(len(rows) if claimed < 0 else claimed, 4)
    return raw + b"".join(frames.number(value - vaddr, 4) for row in rows for value in row)


def with_blobs(frames: Frames, header: bytes, body: bytes, tail: bytes = TAIL) -> Written:
    """A file whose PT_GNU_EH_FRAME has `header`, before .eh_frame and what follows it, and then code.

    A header of zeros takes its place, but no program header points to it.
    """
    extra = (("eh_frame_hdr", header), ("eh_frame", body), ("tail", tail))
    built = write(Elf(frames.elf_class, frames.data, dynamic=False, extra=extra, code=CODE))
    start, size = built.blobs["eh_frame_hdr"]
    fields = {"p_offset": start, "p_vaddr": BASE + start, "p_filesz": size, "p_memsz": size}
    for name, value in ({"p_type": PT_GNU_EH_FRAME if any(header) else 0} | fields).items():
        built = built.also("PT_GNU_STACK", name, value)
    return built


def places(frames: Frames, rows: int, size: int, tail: bytes = TAIL) -> tuple[int, int, int]:
    """The addresses of .eh_frame_hdr with so many rows, of .eh_frame with so many bytes, and of the code."""
    built = with_blobs(frames, bytes(12 + 8 * rows), bytes(size), tail)
    return BASE + built.blobs["eh_frame_hdr"][0], BASE + built.blobs["eh_frame"][0], BASE + built.blobs["code"][0]


def rows_of(frames: EhFrame | None) -> list[tuple[int, int, int]]:
    assert frames is not None
    return list(zip(frames.start.tolist(), frames.length.tolist(), frames.lsda.tolist(), strict=True))


def read(content: bytes) -> EhFrame | None:
    with elfkit.load(content) as image:
        return read_eh_frame(image)


def found(content: bytes) -> EhFrame | None:
    with elfkit.load(content) as image:
        return find_eh_frame(image)


def unheaded(content: bytes) -> bytes:
    """The file with PT_NULL in the place of PT_GNU_EH_FRAME."""
    with elfkit.load(content) as image:
        (number,) = [segment.number for segment in image.segments if segment.type == PT_GNU_EH_FRAME]
        at = image.header.phoff + number * image.layout.phdr.size
    return patch(content, at, PT_NULL.to_bytes(4, "little"))


# encoding of code addresses | bytes of one, 0 for a word | whether it is relative to its place
ENCODINGS = {
    "absptr": (0x00, 0, False),
    "udata4": (0x03, 4, False),
    "udata8": (0x04, 8, False),
    "sdata4": (0x0B, 4, False),
    "sdata8": (0x0C, 8, False),
    "sdata4 pcrel": (0x1B, 4, True),
    "sdata8 pcrel": (0x1C, 8, True),
    "absptr pcrel": (0x10, 0, True),
}


def three_functions(frames: Frames, encoding: str, vaddr: int, code: int) -> Frames:
    """A CIE "zPLR" and FDEs for functions of 8, 9 and 10 bytes at `code`; the second has an LSDA."""
    kind, width, relative = ENCODINGS[encoding]
    width = width or frames.word
    cie = frames.cie(b"zPLR", b"\x00" + bytes(frames.word) + bytes([0x1B, kind]))
    for number, lsda in enumerate((0, code + 48, 0)):
        at = vaddr + len(frames.raw) + 8
        body = frames.number(code + 16 * number - (at if relative else 0), width) + frames.number(8 + number, width)
        frames.fde(cie, body + b"\x04" + frames.number(lsda - (at + len(body) + 1) if lsda else 0, 4))
    frames.end()
    return frames


def planted(elf_class: int, data: int, encoding: str, listing: str = "listed") -> tuple[bytes, Frames, int]:
    """A file with three functions, their FDEs in the header's table or not, and the address of its .eh_frame."""
    size = len(three_functions(Frames(elf_class, data), encoding, 0, 0).raw)
    header, vaddr, code = places(Frames(elf_class, data), 3, size)
    frames = three_functions(Frames(elf_class, data), encoding, vaddr, code)
    rows = [(code + 16 * number, vaddr + mark) for number, mark in enumerate(frames.marks[1:])]
    raw = header_of(frames, rows if listing == "listed" else [], header, vaddr)
    return with_blobs(frames, raw.ljust(12 + 24, b"\0"), bytes(frames.raw)).data, frames, vaddr


def planted_frames(frames: Frames, rows: tuple[int, ...], tail: bytes = TAIL, claimed: int = -1) -> bytes:
    """The file with these records; the header's table lists those whose places are `rows`, for code at 0, 16..."""
    header, vaddr, code = places(frames, len(rows), len(frames.raw), tail)
    pairs = [(code + 16 * number, vaddr + place) for number, place in enumerate(rows)]
    return with_blobs(frames, header_of(frames, pairs, header, vaddr, claimed=claimed), bytes(frames.raw), tail).data


def one_function(frames: Frames) -> int:
    """A CIE and its FDE, which is returned."""
    cie = frames.cie(b"zR", b"\x03")
    return frames.fde(cie, frames.number(BASE, 4) + frames.number(8, 4) + b"\0")


LIBRARIES = [
    path
    for path in [*fixtures("libgreet.so"), *fixtures("static"), *fixtures("hello")]
    if b".eh_frame_hdr\0" in path.read_bytes()
]


every_library = pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: f"{path.parent.name}-{path.name}")


def witness(content: bytes) -> tuple[list[tuple[int, int, int]], Container]:
    """What pyelftools reads: start, length and LSDA of each FDE, and the section's header."""
    elf = ELFFile(io.BytesIO(content))
    entries = [entry for entry in elf.get_dwarf_info().EH_CFI_entries() if isinstance(entry, FDE)]
    rows = [(entry["initial_location"], entry["address_range"], entry.lsda_pointer or 0) for entry in entries]
    return rows, header_named(elf, ".eh_frame")


def header_named(elf: ELFFile, name: str) -> Container:
    section = elf.get_section_by_name(name)
    assert section is not None
    header: Container = section.header
    return header
