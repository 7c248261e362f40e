"""What no table explains: the gaps of each PT_LOAD, named after what such a place holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import elfkit
from elfkit.abi.segments import PT_GNU_RELRO
from elfkit.evidence import Certainty
from elfkit.rebuild.passes.gaps import gap_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import bounds_of
from tests.elfwriter import BASE, LAYOUTS, Elf, Sym, Written
from tests.image.proofs import unproven
from tests.rebuild.samples import WHOLE, Extra, cut, data_segment, gathered, image, library, name_of, planned, table_of

OBJECT = 0x11
DATA = bytes(range(1, 65))


def of(content: bytes, *taken: PlannedSection) -> list[PlannedSection]:
    found = gathered(content)
    return gap_sections(found, Sections().adding(taken, bounds=bounds_of(found)))


def last(content: bytes, *taken: PlannedSection) -> PlannedSection:
    return of(content, *taken)[-1]


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_the_gaps_of_real_files_begin_and_end_where_the_real_sections_do(path: Path) -> None:
    """To the padding: the start may be rounded down, zeros at the end are not seen, the end is rounded up."""
    with elfkit.load(cut(path)) as found:
        rows = {row.name: row for row in elfkit.plan_sections(found).sections}
    for name in (".text", ".data.rel.ro"):
        real = table_of(path).named(name)
        if real is not None:
            assert (rows[name].addr, rows[name].flags) == (real.addr, real.flags)
    # .glink of PowerPC, code behind .text with no name of its own, is part of it
    text = table_of(path).named(".text")
    assert text is not None
    assert rows[".text"].end >= text.addr + text.size
    # of PowerPC lld's .got2 has none either, and comes before
    data = table_of(path).named(".data")
    if data is not None and ".data" in rows:
        assert rows[".data"].addr <= data.addr < rows[".data"].end


@pytest.mark.parametrize("where", LAYOUTS, ids=str)
def test_code_is_text_and_its_first_byte_and_its_last_are_in_it(where: tuple[int, int]) -> None:
    built = library(3, 3, 3, elf=Elf(*where, sysv_words=4))
    row = last(built.data)
    start, size = built.blobs["code"]
    assert (row.name, row.type, row.flags) == (".text", 1, 6)
    assert (row.addr, row.offset, row.size) == (BASE + start, start, size)
    assert row.certainty is Certainty.BOUNDED
    assert "3 symbols name section 3" in row.because
    assert unproven(built.data, row.evidence) == []


@pytest.mark.parametrize(
    ("flags", "name", "sections"), [(4, ".rodata", 2), (6, ".data", 3), (5, ".text", 6)], ids=["R", "RW", "RX"]
)
def test_a_gap_is_what_its_segment_is(flags: int, name: str, sections: int) -> None:
    row = last(library(3, extras=(data_segment(DATA, flags=flags),)).data)
    assert (row.name, row.flags, row.size) == (name, sections, 64)
    assert row.certainty is Certainty.GUESSED


def protected(size: int) -> Written:
    """Data of which the first bytes are protected once they are relocated."""
    return library(3, extras=(data_segment(DATA), Extra(PT_GNU_RELRO, DATA[:size], 4, shares=True)))


def test_what_is_protected_after_relocation_is_apart() -> None:
    rows = of(protected(32).data)[-2:]
    assert [(row.name, row.flags, row.size) for row in rows] == [(".data.rel.ro", 3, 32), (".data", 3, 32)]
    assert rows[0].end == rows[1].addr


def test_all_may_be_protected() -> None:
    assert last(protected(64).data).name == ".data.rel.ro"


def with_objects(*objects: tuple[int, int, int]) -> Written:
    """Data with variables: index, distance, size."""

    def build(start: int) -> Written:
        made = [
            Sym(b"v%d" % at, start + far, size, OBJECT, shndx=index) for at, (index, far, size) in enumerate(objects)
        ]
        return library(3, elf=Elf(sysv_words=4, symbols=tuple(made)), extras=(data_segment(DATA),))

    return build(BASE + len(build(0).data) - len(DATA))


def test_variables_of_two_sections_cut_a_gap() -> None:
    rows = of(with_objects((7, 0, 8), (7, 8, 8), (9, 40, 8)).data)[-2:]
    assert [row.size for row in rows] == [40, 24]  # aligned down to 16: 40 is at no such address, to 8 it is
    assert "2 symbols name section 7" in rows[0].because
    assert "a symbol names section 9" in rows[1].because


def test_zeros_that_a_symbol_names_are_kept() -> None:
    def build(start: int) -> Written:
        made = (Sym(b"zero", start + 8, 16, OBJECT, shndx=7),)
        return library(3, elf=Elf(sysv_words=4, symbols=made), extras=(data_segment(bytes(64)),))

    built = build(BASE + len(build(0).data) - 64)
    row = last(built.data)
    assert row.addr <= BASE + len(built.data) - 56
    assert row.end >= BASE + len(built.data) - 40


def test_zeros_at_the_end_of_a_segment_are_kept() -> None:
    """strip makes a segment end where its last section does."""
    built = library(3, extras=(data_segment(DATA + bytes(64)),))
    assert last(built.data).end == BASE + len(built.data)


def test_zeros_between_two_sections_are_padding() -> None:
    built = library(3, extras=(data_segment(bytes(32) + DATA),))
    start = BASE + len(built.data) - len(DATA) - 32
    rows = of(built.data, planned(".got", start + 32, 64, offset=len(built.data) - 64))
    assert not any(start <= row.addr < start + 32 for row in rows)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 63])
def test_every_byte_that_is_not_zero_is_in_a_section(size: int) -> None:
    built = library(3, extras=(data_segment(bytes(17) + DATA[:size] + bytes(11)),))
    row = last(built.data)
    start = BASE + len(built.data) - 28 - size
    assert row.addr <= start + 17
    assert row.end >= start + 17 + size


def test_a_function_makes_code_of_what_lies_before_the_known_code() -> None:
    built = library(5, 6)
    code = BASE + built.blobs["code"][0]
    one, two = of(built.data)[-2:]
    assert [(row.name, row.addr) for row in (one, two)] == [(".text", code), (".text", code + 16)]


def test_what_has_a_section_is_no_gap() -> None:
    built = library(3)
    code, size = built.blobs["code"]
    taken = planned(".text", BASE + code, size, offset=code)
    assert BASE + code not in [row.addr for row in of(built.data, taken)]
    whole = planned(".all", BASE, code, offset=0)
    assert of(built.data, taken, whole) == []


def test_rows_that_a_symbol_can_name_are_aligned_to_what_divides_their_address() -> None:
    for path in WHOLE:
        with image(cut(path)) as found:
            for row in elfkit.plan_sections(found).sections:
                assert row.addralign > 0
                assert row.addr % row.addralign == 0 or not row.flags & 2


def test_a_hole_in_the_table_of_segments_does_not_matter() -> None:
    built = library(3, extras=(replace(data_segment(DATA), align=64), data_segment(DATA)))
    assert [row.name for row in of(built.data)[-2:]] == [".data", ".data"]
