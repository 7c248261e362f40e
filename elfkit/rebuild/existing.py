"""The table a file already has: whether it can be trusted, held against what the loader goes by."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.dynamic import DT_STRTAB, DT_SYMTAB
from elfkit.abi.sections import SHT_DYNAMIC, SHT_DYNSYM, SHT_NOBITS, SHT_STRTAB
from elfkit.image.image import Image
from elfkit.image.sections import Section, SectionHeaders
from elfkit.tables.counts import symbol_count


class Trust(NamedTuple):
    """Whether the section header table agrees with the program headers; ``why`` not, as a clause."""

    whole: bool
    why: str


def table_trust(image: Image) -> Trust:
    """Return whether the section headers of ``image`` can stay as they are."""
    table = image.sections
    if table.state is SectionHeaders.ABSENT:
        return Trust(whole=False, why="it has no section headers")
    if table.state is SectionHeaders.DAMAGED:
        return Trust(whole=False, why=table.anomalies[0].detail)
    why = rows_against_the_loader(image, table.rows, table.names)
    return Trust(whole=not why, why=why)


def rows_against_the_loader(image: Image, rows: tuple[Section, ...], names: int) -> str:
    """Return where rows of a section header table contradict the file or its dynamic section; "" if nowhere."""
    size = image.source.size
    if names >= len(rows) or rows[names].type != SHT_STRTAB:
        return f"row {names} is no string table of section names"
    for number, row in enumerate(rows[1:], 1):
        if row.type != SHT_NOBITS and row.offset + row.size > size:
            return f"row {number} ends at {row.offset + row.size:#x}, the file at {size:#x}"
        if row.link >= len(rows):
            return f"row {number} links to row {row.link} of {len(rows)}"
    if image.dynamic is None or image.dynamic_segment is None:
        return ""
    segment = image.dynamic_segment
    if not any(row.type == SHT_DYNAMIC and row.addr == segment.vaddr for row in rows):
        return "no row is PT_DYNAMIC"
    return _symbols_against_the_loader(image, rows)


def _symbols_against_the_loader(image: Image, rows: tuple[Section, ...]) -> str:
    values = image.dynamic.values if image.dynamic else {}
    if DT_SYMTAB not in values:
        return ""
    symbols = next((row for row in rows if row.type == SHT_DYNSYM and row.addr == values[DT_SYMTAB]), None)
    if symbols is None:
        return "no row is the table of DT_SYMTAB"
    count = symbol_count(image)
    stated = symbols.size // image.layout.sym.size
    if count.total is not None and stated != count.total:
        return f"a row says {stated} dynamic symbols, there are {count.total}"
    if rows[symbols.link].addr != values.get(DT_STRTAB):
        return "the row of DT_SYMTAB does not link to that of DT_STRTAB"
    return ""
