"""Whether relocations write where the program headers forbid it (gABI, "Relocation"; DT_TEXTREL).

Read with the standard library alone: of most files the least r_offset says all there is to say.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
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
from elfkit.errors import LimitError
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence, Fact
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image

CHUNK = 48 << 14  # bytes read at once: a whole number of entries of every size
PACKED = (DT_ANDROID_REL, DT_ANDROID_RELA)
TABLES = (
    ("DT_REL", DT_REL, DT_RELSZ, 2),
    ("DT_RELA", DT_RELA, DT_RELASZ, 3),
    ("DT_JMPREL", DT_JMPREL, DT_PLTRELSZ, 0),  # as many words as DT_PLTREL says
    ("DT_RELR", DT_RELR, DT_RELRSZ, 1),
)
SHOWN = 3  # entries in the evidence
NATIVE = 1 if sys.byteorder == "little" else 2  # EI_DATA
WORDS = {4: "I", 8: "Q"}
BYTES = bytes(range(256))
NONE: Fact[int] = Fact(0, Certainty.DERIVED)


class Table(NamedTuple):
    """One table of relocations: its tag, where it lies, and how many words an entry has (1: DT_RELR).

    ``head`` are its first bytes, mostly all of them: several facts look at the same.
    """

    name: str
    offset: int
    size: int
    words: int
    head: bytes


class Ranges(NamedTuple):
    """The addresses that are mapped without PF_W and nowhere with it: ``starts`` and ``ends`` of spans, ascending."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def forbid(self, vaddr: int) -> bool:
        """Return whether ``vaddr`` lies in one of the spans."""
        place = bisect_right(self.starts, vaddr)
        return place > 0 and vaddr < self.ends[place - 1]

    def within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the part of each span that lies in [start, end)."""
        for place in range(bisect_right(self.ends, start), len(self.starts)):
            if self.starts[place] >= end:
                return
            yield max(self.starts[place], start), min(self.ends[place], end)


class Hit(NamedTuple):
    """``writes`` to a closed segment that one entry stands for, the first few at ``vaddrs``, ascending."""

    offset: int
    vaddrs: tuple[int, ...]
    raw: bytes
    writes: int = 1


class Found(NamedTuple):
    """The evidence so far, the number of forbidden writes, and the lowest address that one of them writes to."""

    proofs: list[Evidence]
    writes: int
    lowest: int


def text_relocation_count_fact(image: Image, tables: Sequence[Table | None]) -> tuple[Fact[int], tuple[Anomaly, ...]]:
    """How many dynamic relocations write to a PT_LOAD without PF_W; the first of them are the evidence.

    ``detail`` is the dynamic symbol at the lowest such address, or the nearest below. Relocations of type 0
    (R_*_NONE) write nothing. Where a table is not in the file, or packed as Android packs it, the count is
    BOUNDED: there may be more. The second value tells where the limits have ended the search.
    """
    dynamic = image.dynamic
    if dynamic is None:
        return NONE, ()
    top = _top(image)
    complete = None not in tables and dynamic.values.keys().isdisjoint(PACKED)
    found = Found([], 0, 0)
    odd: tuple[Anomaly, ...] = ()
    try:
        for table in _each_entry_once(tables):
            found = _counted(image, table, top, found)
    except LimitError as error:
        complete = False
        odd = (Anomaly(Damage.LIMIT, image.header_evidence("e_phoff"), str(error), "those found until then"),)
    detail = _symbol_at(image, found.lowest) if found.writes else ""
    sure = Certainty.DERIVED if complete else Certainty.BOUNDED
    return Fact(found.writes, sure, tuple(found.proofs), detail), odd


def _counted(image: Image, table: Table, top: int, found: Found) -> Found:
    """Return ``found`` with the hits of one table; LimitError where there are more than the limits allow."""
    most = image.source.limits.relocations
    hits_of = _relative_hits if table.words == 1 else _hits
    proofs, count, lowest = found
    for hit in hits_of(image, table, top):
        for vaddr in hit.vaddrs[: SHOWN - len(proofs)]:
            proofs.append(Evidence(f"{table.name} r_offset", hit.offset, hit.raw, vaddr))
        lowest = min(lowest, hit.vaddrs[0]) if count else hit.vaddrs[0]
        count += hit.writes
        if count > most:
            raise LimitError("relocations", most, f"how many entries of {table.name} write to segments without PF_W")
    return Found(proofs, count, lowest)


def _each_entry_once(tables: Sequence[Table | None]) -> Iterator[Table]:
    """Yield the tables without what one before has too: DT_JMPREL may lie within DT_RELA."""
    done: list[Table] = []
    for table in tables:
        if table is None:
            continue
        rest = table
        for other in done:
            behind = other.offset + other.size - rest.offset
            if rest.words == other.words and 0 < behind <= other.size:
                skipped = min(behind, rest.size)
                rest = Table(rest.name, rest.offset + skipped, rest.size - skipped, rest.words, rest.head[skipped:])
        done.append(table)
        yield rest


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


def _top(image: Image) -> int:
    """Return where the last segment without PF_W ends: usually all that is writable lies above."""
    return max([load.vaddr + load.memsz for load in image.loads if not load.flags & PF_W], default=0)


def _ranges(image: Image) -> Ranges:
    """Return what is mapped without PF_W, less what is mapped with it too: one pass over the ends of all segments."""
    edges: list[tuple[int, int, bool]] = []
    for load in image.loads:
        if load.memsz:
            writable = bool(load.flags & PF_W)
            edges += [(load.vaddr, 1, writable), (load.vaddr + load.memsz, -1, writable)]
    starts: list[int] = []
    ends: list[int] = []
    depth = [0, 0]  # of segments without and with PF_W at this address
    for vaddr, step, writable in sorted(edges):
        before = depth[0] > 0 and not depth[1]
        depth[writable] += step
        if (depth[0] > 0 and not depth[1]) != before:
            (ends if before else starts).append(vaddr)
    return Ranges(tuple(starts), tuple(ends))


def relocation_tables(image: Image) -> list[Table | None]:
    """Return the tables that the dynamic section names; None for one that is not in the file."""
    values = image.dynamic.values if image.dynamic else {}
    plt = 3 if values.get(DT_PLTREL) == DT_RELA else 2
    found: list[Table | None] = []
    for name, tag, size_tag, words in TABLES:
        size = values.get(size_tag, 0) if tag in values else 0
        if size:
            extent = image.extent_of(values[tag])
            found.append(_table(image, name, extent, size, words or plt) if extent else None)
    return found


def _table(image: Image, name: str, extent: Extent, stated: int, words: int) -> Table:
    size = min(stated, extent.size)
    head = b"" if words == 1 else image.source.view(extent.offset, min(size, CHUNK))
    return Table(name, extent.offset, size, words, head)


def chunks(image: Image, table: Table, entry: int) -> Iterator[tuple[int, bytes]]:
    """Yield the bytes of a table in pieces of whole entries, each with its file offset."""
    place, end = table.offset, table.offset + table.size // entry * entry
    raw = table.head[: end - place]
    while place < end:
        raw = raw if len(raw) >= entry else image.source.view(place, min(CHUNK, end - place))
        whole = len(raw) // entry * entry
        if not whole:
            return
        yield place, raw[:whole]
        place, raw = place + whole, raw[whole:]


def _hits(image: Image, table: Table, top: int) -> Iterator[Hit]:
    """Yield each entry that writes to a closed segment; ``top`` is where the last of them ends."""
    width = image.layout.word_size
    entry = table.words * width
    third = 2 if image.layout.data == 1 else width - 3  # the byte of bits 16 to 23
    above = BYTES[(top + 0xFFFF) >> 16 :]  # with such a byte an address is not below top
    ranges: Ranges | None = None
    for place, raw in chunks(image, table, entry):
        skipped = 0 if any(raw[:entry]) else entry  # R_*_NONE at 0, with which every table of MIPS begins
        if not raw[skipped + third :: entry].translate(None, above):
            continue
        words = _words(image, raw)
        column = words[skipped // width :: table.words]
        if column and min(column) < top:
            ranges = ranges or _ranges(image)
            for number in range(len(column) + skipped // entry):
                at = number * entry
                vaddr, info = words[number * table.words : number * table.words + 2]
                if ranges.forbid(vaddr) and _relocates(image, info):
                    yield Hit(place + at, (vaddr,), raw[at : at + entry])


def _relative_hits(image: Image, table: Table, top: int) -> Iterator[Hit]:
    """Yield each word of DT_RELR that stands for writes to a closed segment.

    An even word is an address, an odd one a bitmap of the words that follow: none lies below the least address.
    """
    width = image.layout.word_size
    raw = image.source.view(table.offset, table.size)
    words = _words(image, raw[: len(raw) // width * width])
    if min([word for word in words if not word & 1], default=0) >= top:
        return
    ranges = _ranges(image)
    most = steps = image.source.limits.relocations
    following = 0
    for number, word in enumerate(words):
        if word & 1 and following >= top:
            continue  # every address of the bitmaps up to the next even word lies above
        start, bits = (following, word >> 1) if word & 1 else (word, 1)
        following = following + (width * 8 - 1) * width if word & 1 else word + width
        vaddrs: list[int] = []
        count = 0
        for first, end in ranges.within(start, start + bits.bit_length() * width):
            steps -= 1
            left, right = -((start - first) // width), -((start - end) // width)  # bits whose addresses lie in the span
            inside = bits >> left & (1 << right - left) - 1
            count += inside.bit_count()
            while inside and len(vaddrs) < SHOWN:
                vaddrs.append(start + (left + (inside & -inside).bit_length() - 1) * width)
                inside &= inside - 1
        if count:
            yield Hit(table.offset + number * width, tuple(vaddrs), raw[number * width : (number + 1) * width], count)
        if steps < 0:
            raise LimitError("relocations", most, "which words of DT_RELR stand for writes to segments without PF_W")


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
