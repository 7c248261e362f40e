"""The types of a file's relocations, held against pyelftools, which reads them entry by entry."""

from pathlib import Path
from struct import pack

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationTable

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_AARCH64, EM_MIPS, EM_SPARCV9
from elfkit.evidence import Certainty, Fact
from tests.elfwriter import BASE, LAYOUTS, Elf, write
from tests.image.proofs import at_most, concluded, fixtures, unproven

FILES = [path for path in fixtures("*") if path.read_bytes()[18:20] not in (b"\x00\x08", b"\x08\x00")]
MIPS32 = [path for path in fixtures("*") if path not in FILES and path.read_bytes()[4] == 1]


def witness(path: Path) -> set[int]:
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        tables = [s.get_relocation_tables() for s in elf.iter_segments() if isinstance(s, DynamicSegment)]
        rows = [table for named in tables for table in named.values() if isinstance(table, RelocationTable)]
        return {entry["r_info_type"] for table in rows for entry in table.iter_relocations()} - {0}


@pytest.mark.parametrize("path", FILES + MIPS32, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_types_are_those_that_pyelftools_reads(path: Path) -> None:
    content = path.read_bytes()
    fact = concluded(content).relocation_types
    assert fact is not None
    assert set(fact.value) == witness(path)
    assert len(fact.evidence) == len(fact.value)
    assert not unproven(content, fact)


def types(elf: Elf, infos: list[int]) -> Fact[tuple[int, ...]]:
    """The fact of a file with a DT_RELA of these r_info."""
    order, word = "<>"[elf.data == 2], "IQ"[elf.elf_class == 2]
    table = b"".join([pack(f"{order}3{word}", BASE, info, 0) for info in infos])
    tags = ((dt.DT_RELA, 0), (dt.DT_RELASZ, len(table)))
    written = write(Elf(elf.elf_class, elf.data, machine=elf.machine, tags=tags, extra=(("rela", table),)))
    fact = concluded(written.patched("DT_RELA", "d_val", BASE + written.blobs["rela"][0])).relocation_types
    assert fact is not None
    return fact


@pytest.mark.parametrize(("elf_class", "data"), LAYOUTS, ids=str)
def test_each_type_is_told_once_and_none_is_no_type(elf_class: int, data: int) -> None:
    shift = 32 if elf_class == 2 else 8
    fact = types(Elf(elf_class, data), [0, 7 | 5 << shift, 7, 3 | 9 << shift, 0])
    assert fact.value == (3, 7)
    assert fact.certainty is Certainty.DERIVED


@pytest.mark.parametrize("data", [1, 2])
def test_types_of_two_bytes_are_told_apart(data: int) -> None:
    assert types(Elf(2, data, machine=EM_AARCH64), [1025, 257, 1 << 32 | 1027, 5, 1025]).value == (5, 257, 1025, 1027)


@pytest.mark.parametrize(("data", "info"), [(2, 0x0000000700001203), (1, 0x0312000000000007)])
def test_mips64_has_the_second_type_above_the_first(data: int, info: int) -> None:
    """r_sym 7, then the bytes r_ssym 0, r_type3 0, r_type2 18 (R_MIPS_64), r_type 3 (R_MIPS_REL32): MIPS64 psABI."""
    fact = types(Elf(2, data, machine=EM_MIPS), [0, info])
    assert fact.value == (4611,)  # as musl's arch/mips64/reloc.h spells REL_SYM_OR_REL


def test_sparc_v9_has_an_addend_above_the_type() -> None:
    assert types(Elf(2, 2, machine=EM_SPARCV9), [1 << 32 | 0xABCD00 | 22]).value == (22,)


def test_a_table_outside_the_file_leaves_the_types_bounded() -> None:
    written = write(Elf(tags=((dt.DT_RELA, 0x7FFF0000), (dt.DT_RELASZ, 240))))
    fact = concluded(written.data).relocation_types
    assert fact is not None
    assert (fact.value, fact.certainty) == ((), Certainty.BOUNDED)


def test_a_table_of_random_types_is_bounded() -> None:
    with at_most(5):
        fact = types(Elf(), [number * 7919 % 65536 for number in range(200_000)])
    assert len(fact.value) == 64
    assert fact.certainty is Certainty.BOUNDED
