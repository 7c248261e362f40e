"""Programs linked against the rebuilt library are the right programs: data, COPY relocations, threads, versions.

st_shndx of a dynamic symbol names a row of the lost table, and every linker goes by it: on a table with other numbers
they end with status 0, and the program reads wrong data.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.constants import P_FLAGS, SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from tests.linkers.limited import ran
from tests.linkers.naive import naively_numbered
from tests.linkers.vendor import MAKERS, NATIVE, SHARED, SONAME, X86_64, Form, Maker, State, Workshop, made_by
from tests.needs import needs

MATRIX = [
    pytest.param(maker, linker, form, id=f"{maker} library, {linker} {form.value}", marks=needs(*maker.target.tools))
    for maker in MAKERS
    for linker in maker.target.linkers
    for form in Form
]


def relocations(path: Path) -> list[tuple[str, int]]:
    """The names and types of the dynamic relocations that name a symbol."""
    found = []
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        for section in elf.iter_sections():
            if isinstance(section, RelocationSection) and section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
                symbols = elf.get_section(section["sh_link"])
                assert isinstance(symbols, SymbolTableSection)
                rows = [(entry["r_info_sym"], entry["r_info_type"]) for entry in section.iter_relocations()]
                found += [(symbols.get_symbol(symbol).name, kind) for symbol, kind in rows if symbol]
    return sorted(found)


def variables(path: Path) -> dict[str, bool]:
    """The library's variables that are in a file, without their prefix, and whether the loader keeps each unwritable.

    In a program they are the copies that it took.
    """
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        symbols = elf.get_section_by_name(".dynsym")
        assert isinstance(symbols, SymbolTableSection)
        kept = [
            range(segment["p_vaddr"], segment["p_vaddr"] + segment["p_memsz"])
            for segment in elf.iter_segments()
            if segment["p_type"] == "PT_GNU_RELRO"
            or (segment["p_type"] == "PT_LOAD" and not segment["p_flags"] & P_FLAGS.PF_W)
        ]
        return {
            row.name.removeprefix("vendor_"): any(row["st_value"] in place for place in kept)
            for row in symbols.iter_symbols()
            if row.name.startswith("vendor_")
            and row["st_shndx"] != "SHN_UNDEF"
            and row["st_info"]["type"] == "STT_OBJECT"
            and row.name != "vendor_gauge"  # the other name of the level
        }


def unwritable(found: dict[str, bool]) -> set[str]:
    """Those of the variables that stay unwritable."""
    return {name for name, kept in found.items() if kept}


@pytest.mark.parametrize(("maker", "linker", "form"), MATRIX)
def test_the_program_is_that_of_the_original_library(maker: Maker, linker: str, form: Form, workshop: Workshop) -> None:
    target = maker.target
    original, rebuilt = (workshop.library(maker, state) for state in (State.ORIGINAL, State.REBUILT))
    expected = workshop.program(target, linker, form, original)
    program = workshop.program(target, linker, form, rebuilt)
    truth = workshop.output(target, expected, original)
    assert "two places" not in truth
    assert workshop.output(target, program, rebuilt) == truth
    assert workshop.output(target, program, original) == truth
    assert relocations(program) == relocations(expected)
    # no copy is protected that the library writes, and none is laid open that the original's segments protect
    constant, usual = unwritable(variables(original)), unwritable(variables(expected))
    assert usual & constant <= unwritable(variables(program)) <= usual | constant


@made_by(MAKERS)
def test_a_program_at_a_fixed_address_borrows_all_data(maker: Maker, workshop: Workshop) -> None:
    """Holds the matrix: without COPY relocations in the programs it would show nothing."""
    for linker in maker.target.linkers:
        program = workshop.program(maker.target, linker, Form.FIXED, workshop.library(maker, State.ORIGINAL))
        assert set(variables(program)) == (set(SHARED) if maker.target.copies else set())


@made_by(NATIVE)
def test_no_linker_takes_the_library_that_was_cut(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    library = workshop.library(maker, State.CUT)
    for linker in X86_64.linkers:
        with pytest.raises(AssertionError, match="ld returned 1 exit status"):
            workshop.link(X86_64, linker, Form.FIXED, library, tmp_path / linker)


@made_by(NATIVE)
def test_a_table_in_another_order_links_wrong_programs(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    """The negative control: the same rows under other numbers. readelf and bfd say nothing, the program crashes."""
    original, rebuilt = (workshop.library(maker, state) for state in (State.ORIGINAL, State.REBUILT))
    naive, program = tmp_path / SONAME, tmp_path / "program"
    naive.write_bytes(naively_numbered(rebuilt.read_bytes()))
    assert ran("readelf", "-aW", naive).errors == ""
    workshop.link(X86_64, "bfd", Form.FIXED, naive, program)
    constant = unwritable(variables(original))
    assert unwritable(variables(program)) - constant  # data that the library writes
    assert ran(program, environment={"LD_LIBRARY_PATH": str(original.parent)}).status != 0
