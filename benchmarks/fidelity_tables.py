"""Section tables as pyelftools reads them, never elfkit: the witness of what was there, and of what was rebuilt.

Also the two forms in which a file loses its table, and which bytes that a loader maps lie in no section.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path
from typing import Any, Final, NamedTuple

from elftools.common.exceptions import ELFError
from elftools.common.utils import struct_parse
from elftools.construct import Construct
from elftools.elf.elffile import ELFFile

SHF_ALLOC: Final = 0x2
SHF_INFO_LINK: Final = 0x40
SHN_LORESERVE: Final = 0xFF00
FIELDS: Final = ("type", "flags", "addr", "offset", "size", "entsize", "link", "info")
"""What must be equal; `link`, and `info` where it is an index, by the name of the section."""


class UnreadableError(Exception):
    """pyelftools cannot read the file or its section table."""


@unique
class Form(Enum):
    """How the table is taken away."""

    STRIPPED = "header fields wiped, cut after the last segment as sstrip does"
    WIPED = "header fields wiped alone"


class Row(NamedTuple):
    """One section header; `type` is pyelftools' word, or the number it has no word for; `position` its index."""

    position: int
    name: str
    type: str | int
    flags: int
    addr: int
    offset: int
    size: int
    entsize: int
    link: str
    link_index: int
    info: str | int
    addralign: int

    @property
    def allocated(self) -> bool:
        return bool(self.flags & SHF_ALLOC)

    @property
    def filler(self) -> bool:
        """Whether it only takes up an index: nothing in the file, nothing in memory."""
        return self.type == "SHT_NULL" or not (self.size or self.flags)


class Segment(NamedTuple):
    """One program header."""

    type: str | int
    offset: int
    filesz: int


@dataclass(frozen=True, slots=True)
class Table:
    """A file's section table, all rows by index, with what is needed of the rest; `headers` are Ehdr and Phdrs."""

    machine: str
    elf_class: int
    order: str
    rows: tuple[Row, ...]
    segments: tuple[Segment, ...]
    headers: tuple[tuple[int, int], ...]

    def named(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)

    def symbol_count(self) -> int | None:
        dynsym = self.named(".dynsym")
        return dynsym.size // dynsym.entsize if dynsym and dynsym.entsize else None

    @property
    def dynamic(self) -> bool:
        return any(segment.type == "PT_DYNAMIC" for segment in self.segments)


def read_table(path: Path) -> Table:
    """The section table of a file. UnreadableError where pyelftools gives up."""
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            header = elf.header
            headers = _records(elf, elf.structs.Elf_Shdr, "e_sh", elf.num_sections())
            names = _names(elf, headers)
            rows = [_row(position, name, headers[position], names) for position, name in enumerate(names)]
            parts = _records(elf, elf.structs.Elf_Phdr, "e_ph", elf.num_segments())
            segments = [Segment(part["p_type"], part["p_offset"], part["p_filesz"]) for part in parts]
            table = (header["e_phoff"], header["e_phoff"] + header["e_phnum"] * header["e_phentsize"])
            return Table(
                machine=str(header["e_machine"]),
                elf_class=elf.elfclass,
                order="<" if elf.little_endian else ">",
                rows=tuple(rows),
                segments=tuple(segments),
                headers=((0, header["e_ehsize"]), table),
            )
    except (
        ELFError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        AssertionError,
        MemoryError,
    ) as error:
        msg = f"pyelftools: {type(error).__name__}: {error}"
        raise UnreadableError(msg) from error


def _records(elf: ELFFile, layout: Construct, prefix: str, count: int) -> list[dict[str, Any]]:
    """The headers alone: pyelftools' objects of sections refuse a table whose links are wrong, which is to be told."""
    places = [elf[f"{prefix}off"] + index * elf[f"{prefix}entsize"] for index in range(count)]
    return [struct_parse(layout, elf.stream, stream_pos=place) for place in places]


def _names(elf: ELFFile, headers: Sequence[dict[str, Any]]) -> list[str]:
    if not headers:
        return []
    strings = headers[elf.get_shstrndx()]
    elf.stream.seek(strings["sh_offset"])
    content: bytes = elf.stream.read(strings["sh_size"])
    starts = [header["sh_name"] for header in headers]
    return [content[start : content.index(b"\0", start)].decode("latin-1") for start in starts]


def _row(position: int, name: str, header: dict[str, Any], names: Sequence[str]) -> Row:
    def called(index: int) -> str:
        return names[index] if 0 < index < len(names) else f"#{index}" if index else ""

    kind: str | int = header["sh_type"]
    indexing = header["sh_flags"] & SHF_INFO_LINK or kind in {"SHT_REL", "SHT_RELA"}
    return Row(
        position=position,
        name=name,
        type=kind,
        flags=header["sh_flags"],
        addr=header["sh_addr"],
        offset=header["sh_offset"],
        size=header["sh_size"],
        entsize=header["sh_entsize"],
        link=called(header["sh_link"]),
        link_index=header["sh_link"],
        info=called(header["sh_info"]) if indexing else header["sh_info"],
        addralign=header["sh_addralign"],
    )


def without_table(raw: bytes, table: Table, form: Form) -> bytes:
    """The file in that form."""
    places = {32: ((0x20, "I"), (0x2E, "HHH")), 64: ((0x28, "Q"), (0x3A, "HHH"))}[table.elf_class]
    copy = bytearray(raw)
    for offset, fields in places:
        struct.pack_into(table.order + fields, copy, offset, *(0 for _ in fields))
    if form is Form.STRIPPED:
        ends = [segment.offset + segment.filesz for segment in table.segments]
        del copy[max(ends) :]
    return bytes(copy)


def named_indices(raw: bytes, table: Table) -> set[int]:
    """The indices of sections that the dynamic symbols of a whole file name."""
    dynsym = table.named(".dynsym")
    if dynsym is None:
        return set()
    symbols = raw[dynsym.offset : dynsym.offset + dynsym.size]
    layout = table.order + ("14xH" if table.elf_class == 32 else "6xH16x")
    whole = len(symbols) - len(symbols) % struct.calcsize(layout)
    indices = {index for (index,) in struct.iter_unpack(layout, symbols[:whole])}
    return {index for index in indices if 0 < index < SHN_LORESERVE}


def uncovered(raw: bytes, table: Table) -> list[tuple[int, int]]:
    """The ranges of the file that PT_LOAD maps, that hold a byte other than zero, and that no section takes.

    The ELF header and the program headers are in no section of any file.
    """
    held = [(row.offset, row.offset + row.size) for row in table.rows if row.allocated and row.type != "SHT_NOBITS"]
    held = sorted([*held, *table.headers])
    loads = [(part.offset, part.offset + part.filesz) for part in table.segments if part.type == "PT_LOAD"]
    gaps = [gap for start, end in loads for gap in _gaps(held, start, min(end, len(raw)))]
    return [(start, end) for start, end in gaps if raw[start:end].strip(b"\0")]


def _gaps(held: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    for first, last in held:
        if first >= end:
            break
        if first > start:
            yield start, first
        start = max(start, last)
    if start < end:
        yield start, end
