"""Whether relocations write where the program headers forbid it (gABI, "Relocation"; DT_TEXTREL).

Read with the standard library alone: of most files the least r_offset says all there is to say.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from elfkit.abi.dynamic import (
    DT_ANDROID_REL,
    DT_ANDROID_RELA,
    DT_JMPREL,
    DT_PLTREL,
    DT_PLTRELSZ,
    DT_REL,
    DT_RELA,
    DT_RELASZ,
    DT_RELR,
    DT_RELRSZ,
    DT_RELSZ,
    DT_SYMTAB,
)
from elfkit.abi.header import EM_MIPS
from elfkit.abi.sections import SHN_UNDEF
from elfkit.abi.segments import PF_W
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.dynamic import Dynamic
from elfkit.image.image import Image

CHUNK = 48 << 14  # bytes read at once: a whole number of entries of every size
PACKED = (DT_ANDROID_REL, DT_ANDROID_RELA)
SHOWN = 3  # entries in the evidence
NATIVE = 1 if sys.byteorder == "little" else 2  # EI_DATA
WORDS = {4: "I", 8: "Q"}


class Table(NamedTuple):
    """One table of relocations: its tag, where it lies, and how many words an entry has (1: DT_RELR)."""

    name: str
    offset: int
    size: int
    words: int


class Ranges(NamedTuple):
    """Addresses [start, end) of the segments that are mapped without and with PF_W."""

    closed: tuple[tuple[int, int], ...]
    writable: tuple[tuple[int, int], ...]

    @property
    def top(self) -> int:
        """The end of the last closed segment: usually all that is writable lies above."""
        return max([end for _, end in self.closed], default=0)

    def forbid(self, vaddr: int) -> bool:
        """Return whether ``vaddr`` lies in a closed segment and in no writable one."""
        inside = any(start <= vaddr < end for start, end in self.closed)
        return inside and not any(start <= vaddr < end for start, end in self.writable)


def text_relocation_count_fact(image: Image) -> Fact[int]:
    """How many dynamic relocations write to a PT_LOAD without PF_W; the first of them are the evidence.

    ``detail`` is the dynamic symbol at the lowest such address, or the nearest below. Relocations of type 0
    (R_*_NONE) write nothing. Where a table is not in the file, or packed as Android packs it, the count is
    BOUNDED: there may be more.
    """
    dynamic = image.dynamic
    if dynamic is None:
        return Fact(0, Certainty.DERIVED)
    ranges = _ranges(image)
    tables = relocation_tables(image, dynamic)
    complete = None not in tables and dynamic.values.keys().isdisjoint(PACKED)
    hits: dict[tuple[int, int], Evidence | None] = {}  # each once: DT_JMPREL may lie within DT_RELA
    for table in tables:
        if table is None:
            continue
        hits_of = _relative_hits if table.words == 1 else _hits
        for offset, vaddr, raw in hits_of(image, table, ranges):
            proof = Evidence(f"{table.name} r_offset", offset, raw, vaddr) if len(hits) < SHOWN else None
            hits.setdefault((offset, vaddr), proof)
    proofs = tuple([proof for proof in hits.values() if proof is not None])
    detail = _symbol_at(image, min(vaddr for _, vaddr in hits)) if hits else ""
    return Fact(len(hits), Certainty.DERIVED if complete else Certainty.BOUNDED, proofs, detail)


def _symbol_at(image: Image, vaddr: int) -> str:
    """Return the name of the dynamic symbol at ``vaddr`` or nearest below it; "" where there is none."""
    from elfkit.tables.counts import symbol_count  # here: only files with such relocations pay for numpy

    record = image.layout.sym
    extent = image.extent_of(image.dynamic.values.get(DT_SYMTAB, 0)) if image.dynamic else None
    if extent is None:
        return ""
    raw = image.source.view(extent.offset, min(extent.size, symbol_count(image).low * record.size))
    fields = list(record.codes)
    name, value, place = (fields.index(field) for field in ("st_name", "st_value", "st_shndx"))
    below = [
        (symbol[value], symbol[name])
        for symbol in record.reader.iter_unpack(raw[: len(raw) // record.size * record.size])
        if symbol[place] != SHN_UNDEF and symbol[value] <= vaddr
    ]
    return (image.string(max(below)[1]) or "") if below else ""


def _ranges(image: Image) -> Ranges:
    spans = [(load.flags & PF_W, (load.vaddr, load.vaddr + load.memsz)) for load in image.loads]
    return Ranges(tuple([span for open_, span in spans if not open_]), tuple([span for open_, span in spans if open_]))


def relocation_tables(image: Image, dynamic: Dynamic) -> list[Table | None]:
    """Return the tables that the dynamic section names; None for one that is not in the file."""
    values = dynamic.values
    plt = 3 if values.get(DT_PLTREL) == DT_RELA else 2
    found: list[Table | None] = []
    for name, tag, size_tag, words in (
        ("DT_REL", DT_REL, DT_RELSZ, 2),
        ("DT_RELA", DT_RELA, DT_RELASZ, 3),
        ("DT_JMPREL", DT_JMPREL, DT_PLTRELSZ, plt),
        ("DT_RELR", DT_RELR, DT_RELRSZ, 1),
    ):
        size = values.get(size_tag, 0) if tag in values else 0
        if size:
            extent = image.extent_of(values[tag])
            found.append(Table(name, extent.offset, min(size, extent.size), words) if extent else None)
    return found


def _hits(image: Image, table: Table, ranges: Ranges) -> Iterator[tuple[int, int, bytes]]:
    """Yield (file offset, r_offset, bytes) of each entry that writes to a closed segment."""
    width = image.layout.word_size
    entry = table.words * width
    third = 2 if image.layout.data == 1 else width - 3  # the byte of bits 16 to 23
    end = table.offset + table.size // entry * entry
    top = ranges.top
    above = bytes(range(min((top + 0xFFFF) >> 16, 256), 256))  # with such a byte an address is not below top
    for place in range(table.offset, end, CHUNK):
        raw = image.source.view(place, min(CHUNK, end - place))
        raw = raw[: len(raw) // entry * entry]
        skipped = 0 if any(raw[:entry]) else entry  # R_*_NONE at 0, with which every table of MIPS begins
        if not raw[skipped + third :: entry].translate(None, above):
            continue
        words = _words(image, raw)
        column = words[skipped // width :: table.words]
        if column and min(column) < top:
            for number in range(len(column) + skipped // entry):
                at = number * entry
                vaddr, info = words[number * table.words : number * table.words + 2]
                if ranges.forbid(vaddr) and _relocates(image, info):
                    yield place + at, vaddr, raw[at : at + entry]


def _relative_hits(image: Image, table: Table, ranges: Ranges) -> Iterator[tuple[int, int, bytes]]:
    """Yield (file offset, address, word) of each word of DT_RELR that stands for a write to a closed segment.

    An even word is an address, an odd one a bitmap of the words that follow: none lies below the least address.
    """
    width = image.layout.word_size
    raw = image.source.view(table.offset, table.size)
    words = _words(image, raw[: len(raw) // width * width])
    if min([word for word in words if not word & 1], default=0) >= ranges.top:
        return
    following = 0
    for number, word in enumerate(words):
        if not word & 1:
            targets = [word]
            following = word + width
        else:
            targets = [following + bit * width for bit in range(width * 8 - 1) if word >> bit + 1 & 1]
            following += (width * 8 - 1) * width
        for vaddr in targets:
            if ranges.forbid(vaddr):
                yield table.offset + number * width, vaddr, raw[number * width : (number + 1) * width]


def _words(image: Image, raw: bytes) -> array[int]:
    words = array(WORDS[image.layout.word_size], raw)
    if image.layout.data != NATIVE:
        words.byteswap()
    return words


def _relocates(image: Image, info: int) -> bool:
    """Return whether r_info holds another type than R_*_NONE, which is 0 on every machine."""
    if image.layout.word_size == 4:
        return bool(info & 0xFF)
    if image.header.machine == EM_MIPS:  # three types of a byte each; the first is the last byte of r_info
        return bool(info >> 56 if image.layout.data == 1 else info & 0xFF)
    return bool(info & 0xFFFFFFFF)
