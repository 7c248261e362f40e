"""Section headers: present, absent or damaged."""

from __future__ import annotations

import pytest

import elfkit
from elfkit.evidence import Damage
from elfkit.image.sections import SectionHeaders, sections_of_type
from tests.elfwriter import Elf, Sect, build, write
from tests.image.proofs import anomalies, at_most, fixtures
from tests.image.samples import every_layout, sample


def state(content: bytes) -> str:
    with elfkit.load(content) as image:
        assert image.sections.state.value == elfkit.inspect(image).section_headers.value
        return image.sections.state.value


@every_layout
def test_headers_are_read_as_they_were_built(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    with elfkit.load(built.data) as image:
        table = image.sections
    assert table.state is SectionHeaders.PRESENT
    assert [(row.type, row.flags, row.link) for row in table.rows] == [
        (0, 0, 0),
        (3, 0, 0),
        (11, 0, 3),
        (3, 0, 0),
        (1, 6, 0),
    ]
    assert (table.rows[2].offset, table.rows[2].size) == built.blobs["dynsym"]
    assert (table.rows[table.names].offset, table.rows[table.names].size) == built.blobs["shstrtab"]


def test_a_file_without_them_is_whole() -> None:
    content = build(Elf())
    assert (state(content), anomalies(content)) == ("absent", ())


def test_a_table_without_rows_is_absent() -> None:
    built = write(Elf(code=bytes(64)))
    assert state(built.patched("Ehdr", "e_shoff", built.blobs["code"][0])) == "absent"


@every_layout
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("e_shoff", 0x7FFFFFFF),
        ("e_shentsize", 0),
        ("e_shentsize", 1),
        ("e_shnum", 0xFEFF),
        ("e_shstrndx", 5),
        ("e_shstrndx", 0xFF00),
    ],
)
def test_a_table_that_cannot_be_read_is_damaged(elf_class: int, data: int, field: str, value: int) -> None:
    built = sample(elf_class, data).also("Ehdr", field, value)
    (found,) = anomalies(built.data)
    field = "e_shoff" if field == "e_shnum" else field  # it is the end of the table that is wrong
    offset, size = built.place("Ehdr", field)
    assert found.damage is Damage.SECTION_HEADERS
    assert found.evidence[:3] == (field, offset, built.data[offset : offset + size])
    assert state(built.data) == "damaged"
    with elfkit.load(built.data) as image:
        assert image.sections.rows == ()
        assert image.sections.anomalies == (found,)


@every_layout
def test_extended_numbering_is_resolved(elf_class: int, data: int) -> None:
    built = sample(elf_class, data).also("Ehdr", "e_shnum", 0).also("Ehdr", "e_shstrndx", 0xFFFF)  # SHN_XINDEX
    content = built.also("Shdr 0", "sh_size", 5).patched("Shdr 0", "sh_link", 1)
    with elfkit.load(content) as image:
        assert (len(image.sections.rows), image.sections.names) == (5, 1)
    assert state(content) == "present"


def test_an_extended_count_of_2_to_the_60_is_damage_found_without_waiting() -> None:
    built = sample().also("Ehdr", "e_shnum", 0)
    with at_most(2):
        (found,) = anomalies(built.patched("Shdr 0", "sh_size", 2**60))
    assert (found.damage, found.evidence.source) == (Damage.SECTION_HEADERS, "e_shoff")


def test_an_extended_index_beyond_the_table_is_damaged() -> None:
    built = sample().also("Ehdr", "e_shstrndx", 0xFFFF)
    content = built.patched("Shdr 0", "sh_link", 77)
    assert state(content) == "damaged"


def test_an_extended_table_that_was_cut_off_is_damaged() -> None:
    built = sample().also("Ehdr", "e_shnum", 0)
    content = built.patched("Shdr 0", "sh_size", 5)
    assert state(content[: built.blobs["Shdrs"][0]]) == "damaged"


def test_sections_are_read_once() -> None:
    with elfkit.load(build(Elf(sections=(Sect(b".a"),)))) as image:
        assert image.sections is image.sections


def test_the_fixtures_without_headers_have_none_and_the_others_have_them() -> None:
    states = {path: state(path.read_bytes()) for path in fixtures("libgreet*.so")}
    assert states == {path: "absent" if "noshdr" in path.name else "present" for path in states}


@every_layout
def test_sections_of_a_type_are_the_rows_that_have_it(elf_class: int, data: int) -> None:
    """Also where the number stands in other fields: flags, an offset, a size."""
    content = (Sect(b".a", 3, 3), Sect(b".b", 0x6FFFFFF5, 3, b"x" * 3), Sect(b".c", 3), Sect(b".d", 0x70000003))
    with elfkit.load(build(Elf(elf_class, data, sections=content))) as image:
        rows = image.sections.rows
        for wanted in (3, 11, 0x6FFFFFF5, 0x70000003, 0x70000001):
            assert sections_of_type(image.opened, (wanted,)) == [row for row in rows if row.type == wanted]


def test_every_section_of_real_files_is_found_by_its_type() -> None:
    for path in fixtures("libgreet.so"):
        with elfkit.load(path) as image:
            for row in image.sections.rows:
                assert row in sections_of_type(image.opened, (row.type,))
