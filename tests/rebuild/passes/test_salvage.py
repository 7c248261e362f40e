"""What a damaged table still says of bytes that are not loaded: .symtab, .debug_*, .comment..."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from elfkit.evidence import Certainty
from elfkit.rebuild.passes.salvage import MOST_ROWS, salvaged_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.report import Action
from tests.elfwriter import patch
from tests.image.proofs import at_most, unproven
from tests.rebuild.samples import LIBRARY, cut, gathered, rebuilt, table_of

SYMTAB, STRTAB, PROGBITS, NOBITS = 2, 3, 1, 8
STRINGS = b"\0main\0helper\0"
SYMBOLS = (
    bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 12, 0x162C, 4) + struct.pack("<IBBHQQ", 6, 0x12, 0, 12, 0x163F, 4)
)


@dataclass(frozen=True)
class Behind:
    """A section behind the segments, with its row; `at` where its row says that its bytes lie, if not where they do."""

    name: bytes
    raw: bytes
    type: int = PROGBITS
    flags: int = 0
    link: int = 0
    info: int = 0
    entsize: int = 0
    at: int | None = None
    size: int | None = None


LEFT = (
    Behind(b".symtab", SYMBOLS, SYMTAB, link=2, info=1, entsize=24),
    Behind(b".strtab", STRINGS, STRTAB),
    Behind(b".debug_info", b"\x11" * 50),
    Behind(b".debug_str", b"a\0bb\0", flags=0x30, entsize=1),
    Behind(b".comment", b"cc\0", flags=0x30, entsize=1),
)


def with_table(*sections: Behind, own: bytes = b".shstrtab", shstrndx: int | None = None) -> bytes:
    """LIBRARY with bytes behind its segments, and a table that has rows of those alone: none of .dynamic or .dynsym."""
    content, rows, names = cut(LIBRARY), b"", b"\0"
    for section in sections:
        at = len(content) if section.at is None else section.at
        size = len(section.raw) if section.size is None else section.size
        rows += struct.pack(
            *("<IIQQQQIIQQ", len(names), section.type, section.flags, 0, at, size),
            *(section.link, section.info, 1, section.entsize),
        )
        content += section.raw
        names += section.name + b"\0"
    rows += struct.pack("<IIQQQQIIQQ", len(names), STRTAB, 0, 0, len(content), len(names) + len(own) + 1, 0, 0, 1, 0)
    content += names + own + b"\0"
    content += bytes(-len(content) % 8)
    count = len(sections) + 2
    header = (
        (0x28, len(content), 8),
        (0x3A, 64, 2),
        (0x3C, count, 2),
        (0x3E, count - 1 if shstrndx is None else shstrndx, 2),
    )
    content += bytes(64) + rows
    for place, value, size in header:
        content = patch(content, place, value.to_bytes(size, "little"))
    return content


def of(content: bytes) -> dict[str, PlannedSection]:
    rows = salvaged_sections(gathered(content), Sections())
    assert unproven(content, [row.evidence for row in rows]) == []
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row for row in rows}


def test_rows_of_what_is_not_loaded_are_kept(tmp_path: Path) -> None:
    content = with_table(*LEFT)
    result = rebuilt(content, tmp_path, independent=True)
    assert result.report.action is Action.REBUILT
    assert result.report.reason == "no row is PT_DYNAMIC"
    for left in LEFT:
        row = result.table.named(left.name.decode())
        assert row is not None
        assert result.content[row.offset : row.offset + row.size] == left.raw
        assert (row.flags, row.entsize, row.addr) == (left.flags, left.entsize, 0)
    symbols = result.table.named(".symtab")
    assert symbols is not None
    assert (symbols.type, symbols.link, symbols.info) == ("SHT_SYMTAB", ".strtab", 1)
    dynamic = result.table.named(".dynsym")
    assert dynamic is not None


def test_what_is_salvaged_is_bounded_and_says_where_it_was_found() -> None:
    for row in of(with_table(*LEFT)).values():
        assert row.certainty is Certainty.BOUNDED
        assert row.because == "a row of the damaged table whose bytes lie behind the segments"
        (proof,) = row.evidence
        assert len(proof.raw) == 64


def changed(which: bytes, /, **fields: object) -> bytes:
    return with_table(*[replace(one, **fields) if one.name == which else one for one in LEFT])  # type: ignore[arg-type]  # any


UNUSABLE = {
    "loaded": changed(b".comment", flags=2),
    "within a segment": changed(b".comment", at=0x500),
    "behind the file": changed(b".comment", size=1 << 20),
    "far behind the file": changed(b".comment", at=(1 << 64) - 8),
    "empty": changed(b".comment", size=0),
    "without bytes": changed(b".comment", type=NOBITS),
    "no row": changed(b".comment", type=0),
    "over another": changed(b".comment", at=len(cut(LIBRARY)) + 1),
    "without a name": changed(b".comment", name=b""),
    "with a name that is none": changed(b".comment", name=b"\x1b[31m"),
    "with a name that is no section's": changed(b".comment", name=b"comment"),
    "with a name that is very long": changed(b".comment", name=b"." + b"x" * 300),
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_not_right_is_left_out(content: bytes) -> None:
    assert set(of(content)) == {".symtab", ".strtab", ".debug_info", ".debug_str"}


SYMTABS = {
    "entries of another size": changed(b".symtab", entsize=16),
    "no whole number of entries": changed(b".symtab", size=len(SYMBOLS) - 1),
    "strings that are not there": changed(b".strtab", size=1 << 30),
    "a link to what is no string table": changed(b".symtab", link=3),
    "a link beyond the table": changed(b".symtab", link=1000),
}


@pytest.mark.parametrize("content", SYMTABS.values(), ids=SYMTABS)
def test_a_symbol_table_without_its_strings_is_left_out(content: bytes) -> None:
    found = of(content)
    assert ".symtab" not in found
    assert {".debug_info", ".debug_str", ".comment"} <= found.keys()


@pytest.mark.parametrize("shstrndx", [0, 1, 2, 0xFFFF, 0xFF00])
def test_the_names_are_found_without_e_shstrndx(shstrndx: int) -> None:
    assert len(of(with_table(*LEFT, shstrndx=shstrndx))) == len(LEFT)


def test_without_names_nothing_is_known() -> None:
    assert of(with_table(*LEFT, own=b".names")) == {}


@pytest.mark.parametrize(
    ("offset", "value", "size"),
    [(0x28, 0, 8), (0x28, 1 << 40, 8), (0x28, (1 << 64) - 1, 8), (0x3A, 40, 2)],
    ids=["e_shoff 0", "e_shoff behind the file", "e_shoff -1", "e_shentsize 40"],
)
def test_without_a_table_nothing_is_salvaged(offset: int, value: int, size: int) -> None:
    assert of(patch(with_table(*LEFT), offset, value.to_bytes(size, "little"))) == {}
    assert of(cut(LIBRARY)) == {}


@pytest.mark.parametrize("count", [0, 3, 0xFFFF])
def test_a_wrong_count_of_rows_loses_no_more_than_it_must(count: int) -> None:
    found = of(patch(with_table(*LEFT), 0x3C, count.to_bytes(2, "little")))
    # of three rows, row 0 among them, the names are not one
    assert len(found) == (0 if count == 3 else len(LEFT))


def test_the_real_table_gives_what_it_has_behind_the_segments() -> None:
    """pyelftools says what that is: .comment, beside the names."""
    raw = LIBRARY.read_bytes()
    behind = {row.name for row in table_of(LIBRARY).rows if not row.flags & 2 and row.size} - {".shstrtab"}
    assert of(raw).keys() == behind == {".comment"}


def test_as_many_rows_as_are_looked_at_are_salvaged_in_time() -> None:
    many = with_table(*[Behind(b".debug%d" % number, b"x") for number in range(MOST_ROWS - 2)])
    with at_most(10):
        assert len(of(many)) == MOST_ROWS - 2


def test_rows_beyond_are_not_looked_at() -> None:
    """The names are in row 1; row 2 and every thousandth have one of their own."""
    names = b"\0.shstrtab\0.debug\0"
    many = with_table(Behind(b".shstrtab", names, STRTAB), *[Behind(b".debug", b"x")] * (MOST_ROWS + 100), shstrndx=1)
    start = int.from_bytes(many[0x28:0x30], "little")
    for number in range(2, MOST_ROWS + 102):
        many = many if number % 1000 else patch(many, start + number * 64, (11).to_bytes(4, "little"))
    assert len(salvaged_sections(gathered(many), Sections())) == 1 + MOST_ROWS // 1000
