"""Counts, names and versions in files of each linker, with each style of hash table: as their sources say."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

import elfkit
from elfkit.abi.dynamic import DT_GNU_HASH, DT_HASH, DT_MIPS_XHASH
from elfkit.tables.hashes import read_gnu_hash, read_sysv_hash
from elfkit.tables.symbols import SymbolTable, read_symbols
from elfkit.tables.verification import verify_hashes
from tests.linkers.linking import CASES, HOST, IMPORTS, MANY, MIPS, NOTHING, VERSIONS, WIDE, Case, Toolchain, linked
from tests.needs import needs

STYLES = ("sysv", "gnu", "both")


def built_by(*toolchains: Toolchain, styles: tuple[str, ...] = STYLES) -> pytest.MarkDecorator:
    """One test for each toolchain and style, which makes and judges all cases."""
    rows = [
        pytest.param(toolchain, style, id=f"{toolchain.name} {style}", marks=needs(*toolchain.tools, "readelf"))
        for toolchain in toolchains
        for style in styles
    ]
    return pytest.mark.parametrize(("toolchain", "style"), rows)


def readelf_count(path: Path) -> int:
    """The witness: the entries of .dynsym by its section header."""
    command = ["readelf", "--dyn-syms", "-W", str(path)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    found = re.search(r"^Symbol table '\.dynsym' contains (\d+) entr", shown, re.MULTILINE)
    return int(found[1]) if found else 0


def without_sections(raw: bytes) -> bytes:
    """A copy whose ELF header points at no section headers."""
    copy, order = bytearray(raw), "<" if raw[5] == 1 else ">"
    for offset, fields in ((0x20, "I"), (0x30, "HH")) if raw[4] == 1 else ((0x28, "Q"), (0x3C, "HH")):
        struct.pack_into(order + fields, copy, offset, *(0 for _ in fields))
    return bytes(copy)


def judge(path: Path, case: Case) -> SymbolTable:
    """Hold the symbols of a file against its source, as it is and without section headers."""
    whole = path.read_bytes()
    tables = []
    for raw in (whole, without_sections(whole)):
        with elfkit.load(raw) as image:
            table = read_symbols(image)
            assert table.anomalies == verify_hashes(image, table) == ()
            tables.append(table)
    table = tables[0]
    assert list(tables[1]) == list(table)
    assert table.count == tables[1].count
    assert table.count.total == readelf_count(path)
    # what linkers add of their own begins with "_", or marks a version
    named = [(row.name, row.section != 0) for row in table if row.name and not row.name.startswith("_")]
    own = [(name, defined) for name, defined in named if name not in VERSIONS]
    expected = [(name, True) for name in case.exports] + [(name, False) for name in case.imports]
    assert sorted(own) == sorted(expected)
    return table


@built_by(*HOST, *MIPS, *WIDE)
def test_symbols_are_those_of_the_source(toolchain: Toolchain, style: str, tmp_path: Path) -> None:
    for case in CASES:
        table = judge(linked(toolchain, case, style, tmp_path), case)
        if case.exports:
            found = table.find([*case.exports, *case.imports, "gone"]).tolist()
            assert [table.names[row] for row in found[: len(case.exports)]] == list(case.exports)
            assert found[len(case.exports) :] == [-1] * (len(case.imports) + 1)
        versions = {row.name: row.version for row in table if row.name in case.exports}
        marked = {f"greet{number}": "V1" if number < 3 else "V2" for number in range(5)} if case.script else {}
        assert versions == {name: marked.get(name) for name in case.exports}


@built_by(*HOST)
def test_the_tables_are_those_that_the_linker_was_asked_for(toolchain: Toolchain, style: str, tmp_path: Path) -> None:
    with elfkit.load(linked(toolchain, CASES[4], style, tmp_path)) as image:
        assert CASES[4].exports == MANY
        assert image.dynamic is not None
        tags = {tag for tag in (DT_HASH, DT_GNU_HASH) if tag in image.dynamic.values}
        assert tags == {"sysv": {DT_HASH}, "gnu": {DT_GNU_HASH}, "both": {DT_HASH, DT_GNU_HASH}}[style]
        assert (read_gnu_hash(image) is not None, read_sysv_hash(image) is not None) == (
            style != "sysv",
            style != "gnu",
        )


@built_by(*HOST, styles=("gnu",))
def test_an_empty_gnu_table_is_that_of_its_linker(toolchain: Toolchain, style: str, tmp_path: Path) -> None:
    """bfd writes symoffset 1 whatever the count, the others the count: a lower bound, and a witness."""
    case = Case("empty", imports=IMPORTS, script=NOTHING)
    with elfkit.load(linked(toolchain, case, style, tmp_path)) as image:
        table = read_gnu_hash(image)
        count = read_symbols(image).count
    assert table is not None
    assert not table.buckets.any()
    assert table.head.symoffset == (1 if toolchain.name == "ld.bfd" else 4)
    assert (count.total, len(table.chains)) == (4, 0)


@built_by(*WIDE, styles=("sysv",))
def test_words_of_dt_hash_are_8_bytes_where_the_psabi_says_so(toolchain: Toolchain, style: str, tmp_path: Path) -> None:
    path = linked(toolchain, CASES[4], style, tmp_path)
    with elfkit.load(path) as image:
        table = read_sysv_hash(image)
    assert table is not None
    assert (table.word_size, len(table.chains)) == (8, readelf_count(path))


@built_by(*MIPS, styles=("gnu",))
def test_mips_has_gnu_hashes_in_a_table_of_its_own(toolchain: Toolchain, style: str, tmp_path: Path) -> None:
    """Its symbols stand in the order of the global offset table: the table says which symbol each chain word is."""
    with elfkit.load(linked(toolchain, CASES[4], style, tmp_path)) as image:
        assert image.dynamic is not None
        table, symbols = read_gnu_hash(image), read_symbols(image)
        assert {DT_GNU_HASH, DT_HASH, DT_MIPS_XHASH} & image.dynamic.values.keys() == {DT_MIPS_XHASH}
    assert table is not None
    assert {symbols.names[row] for row in table.symbols.tolist()} >= set(MANY)
    place = symbols.place("greet3", symbols.rows_of("greet3")[0])
    assert place is not None
    assert place.position >= 0
