"""The old table, found again: a file that lost four fields of its ELF header is the original, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

import elfkit
from benchmarks.fidelity_tables import Form
from elfkit.abi.sections import SHT_DYNAMIC
from elfkit.formats.sections import shdr
from elfkit.formats.words import words
from elfkit.image.image import load
from elfkit.rebuild.report import Action
from elfkit.rebuild.revive import MOST_TRIED, find_old_table, revived_plan
from tests.elfwriter import patch
from tests.image.proofs import at_most
from tests.rebuild.samples import DYNAMIC, LIBRARY, STATIC, cut, name_of, rebuilt, table_of

TABLE_AT, ROW = 0x28, 64  # e_shoff of LIBRARY, and the size of its section headers
NAME, TYPE, ADDR, OFFSET, SIZE, LINK = (0, 4), (4, 4), (16, 8), (24, 8), (32, 8), (40, 4)


def field(row: str, place: tuple[int, int], value: int) -> bytes:
    """LIBRARY without its header fields, one field of the old table changed."""
    original = LIBRARY.read_bytes()
    start = int.from_bytes(original[TABLE_AT : TABLE_AT + 8], "little")
    real = table_of(LIBRARY).named(row)
    assert real is not None
    at = start + real.position * ROW + place[0]
    return patch(cut(LIBRARY, Form.WIPED), at, value.to_bytes(place[1], "little"))


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_a_wiped_header_comes_back_as_it_was(path: Path, tmp_path: Path) -> None:
    wiped = cut(path, Form.WIPED)
    assert wiped != path.read_bytes()
    result = rebuilt(wiped, tmp_path, independent=True)
    assert result.report.action is Action.REVIVED
    assert result.content == path.read_bytes()


def test_the_plan_of_a_revived_file_is_its_old_table(tmp_path: Path) -> None:
    report = rebuilt(cut(LIBRARY, Form.WIPED), tmp_path).report
    assert report.plan is not None
    rows = [(row.index, row.name, row.addr, row.size, row.link) for row in report.plan.sections]
    assert rows == [(row.position, row.name, row.addr, row.size, row.link) for row in table_of(LIBRARY).rows[1:]]
    content = cut(LIBRARY, Form.WIPED)
    for number, row in enumerate(report.plan.sections, 1):
        (proof,) = row.evidence
        start = int.from_bytes(LIBRARY.read_bytes()[TABLE_AT : TABLE_AT + 8], "little")
        assert (proof.offset, proof.raw) == (start + number * ROW, content[start + number * ROW :][:ROW])


@pytest.mark.parametrize("said", [0x40, 0x700, 1 << 63, (1 << 64) - 1], ids=hex)
def test_what_e_shoff_says_instead_does_not_matter(said: int, tmp_path: Path) -> None:
    result = rebuilt(patch(LIBRARY.read_bytes(), TABLE_AT, said.to_bytes(8, "little")), tmp_path)
    assert (result.report.action, result.content) == (Action.REVIVED, LIBRARY.read_bytes())


@pytest.mark.parametrize("padding", [1, 64, 4096])
def test_zeros_behind_the_table_are_no_rows(padding: int, tmp_path: Path) -> None:
    result = rebuilt(cut(LIBRARY, Form.WIPED) + bytes(padding), tmp_path)
    assert result.content == LIBRARY.read_bytes() + bytes(padding)


LIES = {
    "a link that is not the strings of PT_DYNAMIC": field(".dynamic", LINK, 2),
    "a link beyond the table": field(".dynsym", LINK, 1000),
    "symbols that link to other strings": field(".dynsym", LINK, 3),
    "a row outside the file": field(".text", SIZE, 1 << 40),
    "another type": field(".dynamic", TYPE, 1),
    "another address of the symbols": field(".dynsym", ADDR, 0x1000),
    "another count of symbols": field(".dynsym", SIZE, 24 * 7),
    "another size of .dynamic": field(".dynamic", SIZE, 0x100),
    "another offset of .dynamic": field(".dynamic", OFFSET, 0x6B0),
    "a name that is not .dynamic": field(".dynamic", NAME, 1),
}


@pytest.mark.parametrize("content", LIES.values(), ids=LIES)
def test_a_table_that_lies_is_not_taken(content: bytes, tmp_path: Path) -> None:
    with load(content) as image:
        assert find_old_table(image) is None
    report = rebuilt(content, tmp_path).report
    assert report.action is Action.REBUILT


def test_the_table_behind_a_copy_of_its_row_is_found() -> None:
    content, original = cut(LIBRARY, Form.WIPED), LIBRARY.read_bytes()
    start = int.from_bytes(original[TABLE_AT : TABLE_AT + 8], "little")
    real = table_of(LIBRARY).named(".dynamic")
    assert real is not None
    row = content[start + real.position * ROW :][:ROW]
    end = max(segment.offset + segment.filesz for segment in table_of(LIBRARY).segments)
    # .comment lies there, which no reader misses
    lure = patch(content, end + 3, row)
    with load(lure) as image:
        found = find_old_table(image)
    assert found is not None
    assert (found.offset, len(found.rows)) == (start, len(table_of(LIBRARY).rows))


def test_a_file_without_dynamic_section_has_no_old_table() -> None:
    with load(cut(STATIC[0], Form.WIPED)) as image:
        assert find_old_table(image) is None


def test_names_that_are_not_utf8_are_planned() -> None:
    content = cut(LIBRARY, Form.WIPED)
    names = table_of(LIBRARY).named(".shstrtab")
    assert names is not None
    at = content.index(b".comment\0", names.offset)
    with load(patch(content, at, b".com\xffent")) as image:
        old = find_old_table(image)
        assert old is not None
        assert revived_plan(image, old).sections[17].name == ".com\udcffent"


@pytest.mark.parametrize("kinds", [(SHT_DYNAMIC,), (0, SHT_DYNAMIC), (SHT_DYNAMIC, 0, 0, 0)], ids=str)
def test_rows_without_end_are_looked_at_in_time(kinds: tuple[int, ...]) -> None:
    """A megabyte of rows of which each could be the one of PT_DYNAMIC, and each other one row 0."""
    content = cut(LIBRARY)
    with load(content) as image:
        segment, strings = image.dynamic_segment, image.dynamic.values[5] if image.dynamic else 0
    assert segment is not None
    record = shdr(words(2, 1))
    zero = dict.fromkeys([part.name for part in record.subcons], 0)
    rows = [
        record.build(
            zero
            | {"sh_type": kind, "sh_link": 1}
            | (
                {"sh_addr": segment.vaddr, "sh_offset": segment.offset, "sh_size": segment.filesz}
                if kind
                else {"sh_addr": strings}
            )
        )
        for kind in kinds
    ]
    hostile = content + b"".join(rows) * ((1 << 20) // ROW // len(rows))
    with at_most(5), load(hostile) as image:
        assert find_old_table(image) is None


def test_few_places_are_tried() -> None:
    assert MOST_TRIED < 100


def test_a_table_far_behind_the_segments_is_found(tmp_path: Path) -> None:
    """As behind a megabyte of debugging information."""
    content, original = cut(LIBRARY, Form.WIPED), LIBRARY.read_bytes()
    start = int.from_bytes(original[TABLE_AT : TABLE_AT + 8], "little")
    moved = content[:start] + bytes(1 << 20) + content[start:]
    result = rebuilt(moved, tmp_path)
    assert result.report.action is Action.REVIVED
    assert [row.name for row in result.table.rows] == [row.name for row in table_of(LIBRARY).rows]
    assert elfkit.rebuild_sections(result.path).action is Action.NOTHING
