"""The types that loaders apply, held against the names that pyelftools gives the numbers."""

import pytest
from elftools.elf import enums

from elfkit.abi.header import (
    ELFCLASS32,
    ELFCLASS64,
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ARM,
    EM_LOONGARCH,
    EM_MIPS,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_X86_64,
)
from elfkit.abi.libc import GLIBC, MUSL, UCLIBC
from elfkit.abi.loader_relocations import LOADER_RELOCATIONS, READ_UP_TO, LoaderRelocations, loader_relocations
from elfkit.abi.relocations import slot_relocations

NAMED = {
    EM_386: enums.ENUM_RELOC_TYPE_i386,
    EM_X86_64: enums.ENUM_RELOC_TYPE_x64,
    EM_ARM: enums.ENUM_RELOC_TYPE_ARM,
    EM_AARCH64: enums.ENUM_RELOC_TYPE_AARCH64,
    EM_MIPS: enums.ENUM_RELOC_TYPE_MIPS,
    EM_PPC: enums.ENUM_RELOC_TYPE_PPC,
    EM_PPC64: enums.ENUM_RELOC_TYPE_PPC64,
    EM_S390: enums.ENUM_RELOC_TYPE_S390X,
    EM_LOONGARCH: enums.ENUM_RELOC_TYPE_LOONGARCH,
}
# Of static linking alone: no loader applies them, whatever a row says.
STATIC_ALONE = ("GOT", "PLT32", "TLSGD", "TLSLD", "GOTPCREL")


@pytest.mark.parametrize("row", LOADER_RELOCATIONS, ids=lambda row: f"{row.libc}-{row.machine}-{row.elf_class}")
def test_every_loader_applies_the_usual_ones(row: LoaderRelocations) -> None:
    slots = slot_relocations(row.machine, row.elf_class or ELFCLASS32)
    assert slots is not None
    assert {*slots.jump_slot, *slots.glob_dat} <= row.types
    assert 0 not in row.types
    assert row.source.endswith((".h", ".c", ")")) or "," in row.source
    assert row.libc in READ_UP_TO
    assert not {number for number, _ in row.since} & row.types


@pytest.mark.parametrize("row", LOADER_RELOCATIONS, ids=lambda row: f"{row.libc}-{row.machine}-{row.elf_class}")
def test_no_row_holds_a_number_without_a_name_or_one_of_static_linking(row: LoaderRelocations) -> None:
    names = {number: name for name, number in NAMED.get(row.machine, {}).items()}
    for number in row.types if names else ():
        if row.machine == EM_MIPS and number > 255:
            assert (names[number & 0xFF], names[number >> 8]) == ("R_MIPS_REL32", "R_MIPS_64")
            continue
        if row.libc != GLIBC or number in names:  # glibc knows some that pyelftools has no name for
            name = names.get(number, "R_ARM_FUNCDESC")
            assert not name.split("_", 2)[2].startswith(STATIC_ALONE), name


def test_only_glibc_calls_resolvers() -> None:
    """glibc's elf_ifunc_invoke; musl's do_relocs and uClibc-ng's _dl_do_reloc have no such case."""
    for row in LOADER_RELOCATIONS:
        slots = slot_relocations(row.machine, row.elf_class or ELFCLASS32)
        assert slots is not None
        if row.libc != GLIBC:
            assert row.types.isdisjoint(slots.indirect)
        elif row.machine in NAMED and row.machine not in (EM_MIPS, EM_68K):
            assert set(slots.indirect) <= row.types | {number for number, _ in row.since}


@pytest.mark.parametrize(
    ("libc", "machine", "number", "applied"),
    [
        # named by number in the sources: x86-64 psABI 36 TLSDESC, 37 IRELATIVE; RISC-V 12 TLSDESC; AArch64 1031
        (MUSL, EM_X86_64, 36, True),
        (MUSL, EM_X86_64, 37, False),
        (UCLIBC, EM_X86_64, 36, False),
        (GLIBC, EM_RISCV, 12, False),
        (GLIBC, EM_RISCV, 58, True),
        (MUSL, EM_AARCH64, 1031, True),
        (UCLIBC, EM_AARCH64, 1031, True),
        (GLIBC, EM_MIPS, 128, False),
    ],
)
def test_what_tells_the_loaders_apart(libc: str, machine: int, number: int, applied: bool) -> None:  # noqa: FBT001
    row = loader_relocations(libc, machine, ELFCLASS64)
    assert row is not None
    assert (number in row.types) is applied


def test_a_machine_that_was_not_read_has_no_row() -> None:
    assert loader_relocations(MUSL, 0x1234, ELFCLASS32) is None
    assert loader_relocations("bionic", EM_ARM, ELFCLASS32) is None
