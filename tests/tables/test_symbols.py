"""Symbols as columns, against the files they were built from and against pyelftools."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from elftools.elf import enums
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

import elfkit
from elfkit.image.image import load
from elfkit.limits import Limits
from elfkit.tables.symbols import Symbol, SymbolTable
from tests.elfwriter import Elf, Sym, build, write
from tests.image.proofs import at_most, fixtures
from tests.image.samples import every_layout

ROWS = (
    Sym(b"puts", shndx=0),
    Sym(b"caf\xe9", value=0x1234, size=8, info=0x21, other=2, shndx=7),
    Sym(b"", value=0xFFFFFFFF, size=1, info=0xFF, other=0xFF, shndx=0xFFF1),
)


class Row(NamedTuple):
    """What the record itself says of a symbol."""

    name: str
    value: int
    size: int
    type: int
    binding: int
    visibility: int
    section: int


def row_of(symbol: Symbol) -> Row:
    return Row(*(getattr(symbol, name) for name in Row._fields))


def rows(table: SymbolTable) -> list[Row]:
    return [row_of(symbol) for symbol in table]


def witnessed(path: Path) -> list[Row]:
    """What pyelftools finds by the section table."""
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".dynsym")
        assert isinstance(table, SymbolTableSection)
        return [
            Row(
                symbol.name,
                symbol["st_value"],
                symbol["st_size"],
                enums.ENUM_ST_INFO_TYPE[symbol["st_info"]["type"]],
                enums.ENUM_ST_INFO_BIND[symbol["st_info"]["bind"]],
                enums.ENUM_ST_VISIBILITY[symbol["st_other"]["visibility"]],
                number(symbol["st_shndx"]),
            )
            for symbol in table.iter_symbols()
        ]


def number(section: int | str) -> int:
    return section if isinstance(section, int) else int(enums.ENUM_ST_SHNDX[section])


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@every_layout
def test_columns_hold_what_was_built(elf_class: int, data: int) -> None:
    with elfkit.load(build(Elf(elf_class, data, symbols=ROWS, sysv_words=4))) as image:
        table = elfkit.symbols(image)
    assert rows(table) == [
        Row("", 0, 0, 0, 0, 0, 0),
        Row("puts", 0, 0, 2, 1, 0, 0),
        Row("caf\udce9", 0x1234, 8, 1, 2, 2, 7),
        Row("", 0xFFFFFFFF, 1, 15, 15, 3, 0xFFF1),
    ]
    assert [table[index] for index in range(4)] == list(table)
    assert len(table) == 4
    assert table.defined.tolist() == [False, False, True, True]
    assert all(words in repr(table) for words in ("SymbolTable(4 symbols", "stated", "2 defined"))


@every_layout
def test_columns_have_the_same_types_in_every_layout(elf_class: int, data: int) -> None:
    with elfkit.load(build(Elf(elf_class, data, symbols=ROWS, sysv_words=4))) as image:
        table = elfkit.symbols(image)
    columns = (table.value, table.size, table.type, table.binding, table.visibility, table.section)
    assert [column.dtype for column in columns] == [np.uint64, np.uint64, np.uint8, np.uint8, np.uint8, np.uint16]
    assert all(type(item) in (int, str) for row in rows(table) for item in row)


def test_values_of_64_bits_lose_nothing() -> None:
    with elfkit.load(build(Elf(symbols=(Sym(b"far", value=2**64 - 1, size=2**63),), sysv_words=4))) as image:
        assert row_of(elfkit.symbols(image)[1])[:3] == ("far", 2**64 - 1, 2**63)


@pytest.mark.parametrize("path", fixtures("libgreet.so") + fixtures("hello"), ids=label)
def test_symbols_equal_those_of_pyelftools(path: Path) -> None:
    with elfkit.load(path) as image:
        assert rows(elfkit.symbols(image)) == witnessed(path)


@pytest.mark.parametrize("path", fixtures("libgreet.noshdr.so") + fixtures("hello.noshdr"), ids=label)
def test_symbols_of_a_file_without_sections_equal_those_of_the_uncut_file(path: Path) -> None:
    with elfkit.load(path) as image:
        assert image.sections.state.value == "absent"
        assert rows(elfkit.symbols(image)) == witnessed(path.with_name(path.name.replace(".noshdr", "")))


def test_a_file_without_dynamic_symbols_has_an_empty_table() -> None:
    with elfkit.load(build(Elf(dynamic=False))) as image:
        table = elfkit.symbols(image)
    assert (len(table), list(table), table.names) == (0, [], [])


def test_bounded_symbols_are_read_up_to_the_upper_bound() -> None:
    with elfkit.load(build(Elf(symbols=ROWS))) as image:
        table = elfkit.symbols(image)
    assert (table.count.total, table.count.high, len(table)) == (None, 4, 4)


def test_names_outside_the_string_table_are_empty() -> None:
    built = write(Elf(symbols=ROWS, sysv_words=4))
    with elfkit.load(built.patched("DT_STRSZ", "d_val", 6)) as image:
        assert elfkit.symbols(image).names == ["", "puts", "", ""]
    with elfkit.load(built.patched("DT_STRTAB", "d_val", 0x10)) as image:
        assert elfkit.symbols(image).names == [""] * 4


def test_names_are_no_longer_than_the_limit() -> None:
    content = build(Elf(symbols=(Sym(b"n" * 100),), sysv_words=4))
    with load(content, limits=Limits(string_bytes=10)) as image:
        assert elfkit.symbols(image).names == ["", "n" * 10]


def test_a_table_survives_pickling() -> None:
    with elfkit.load(build(Elf(symbols=ROWS, sysv_words=4))) as image:
        table = elfkit.symbols(image)
    assert list(pickle.loads(pickle.dumps(table))) == list(table)  # noqa: S301 - our own bytes


def test_tables_of_one_file_are_equal() -> None:
    with elfkit.load(build(Elf(symbols=ROWS, sysv_words=4))) as image:
        assert elfkit.symbols(image) == elfkit.symbols(image)


def test_names_that_overlap_take_no_more_than_twice_the_file() -> None:
    symbol = Sym(b"")
    built = write(Elf(symbols=(Sym(b"n" * 40_000), *[symbol] * 4000), sysv_words=4))
    start, content = built.blobs["dynsym"][0], bytearray(built.data)
    for index in range(1, 4002):  # st_name: every symbol begins one byte later in the same string
        content[start + 24 * index : start + 24 * index + 4] = index.to_bytes(4, "little")
    with at_most(5), elfkit.load(bytes(content)) as image:
        names = elfkit.symbols(image).names
    assert len(names) == 4002
    assert sum(len(name) for name in names) <= 2 * len(content)


def test_symbols_become_an_arrow_table() -> None:
    with elfkit.load(build(Elf(symbols=ROWS, sysv_words=4))) as image:
        table = elfkit.symbols(image)
    found = table.to_arrow()
    assert found.column_names == list(table.columns())
    assert found["name"].to_pylist() == ["", "puts", "caf\\xe9", ""]  # arrow's strings are UTF-8
    assert found["value"].to_pylist() == table.value.tolist()
    assert found["version"].to_pylist() == [None] * 4
    assert str(found.schema.field("value").type) == "uint64"


def test_symbols_become_a_pandas_frame() -> None:
    with elfkit.load(build(Elf(symbols=ROWS, sysv_words=4))) as image:
        table = elfkit.symbols(image)
    found = table.to_pandas()
    assert list(found.columns) == list(table.columns())
    assert found["name"].tolist() == ["", "puts", "caf\\xe9", ""]
    assert found[found["defined"]]["section"].tolist() == [7, 0xFFF1]
    assert found["value"].dtype == np.uint64


def test_symbols_are_chosen_by_a_mask() -> None:
    with elfkit.load(build(Elf(symbols=ROWS, sysv_words=4))) as image:
        table = elfkit.symbols(image)
    assert table.select(table.defined) == [table[2], table[3]]
    assert table.select(table.type == 2) == [table[1]]
    assert table.select(np.zeros(4, np.bool_)) == []
