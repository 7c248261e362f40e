"""Links by name, once all sections are there."""

from __future__ import annotations

import pytest

from elfkit.evidence import Certainty
from elfkit.rebuild.links import linked
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import bounds_of
from tests.rebuild.samples import LIBRARY, cut, gathered, planned

GATHERED = gathered(cut(LIBRARY))
BASE = 0x400  # within the first PT_LOAD of LIBRARY


def after(*rows: PlannedSection) -> dict[str, PlannedSection]:
    found = linked(GATHERED, Sections().adding(rows, bounds=bounds_of(GATHERED)))
    assert found.rejected == ()
    return {row.name: row for row in (*found.mapped, *found.others)}


def test_links_to_what_is_not_there_are_taken_away() -> None:
    rows = after(
        planned(".dynsym", BASE, 8),
        planned(".rela.plt", BASE + 8, 8, type=4, link=".dynsym", info=".got", flags=0x42),
        planned(".symtab", 0, 8, flags=0, link=".strtab", info=3),
    )
    shown = {name: (row.link, row.info, row.flags) for name, row in rows.items()}
    assert shown == {".dynsym": ("", 0, 2), ".rela.plt": (".dynsym", 0, 2), ".symtab": ("", 3, 0)}


@pytest.mark.parametrize("kind", [5, 11, 0x6FFFFFF6, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF, 0x7000002B], ids=hex)
def test_a_table_that_means_nothing_without_another_is_bytes_without_it(kind: int) -> None:
    """gABI, "sh_link and sh_info": of these types sh_link is a symbol table or a string table, never 0."""
    alone = after(planned(".table", BASE, 8, type=kind, link=".other", info=2, entsize=4))[".table"]
    assert (alone.type, alone.link, alone.info, alone.entsize) == (1, "", 0, 0)
    both = after(planned(".table", BASE, 8, type=kind, link=".other", entsize=4), planned(".other", BASE + 8, 8))
    assert (both[".table"].type, both[".table"].link, both[".table"].entsize) == (kind, ".other", 4)


def test_sections_of_one_name_are_told_apart() -> None:
    """patchelf brings symbols and sections together by name."""
    rows = after(planned(".text", BASE, 8), planned(".text", BASE + 8, 8), planned(".text", BASE + 16, 8))
    assert [(name, row.addr - BASE) for name, row in rows.items()] == [(".text", 0), (".text.1", 8), (".text.2", 16)]


def test_what_symbols_name_keeps_the_name_that_gold_goes_by() -> None:
    rows = after(
        planned(".data.rel.ro", BASE, 8, certainty=Certainty.BOUNDED),
        planned(".data.rel.ro", BASE + 8, 8, certainty=Certainty.GUESSED),
    )
    assert {name: row.addr - BASE for name, row in rows.items()} == {".data.rel.ro": 0, ".data.rel.ro.local": 8}


def test_an_ordered_table_is_linked_to_the_last_code() -> None:
    rows = after(
        planned(".ARM.exidx", BASE, 8, flags=0x82),
        planned(".text", BASE + 8, 8, flags=6),
        planned(".text.hot", BASE + 16, 8, flags=6),
    )
    assert rows[".ARM.exidx"].link == ".text.hot"


def test_an_address_is_a_multiple_of_its_alignment() -> None:
    """gABI: sh_addr must be congruent to 0, modulo sh_addralign."""
    rows = after(
        planned(".got", BASE + 8, 8, addralign=256),
        planned(".text", BASE + 16, 8, addralign=4),
        planned(".data", BASE + 25, 8, addralign=8),
        planned(".debug_str", 3, 8, addralign=16, flags=0),
    )
    assert {name: row.addralign for name, row in rows.items()} == {".got": 8, ".text": 4, ".data": 1, ".debug_str": 16}
