"""What an image links to, read as bytes: held against the tables that are read for their own sake."""

from pathlib import Path

import numpy as np
import pytest

from elfkit.abi import dynamic as dt
from elfkit.image.image import Image, load
from elfkit.image.source import Source
from elfkit.limits import Limits
from elfkit.tables.linkage import NOTHING, read_linkage
from elfkit.tables.pool import Part, pool
from elfkit.tables.relocations import read_relocations
from elfkit.tables.symbols import read_symbols
from elfkit.tables.version_records import version_records
from elfkit.tables.versions import read_versions
from tests.elfwriter import Elf, Sym, build
from tests.firmware.plants import FIXTURES
from tests.tables.relocationwriter import with_table

MACHINES = sorted(path for path in (FIXTURES / "machines").glob("*/*") if path.parent.name != "src")
LIBRARIES = [path for path in MACHINES if ".so" in path.name]
REAL = [*MACHINES, *sorted(FIXTURES.glob("rules/EK4*/*/usr/*/*"))]
files = pytest.mark.parametrize("path", [path for path in REAL if path.is_file()], ids=lambda path: str(path)[-40:])


def used(image: Image) -> set[int]:
    """The symbols that some relocation names, or that lie in the GOT of MIPS."""
    named = {int(index) for table in read_relocations(image) for index in table.symbol} - {0}
    start = image.dynamic.values.get(dt.DT_MIPS_GOTSYM) if image.dynamic else None
    return named if start is None else named | set(range(start, len(read_symbols(image))))


@files
def test_references_are_undefined_symbols_that_something_uses(path: Path) -> None:
    with load(path) as image:
        symbols = read_symbols(image)
        expected = {
            (row, symbol.name)
            for row, symbol in enumerate(symbols)
            if row in used(image) and symbol.section == 0 and symbol.binding != 0 and symbol.name
        }
        found = pool([Part(image.layout, image.header.machine, read_linkage(image))], most_words=1 << 20)
    references = found.references
    undefined = [
        (int(row), found.name(int(name)))
        for row, name in zip(references.row, references.name, strict=True)
        if not symbols.defined[int(row)]
    ]
    assert set(undefined) == expected
    assert found.whole.all()


@files
def test_versions_are_those_of_the_careful_reader(path: Path) -> None:
    with load(path) as image:
        needed, defined, whole = version_records(image, read_linkage(image).strings)
        careful = read_versions(image, 0)
    assert whole
    assert [(row.file, row.name, row.number, row.flags) for row in needed] == [
        (row.file, row.name, row.number & 0x7FFF, row.flags) for row in careful.needed
    ]
    assert [(row.name, row.number) for row in defined] == [(row.name, row.number) for row in careful.defined]


def test_definitions_are_found_by_who_refers_to_them() -> None:
    machine = {"elf_class": 1, "data": 2, "machine": 8, "sysv_words": 4}
    user = Elf(symbols=(Sym(b"one", shndx=0), Sym(b"two", shndx=0)), tags=((dt.DT_MIPS_GOTSYM, 1),), **machine)  # type: ignore[arg-type]
    giver = Elf(symbols=(Sym(b"two", 0x10, 4), Sym(b"three", 0x20)), tags=((dt.DT_MIPS_GOTSYM, 9),), **machine)  # type: ignore[arg-type]
    parts = []
    for elf in (user, giver):
        with load(build(elf)) as image:
            parts.append(Part(image.layout, image.header.machine, read_linkage(image)))
    found = pool(parts, most_words=100)
    assert [found.name(number) for number in found.references.name.tolist()] == ["one", "two"]
    assert found.definitions.image.tolist() == [1]
    assert found.name(int(found.definitions.name[0])) == "two"
    assert found.definitions.size.tolist() == [4]
    assert found.references.version.tolist() == [1, 1]


def test_without_a_dynamic_section_there_is_nothing() -> None:
    with load(build(Elf(dynamic=False))) as image:
        assert read_linkage(image) == NOTHING


@pytest.mark.parametrize(
    ("tag", "size"), [(dt.DT_ANDROID_REL, dt.DT_ANDROID_RELSZ), (dt.DT_ANDROID_RELA, dt.DT_ANDROID_RELASZ)]
)
def test_a_packed_table_without_a_relocation_names_no_symbol(tag: int, size: int) -> None:
    raw = b"APS2\0\0"  # count 0, offset 0, as LEB128
    elf = Elf(symbols=(Sym(b"one", shndx=0),), sysv_words=4)
    built = with_table(raw, {tag: None, size: len(raw)}, elf)
    with load(built.data) as image:
        linkage = read_linkage(image)
        found = pool([Part(image.layout, image.header.machine, linkage)], most_words=100)
    assert [table.raw for table in linkage.relocations] == [b""]
    assert found.references.name.tolist() == []


def test_a_table_beyond_the_limit_is_not_whole() -> None:
    content = build(Elf(symbols=tuple(Sym(f"n{number}".encode()) for number in range(40)), sysv_words=4))
    with Source.of_bytes(content, limits=Limits(linkage_bytes=100)) as source:
        linkage = read_linkage(Image(source))
    assert not linkage.whole
    assert max(len(linkage.symbols), len(linkage.strings)) <= 100


@pytest.mark.parametrize("size", range(0, 4000, 61))
def test_a_cut_file_still_has_a_linkage(size: int) -> None:
    content = LIBRARIES[0].read_bytes()[: 64 + size]
    with Source.of_bytes(content) as source:
        linkage = read_linkage(Image(source))
        found = pool([Part(Image(source).layout, 8, linkage)], most_words=1000)
    assert np.all(found.references.row * 16 < max(len(linkage.symbols), 1))
