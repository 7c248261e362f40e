"""What functions do with exceptions: .gcc_except_table and .ARM.extab, from the first to the end of the last entry.

Unwind records point to the entries, nothing tells where the last one ends: it is read, or else cut at what follows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.sections import SHT_PROGBITS
from elfkit.evidence import Certainty, Evidence
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.unwind import alignment, alloc_flags
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.tables.distinct import distinct
from elfkit.tables.encoded_pointers import U64
from elfkit.tables.exidx import exception_entry_size, read_exception_index
from elfkit.tables.lsda import lsdas_end, read_lsda

MOST_BYTES = 1 << 18  # that are read for one entry, and for those behind the last
SAMPLE_BYTES = 1 << 14  # that an LSDA takes, one that is only asked for its types
MOST_UNREAD = 4096  # bytes that an entry which cannot be read may take up to the next section
MOST_LOOKED_AT = 64  # LSDAs, for one that has a table of types


class Table(NamedTuple):
    """A table's name, what points to its entries, the size of the last one if that can be read, its alignment."""

    name: str
    source: str
    last_size: int | None
    addralign: int


class Span(NamedTuple):
    """The first and the last entry of a table, how many there are, and the bytes up to what follows the last."""

    first: int
    last: int
    entries: int
    room: int


def exception_table_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .gcc_except_table: all LSDAs that the FDEs of .eh_frame point to."""
    frames = gathered.unwind
    span = _span(gathered, sections, frames.lsda) if frames is not None else None
    if frames is None or span is None:
        return []
    end = lsdas_end(_bytes(gathered, span.last, span.room), span.last, gathered.image.layout)
    align = alignment(span.first, _type_width(gathered, frames.lsda))
    return _section(gathered, Table(".gcc_except_table", "FDEs", end, align), span)


def arm_exception_table_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .ARM.extab: all entries that .ARM.exidx points to."""
    index = read_exception_index(gathered.image)
    span = _span(gathered, sections, index.entry) if index is not None else None
    if span is None:
        return []
    size = exception_entry_size(gathered.image, span.last)
    table = Table(".ARM.extab", "rows of .ARM.exidx", size, alignment(span.first, 4))
    return _section(gathered, table, span)


def _span(gathered: Gathered, sections: Sections, entries: U64) -> Span | None:
    """Return the span of the entries in that gap between the planned sections which holds most of them."""
    entries = distinct(entries[entries != 0])
    best: Span | None = None
    for load in gathered.loads:
        for start, end in sections.gaps(load.vaddr, load.vaddr + load.filesz):
            low, high = np.searchsorted(entries, np.asarray([start, end - 1], np.uint64))
            high += np.count_nonzero(entries[high : high + 1] == np.uint64(end - 1))
            if low < high and (best is None or best.entries < high - low):
                last = int(entries[high - 1])
                best = Span(int(entries[low]), last, int(high - low), end - last)
    return best


def _bytes(gathered: Gathered, vaddr: int, room: int) -> bytes:
    extent = gathered.extent(vaddr)
    return gathered.image.source.view(extent.offset, min(room, extent.size, MOST_BYTES)) if extent else b""


def _type_width(gathered: Gathered, entries: U64) -> int:
    """Return the bytes of an address of a type, to which an LSDA that has them is aligned; 1 if none is seen."""
    for entry in entries[entries != 0][:MOST_LOOKED_AT].tolist():
        lsda = read_lsda(_bytes(gathered, entry, SAMPLE_BYTES), entry, gathered.image.layout)
        if lsda is not None and lsda.type_width:
            return lsda.type_width
    return 1


def _section(gathered: Gathered, table: Table, span: Span) -> list[PlannedSection]:
    """Return the section, as long as its last entry can be read or what follows is near."""
    size = table.last_size if table.last_size is not None and table.last_size <= span.room else None
    extent = gathered.extent(span.first)
    if extent is None or (size is None and span.room > MOST_UNREAD):
        return []
    end = span.last + (span.room if size is None else size)
    because = f"{span.entries} entries that {table.source} point to, up to "
    because += "what follows the last" if size is None else "the end of the last"
    raw = gathered.image.source.view(extent.offset, 16)
    return [
        PlannedSection(
            table.name,
            SHT_PROGBITS,
            alloc_flags(gathered, span.first),
            span.first,
            extent.offset,
            end - span.first,
            because,
            Certainty.BOUNDED if size is None else Certainty.GUESSED,
            (Evidence(f"first entry of {table.name}", extent.offset, raw, span.first),),
            addralign=table.addralign,
        )
    ]
