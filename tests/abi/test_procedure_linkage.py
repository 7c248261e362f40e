"""The rows of procedure linkage as data; what they say is held against linked files in tests/rebuild/passes."""

from __future__ import annotations

from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_PPC64, EM_S390, EM_X86_64
from elfkit.abi.procedure_linkage import (
    GOT_CONVENTIONS,
    PLT_CODES,
    PLT_TABLES,
    got_convention,
    plt_code,
    plt_table,
)
from elfkit.abi.relocations import SLOT_RELOCATIONS


def test_every_row_names_its_source() -> None:
    assert all(row.source for row in (*GOT_CONVENTIONS, *PLT_TABLES, *PLT_CODES))


def test_every_machine_has_relocations_that_tell_its_slots() -> None:
    known = {row.machine for row in SLOT_RELOCATIONS}
    assert {row.machine for row in (*GOT_CONVENTIONS, *PLT_TABLES, *PLT_CODES)} <= known


def test_a_machine_has_its_plt_as_code_or_as_data() -> None:
    assert not {row.machine for row in PLT_TABLES} & {row.machine for row in PLT_CODES}


def test_alignments_are_powers_of_two() -> None:
    aligns = {row.align for row in (*PLT_TABLES, *PLT_CODES)} | {row.align for row in GOT_CONVENTIONS if row.align > 0}
    assert all(align & (align - 1) == 0 for align in aligns)


def test_a_row_is_found_by_machine_class_and_abi() -> None:
    assert got_convention(EM_X86_64, ELFCLASS32) == got_convention(EM_X86_64, ELFCLASS64)
    assert [plt_code(EM_S390, elf_class).entsize for elf_class in (ELFCLASS32, ELFCLASS64)] == [4, 32]  # type: ignore[union-attr]
    assert [plt_table(EM_PPC64, flags).entry for flags in (0, 1, 2)] == [24, 24, 8]  # type: ignore[union-attr]
    assert plt_code(EM_X86_64, ELFCLASS64) is None
    assert plt_table(EM_X86_64, 0) is None
    assert got_convention(0, ELFCLASS64) is None
