"""Sections without bytes, for symbols that name a section of which none is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from elfkit.rebuild.passes.empty import empty_sections
from tests.elfwriter import BASE, Elf, Sym, Written
from tests.rebuild.samples import FUNCTION, anchor, data_segment, dynsyms, gathered, library, rebuilt


def test_a_symbol_at_the_end_of_a_segment_has_a_section_there(tmp_path: Path) -> None:
    """_end, of a .bss that is empty: index 9, while the data before it is section 4."""

    def build(end: int) -> Written:
        symbols = (Sym(b"data", end - 40, 40, 0x11, shndx=4), Sym(b"_end", end, 0, 0x10, shndx=9))
        return library(3, elf=Elf(sysv_words=4, symbols=symbols), extras=(data_segment(b"data" * 10),))

    built = build(BASE + len(build(BASE).data))
    result = rebuilt(built.data, tmp_path, independent=True)
    end = dynsyms(result.content, result.table)[2]
    row = result.table.rows[end.shndx]
    assert (end.shndx, row.addr, row.size, row.flags & 3) == (9, end.value, 0, 3)


def test_flags_are_those_of_the_segment() -> None:
    built = library(3, extras=(replace(data_segment(b"data"), align=64),))
    found = gathered(built.data)
    code = BASE + built.blobs["code"][0]
    data = BASE + len(built.data)
    anchors = [
        anchor(7, code + FUNCTION, code=True),
        anchor(8, code + FUNCTION),
        anchor(9, data),
        anchor(10, data, thread=True),
        anchor(11, 0x900000),
    ]
    rows = empty_sections(found, anchors)
    assert [(row.name, row.flags, row.addr, row.size) for row in rows] == [
        (".text", 6, code + FUNCTION, 0),
        (".rodata", 2, code + FUNCTION, 0),
        (".data", 3, data, 0),
        (".data", 0x403, data, 0),
    ]
    assert all(0 <= row.offset <= len(built.data) for row in rows)
    assert all(row.addralign > 0 for row in rows)
