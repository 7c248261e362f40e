"""What the user is told of a table that holds less than it seems to: no symbols, not all, or none with a name."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import elfkit
from elfkit.abi.dynamic import DT_GNU_HASH, DT_HASH, DT_STRSZ, DT_SYMTAB, DT_VERDEF, DT_VERSYM
from tests.elfwriter import patch
from tests.rebuild.samples import LIBRARY, WHOLE, cut, name_of, table_of

CONTENT = cut(LIBRARY)
FIRST = 0x6A8  # the file offset of .dynamic, readelf says


def with_tag(content: bytes, tag: int, *, value: int | None = None, instead: int | None = None) -> bytes:
    """The file with another value of a tag, or another tag of the value."""
    for place in range(FIRST, FIRST + 0x110, 16):
        if struct.unpack_from("<Q", content, place)[0] == tag:
            if value is not None:
                content = patch(content, place + 8, struct.pack("<Q", value))
            return content if instead is None else patch(content, place, struct.pack("<Q", instead))
    raise AssertionError(tag)


def told(content: bytes) -> tuple[str, ...]:
    return elfkit.rebuild_sections(content).warnings


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_of_a_sound_file_nothing_is_told(path: Path) -> None:
    dynamic = table_of(path).named(".dynamic") is not None
    assert len(told(cut(path))) == (0 if dynamic else 1)


def test_symbols_that_lie_nowhere_are_told() -> None:
    first, second = told(with_tag(CONTENT, DT_SYMTAB, value=0xDEADBEEF0000))
    assert first == "DT_SYMTAB is 0xdeadbeef0000, and no symbols can be read there: the table holds none"
    assert second.startswith(
        "how many dynamic symbols there are is not known: 0 to an unknown number, the table holds 0"
    )


def test_a_dynamic_section_that_names_no_symbols_is_told() -> None:
    said = ("its dynamic section has no DT_SYMTAB: the table holds no symbols",)
    assert told(patch(CONTENT, FIRST, bytes(0x110))) == said
    assert told(with_tag(CONTENT, DT_SYMTAB, instead=0x6000_0000)) == said


def test_names_behind_the_string_table_are_told() -> None:
    row = table_of(LIBRARY).named(".dynsym")
    assert row is not None
    names = [struct.unpack_from("<I", CONTENT, row.offset + 24 * number)[0] for number in range(8)]
    beyond = len([name for name in names if name >= 16])
    assert 0 < beyond < 8
    said = f"{beyond} dynamic symbols have no name: it would lie behind the 16 bytes of DT_STRSZ"
    assert told(with_tag(CONTENT, DT_STRSZ, value=16)) == (said,)
    assert told(with_tag(CONTENT, DT_STRSZ, value=0))[-1] == said.replace(f"{beyond} ", "7 ", 1).replace(" 16 ", " 0 ")


def test_a_count_that_is_not_known_is_told() -> None:
    """Without hash tables and versions the strings come next, and what lies before them are no symbols."""
    content = CONTENT
    for number, tag in enumerate((DT_HASH, DT_GNU_HASH, DT_VERSYM, DT_VERDEF)):
        content = with_tag(content, tag, instead=0x6000_0000 + number)
    (said,) = told(content)
    assert said.startswith("how many dynamic symbols there are is not known: ")
    with elfkit.load(content) as image:
        count = elfkit.plan_sections(image).count
    assert said.endswith(f": {count.low} to {count.high}, the table holds {count.low}")


def test_tables_that_contradict_each_other_are_told() -> None:
    head = table_of(LIBRARY).named(".hash")
    assert head is not None
    said = told(patch(CONTENT, head.offset + 4, struct.pack("<I", 9)))
    assert said
    assert "DT_HASH" in said[0]
