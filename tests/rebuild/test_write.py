"""The bytes that are appended, read by pyelftools; extended numbering as the gABI has it ("e_shnum", "e_phnum")."""

from __future__ import annotations

import io
import struct

import pytest
from elftools.elf.elffile import ELFFile

from elfkit.abi.sections import SHN_LORESERVE, SHN_XINDEX
from elfkit.image.image import load
from elfkit.rebuild.numbering import FILLER
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.write import appendix, name_table, packed, pointing_to, with_names
from tests.elfwriter import LAYOUTS, Elf, patch, write
from tests.rebuild.samples import planned

FEW = (
    planned(".one", 0x400100, 32, offset=0x100, flags=6, addralign=16, entsize=8, index=1),
    planned(".two", 0x400120, 8, offset=0x120, flags=3, link=".one", info=".one", type=8, index=2),
    planned(".one", 0, 4, offset=0x128, flags=0, link=".two", info=77, index=3),
)


def written(elf: Elf, sections: tuple[PlannedSection, ...], tail: bytes = b"") -> tuple[bytes, bytes]:
    """The file before and after."""
    content = write(elf).data + tail
    with load(content) as image:
        added = appendix(image, sections)
    assert added.offset == len(content)
    made = content + added.data
    for offset, raw in added.patches:
        made = patch(made, offset, raw)
    return content, made


def header(elf: ELFFile) -> dict[str, int]:
    return {field: elf.header[field] for field in ("e_shoff", "e_shentsize", "e_shnum", "e_shstrndx")}


@pytest.mark.parametrize("tail", [b"", b"x", bytes(15)], ids=len)
@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_rows_are_written_as_planned(where: tuple[int, int], tail: bytes) -> None:
    _, made = written(Elf(*where), FEW, tail)
    elf = ELFFile(io.BytesIO(made))
    rows = list(elf.iter_sections())
    assert [row.name for row in rows] == ["", ".one", ".two", ".one", ".shstrtab"]
    keys = ("sh_flags", "sh_addr", "sh_offset", "sh_size", "sh_link", "sh_info", "sh_addralign", "sh_entsize")
    assert [rows[1][key] for key in keys] == [6, 0x400100, 0x100, 32, 0, 0, 16, 8]
    assert [rows[2][key] for key in keys] == [3, 0x400120, 0x120, 8, 1, 1, 1, 0]
    assert [rows[3][key] for key in keys] == [0, 0, 0x128, 4, 2, 77, 1, 0]
    assert rows[2]["sh_type"] == "SHT_NOBITS"
    assert set(rows[0].header.values()) == {0, "SHT_NULL"}
    assert elf.header["e_shstrndx"] == 4


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_nothing_but_four_fields_changes(where: tuple[int, int]) -> None:
    content, made = written(Elf(*where), FEW)
    places = ((0x20, 4), (0x2E, 6)) if where[0] == 1 else ((0x28, 8), (0x3A, 6))
    for start, size in places:
        made = patch(made, start, content[start : start + size])
    assert made[: len(content)] == content


@pytest.mark.parametrize("tail", [bytes(size) for size in range(17)], ids=len)
def test_the_table_is_aligned(tail: bytes) -> None:
    """llvm refuses one that is not."""
    _, made = written(Elf(), FEW, tail)
    elf = ELFFile(io.BytesIO(made))
    assert elf.header["e_shoff"] % 8 == 0
    assert elf.header["e_shoff"] + 5 * 64 == len(made)


def fillers(count: int) -> tuple[PlannedSection, ...]:
    return tuple([FILLER.numbered(index) for index in range(1, count + 1)])


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_as_many_sections_as_the_header_can_count_are_counted_there(where: tuple[int, int]) -> None:
    """0xfeff rows: row 0, the names, and those between."""
    _, made = written(Elf(*where), fillers(SHN_LORESERVE - 3))
    elf = ELFFile(io.BytesIO(made))
    assert (elf.header["e_shnum"], elf.header["e_shstrndx"]) == (SHN_LORESERVE - 1, SHN_LORESERVE - 2)
    first = elf._get_section_header(0)
    assert (first["sh_size"], first["sh_link"], first["sh_info"]) == (0, 0, 0)


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
@pytest.mark.parametrize("more", [0, 1, 1000])
def test_more_sections_are_counted_in_row_0(where: tuple[int, int], more: int) -> None:
    _, made = written(Elf(*where), fillers(SHN_LORESERVE - 2 + more))
    elf = ELFFile(io.BytesIO(made))
    assert elf.header["e_shnum"] == 0
    first = elf._get_section_header(0)
    assert first["sh_size"] == elf.num_sections() == SHN_LORESERVE + more
    names = SHN_LORESERVE - 1 + more
    assert elf.get_shstrndx() == names
    assert elf.get_section(names).name == ".shstrtab"
    if more:
        assert (elf.header["e_shstrndx"], first["sh_link"]) == (SHN_XINDEX, names)
    else:  # 0xfeff rows before it: its own index is no reserved one
        assert (elf.header["e_shstrndx"], first["sh_link"]) == (names, 0)


def many_segments(count: int) -> bytes:
    """A file with that many program headers: e_phnum is PN_XNUM, the count stands in a row 0 (gABI, "e_phnum")."""
    built = write(Elf(code=bytes(56 * count + 64)))
    start = built.blobs["code"][0]
    old = built.data[built.blobs["Phdrs"][0] :][: 5 * 56]
    content = patch(built.data, start, old)
    row = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, count, 0, 0)
    content += bytes(-len(content) % 16) + row
    for offset, value, size in ((0x20, start, 8), (0x38, 0xFFFF, 2), (0x28, len(content) - 64, 8), (0x3A, 64, 2)):
        content = patch(content, offset, value.to_bytes(size, "little"))
    return content


@pytest.mark.parametrize("count", [0xFFFF, 0x1_0005])
def test_as_many_program_headers_as_need_row_0_stay_counted(count: int) -> None:
    content = many_segments(count)
    with load(content) as image:
        assert len(image.segments) == count
        added = appendix(image, FEW)
    made = content + added.data
    for offset, raw in added.patches:
        made = patch(made, offset, raw)
    elf = ELFFile(io.BytesIO(made))
    assert elf.header["e_phnum"] == 0xFFFF
    assert elf.num_segments() == count
    assert elf.num_sections() == 5


@pytest.mark.parametrize(
    ("count", "stated"), [(20, (20, 19)), (SHN_LORESERVE, (0, SHN_LORESERVE - 1)), (70000, (0, 0xFFFF))]
)
def test_pointing_to_a_table_appends_nothing(count: int, stated: tuple[int, int]) -> None:
    content = write(Elf()).data
    with load(content) as image:
        added = pointing_to(image, 0x1234, count, count - 1)
    assert added.data == b""
    for offset, raw in added.patches:
        content = patch(content, offset, raw)
    found = header(ELFFile(io.BytesIO(content)))
    assert found == {"e_shoff": 0x1234, "e_shentsize": 64, "e_shnum": stated[0], "e_shstrndx": stated[1]}


def test_a_name_is_written_once() -> None:
    names, places = name_table((*FEW, *with_names(FEW, 0)))
    assert names == b"\0.one\0.two\0.shstrtab\0"
    assert places == {"": 0, ".one": 1, ".two": 6, ".shstrtab": 11}


def test_the_row_of_the_names_knows_their_size() -> None:
    (*_, last) = with_names(FEW, 0x500)
    assert (last.name, last.offset, last.size, last.index, last.flags) == (".shstrtab", 0x500, 21, 4, 0)


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_numbers_are_of_the_files_byte_order(where: tuple[int, int]) -> None:
    with load(write(Elf(*where)).data) as image:
        assert packed(image, 0x1234, 4) == struct.pack("<I" if where[1] == 1 else ">I", 0x1234)
