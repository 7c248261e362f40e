"""Where code lies: .init and .fini by their tags, and the span in which a gap holds instructions."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_AARCH64, EM_ARM, EM_PPC64, EM_X86_64
from elfkit.abi.segments import PT_LOAD
from elfkit.evidence import Certainty
from elfkit.rebuild.passes.code import MOST_CODE, USUAL, CodeSpan, code_span, initialisation_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import bounds_of
from tests.elfwriter import BASE, Elf, Sym, Written, write
from tests.rebuild.samples import WHOLE, cut, gathered, name_of, planned, table_of

INSTRUCTION = b"\xc3\x90\x90\xc3"


def coded(code: bytes, *tags: tuple[int, int], machine: int = EM_X86_64, **fields: object) -> Written:
    """A library with that code, and tags whose values count from its start."""

    def build(start: int) -> Written:
        entries = tuple((tag, start + value) for tag, value in tags)
        return write(Elf(machine=machine, sysv_words=4, code=code, tags=entries, **fields))  # type: ignore[arg-type]  # of any type

    return build(BASE + build(0).blobs["code"][0])


def of(built: Written, *taken: PlannedSection) -> list[tuple[str, int, int]]:
    """Name, distance from the start of the code, and size."""
    found = gathered(built.data)
    rows = initialisation_sections(found, Sections().adding(taken, bounds=bounds_of(found)))
    start = built.blobs["code"][0]
    for row in rows:
        assert (row.type, row.flags, row.addr) == (1, 6, BASE + row.offset)
        assert row.certainty is Certainty.BOUNDED
        assert row.evidence
    return [(row.name, row.offset - start, row.size) for row in rows]


def test_init_and_fini_begin_where_their_tags_say() -> None:
    code = INSTRUCTION * 4 + INSTRUCTION * 3
    assert of(coded(code, (dt.DT_INIT, 0), (dt.DT_FINI, 16))) == [(".init", 0, 16), (".fini", 16, 12)]


def test_one_ends_where_the_next_section_begins() -> None:
    built = coded(INSTRUCTION * 8, (dt.DT_INIT, 0))
    start = built.blobs["code"][0]
    assert of(built, planned(".plt", BASE + start + 24, 8, offset=start + 24)) == [(".init", 0, 24)]


def test_one_ends_before_the_first_symbol_behind_it() -> None:
    start = coded(INSTRUCTION * 8, (dt.DT_INIT, 0), symbols=(Sym(b"f", 0),)).blobs["code"][0]
    symbols = (Sym(b"f", BASE + start + 20, shndx=3),)
    assert of(coded(INSTRUCTION * 8, (dt.DT_INIT, 0), symbols=symbols)) == [(".init", 0, 20)]


def test_padding_of_zeros_ends_it() -> None:
    code = (INSTRUCTION * 6 + b"\xc3").ljust(64, b"\0") + INSTRUCTION * 100
    assert len(code) > USUAL
    assert of(coded(code, (dt.DT_INIT, 0))) == [(".init", 0, 25)]
    assert of(coded(code, (dt.DT_INIT, 0), machine=EM_AARCH64)) == [(".init", 0, 28)]  # whole instructions


def test_nothing_else_bounds_it_but_how_long_it_ever_is() -> None:
    ((_, _, size),) = of(coded(INSTRUCTION * 1000, (dt.DT_INIT, 0)))
    assert size == MOST_CODE


@pytest.mark.parametrize(("machine", "start"), [(EM_ARM, 4), (EM_AARCH64, 5)])
def test_arm_marks_thumb_in_the_lowest_bit(machine: int, start: int) -> None:
    elf_class = 1 if machine == EM_ARM else 2
    ((_, where, _),) = of(coded(INSTRUCTION * 8, (dt.DT_INIT, 5), machine=machine, elf_class=elf_class))
    assert where == start


def test_a_descriptor_leads_to_the_code() -> None:
    """ELFv1 of PowerPC: DT_INIT is the address of a function descriptor, whose first word is that of the code."""

    def build(code: int, descriptor: int) -> Written:
        extra = (("descriptor", code.to_bytes(8, "big") + bytes(16)),)
        tags = ((dt.DT_INIT, descriptor),)
        return write(Elf(data=2, machine=EM_PPC64, sysv_words=4, code=INSTRUCTION * 4, extra=extra, tags=tags))

    first = build(0, 0)
    built = build(BASE + first.blobs["code"][0] + 4, BASE + first.blobs["descriptor"][0])
    assert of(built) == [(".init", 4, 12)]


def test_a_function_among_others_is_no_section() -> None:
    """ld -init=f names any function: symbols of one section lie before and behind it."""
    start = BASE + coded(INSTRUCTION * 8, (dt.DT_INIT, 8), symbols=(Sym(b"a", 0), Sym(b"b", 0))).blobs["code"][0]
    symbols = (Sym(b"a", start, shndx=3), Sym(b"b", start + 16, shndx=3))
    assert of(coded(INSTRUCTION * 8, (dt.DT_INIT, 8), symbols=symbols)) == []


@pytest.mark.parametrize("vaddr", [BASE + 0x40, BASE + 0x10000, (1 << 64) - 1, 0], ids=hex)
def test_an_address_without_code_is_no_section(vaddr: int) -> None:
    """Not executable, not mapped, and 0."""
    built = coded(INSTRUCTION * 8, (dt.DT_INIT, 0))
    assert of(built.also("DT_INIT", "d_val", vaddr)) == []


def span_of(built: Written, *taken: PlannedSection) -> CodeSpan | None:
    found = gathered(built.data)
    load = next(load for load in found.loads if load.flags & 1)
    return code_span(found, Sections().adding(taken, bounds=bounds_of(found)), load)


def test_a_segment_without_tables_is_all_code() -> None:
    built = coded(INSTRUCTION * 8)
    start = BASE + built.blobs["code"][0]
    assert span_of(built) == CodeSpan(start, start + 32, whole=True)


def test_beside_tables_code_is_from_the_first_to_the_last_function() -> None:
    start = BASE + coded(INSTRUCTION * 16, symbols=(Sym(b"a", 0), Sym(b"b", 0))).blobs["code"][0]
    symbols = (Sym(b"a", start + 16, 4, shndx=3), Sym(b"b", start + 32, 12, shndx=3))
    built = coded(INSTRUCTION * 16, symbols=symbols)
    table = planned(".dynstr", start, 8, offset=built.blobs["code"][0])
    assert span_of(built, table) == CodeSpan(start + 16, start + 44, whole=False)
    known = planned(".plt", start + 48, 8, offset=built.blobs["code"][0] + 48, flags=6)
    assert span_of(built, table, known) == CodeSpan(start + 16, start + 56, whole=False)


def test_beside_tables_all_may_be_code_if_nothing_says_where_it_is() -> None:
    built = coded(INSTRUCTION * 16)
    start = BASE + built.blobs["code"][0]
    table = planned(".dynstr", start, 8, offset=built.blobs["code"][0])
    assert span_of(built, table) == CodeSpan(start, start + 64, whole=False)


def test_data_that_may_be_executed_is_code_only_where_something_says_so() -> None:
    built = coded(INSTRUCTION * 16, code_flags=7)
    assert span_of(built) is None
    start = BASE + built.blobs["code"][0]
    plt = planned(".plt", start + 16, 8, offset=built.blobs["code"][0] + 16, flags=7)
    assert span_of(built, plt) == CodeSpan(start + 16, start + 24, whole=False)


def test_a_segment_that_is_not_executable_has_no_code() -> None:
    found = gathered(coded(INSTRUCTION).data)
    load = next(load for load in found.image.segments if load.type == PT_LOAD and not load.flags & 1)
    assert code_span(found, Sections(), load) is None


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_the_code_of_real_files_is_in_the_span(path: Path) -> None:
    found = gathered(cut(path))
    spans = [code_span(found, Sections(), load) for load in found.loads]
    for row in table_of(path).rows:
        if row.flags & 4 and row.size:
            assert any(one and one.start <= row.addr and row.addr + row.size <= one.end for one in spans)
