"""A table that is there is trusted only as far as it agrees with what the loader goes by."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from elfkit.rebuild.existing import table_trust
from elfkit.rebuild.report import Action
from tests.elfwriter import patch
from tests.image.proofs import FIXTURES
from tests.rebuild.samples import LIBRARY, WHOLE, cut, image, name_of, rebuilt, table_of

RAW = LIBRARY.read_bytes()
TABLE = struct.unpack_from("<Q", RAW, 0x28)[0]
ROW = 64


def row(name: str) -> int:
    """The file offset of a section header of LIBRARY."""
    found = table_of(LIBRARY).named(name)
    assert found is not None
    return int(TABLE + found.position * ROW)


def half(value: int) -> bytes:
    return value.to_bytes(2, "little")


def wide(value: int) -> bytes:
    return value.to_bytes(8, "little")


def names(byte: bytes) -> tuple[int, bytes]:
    """As many bytes as .shstrtab has, and where it is."""
    found = table_of(LIBRARY).named(".shstrtab")
    assert found is not None
    return found.offset, byte * found.size


def noise(size: int) -> bytes:
    return random.Random(5).randbytes(size)  # noqa: S311 - the same on every run


DAMAGE = {
    "no table": (cut(LIBRARY), "it has no section headers"),
    "e_shoff behind the file": (patch(RAW, 0x28, wide(1 << 40)), "the table of 20 section headers ends at "),
    "a table cut short": (RAW[:-10], "the table of 20 section headers ends at "),
    "e_shnum 0": (patch(RAW, 0x3C, half(0)), "it has no section headers"),
    "e_shentsize wrong": (patch(RAW, 0x3A, half(40)), "e_shentsize is 40, not 64"),
    "e_shstrndx too large": (patch(RAW, 0x3E, half(20)), "e_shstrndx is 20, there are 20 section headers"),
    "e_shstrndx of another row": (patch(RAW, 0x3E, half(12)), "row 12 is no string table of section names"),
    "zeros": (patch(RAW, TABLE, bytes(20 * ROW)), "row 19 is no string table of section names"),
    "noise": (patch(RAW, TABLE, noise(20 * ROW)), "row 19 is no string table of section names"),
    "noise but for the names": (patch(RAW, TABLE, noise(19 * ROW)), "row 1 ends at "),
    "a row behind the file": (patch(RAW, row(".text") + 32, wide(1 << 20)), "row 12 ends at "),
    "a link to nowhere": (patch(RAW, row(".text") + 40, b"\xc8"), "row 12 links to row 200 of 20"),
    ".dynamic elsewhere": (patch(RAW, row(".dynamic") + 16, wide(0x26B0)), "no row is PT_DYNAMIC"),
    ".dynamic of another type": (patch(RAW, row(".dynamic") + 4, b"\x01"), "no row is PT_DYNAMIC"),
    ".dynsym elsewhere": (patch(RAW, row(".dynsym") + 16, wide(0x290)), "no row is the table of DT_SYMTAB"),
    "too few symbols": (patch(RAW, row(".dynsym") + 32, wide(24 * 7)), "row 2 says 7 dynamic symbols, there are 8"),
    "other strings": (
        patch(RAW, row(".dynsym") + 40, b"\x05"),
        "row 2 is the table of DT_SYMTAB and does not link to that at ",
    ),
    # what nm and ld stumble over though .dynamic and the symbols are where they should be
    "rows zeroed": (patch(RAW, row(".gnu.hash"), bytes(4 * ROW)), "row 14 is the table of PT_DYNAMIC and does not"),
    "code zeroed": (patch(RAW, row(".text"), bytes(ROW)), "the byte at 0x"),
    "names overwritten": (patch(RAW, *names(b"\xff")), "row 19 holds no names: it does not begin and end with a NUL"),
    "no name in the table of names": (
        patch(patch(RAW, row(".text"), b"\xff" * 4), row(".data"), b"\xff" * 4),
        "the name of row 12 begins at 0xffffffff of ",
    ),
    ".dynamic called otherwise": (
        patch(RAW, row(".dynamic"), b"\x01\0\0\0"),
        "row 14 is the dynamic section and is not",
    ),
    ".dynsym without locals": (patch(RAW, row(".dynsym") + 44, bytes(4)), "row 2 says that 0 symbols are local"),
    ".dynsym with all local": (patch(RAW, row(".dynsym") + 44, b"\x08"), "row 2 says that 8 symbols are local"),
    ".dynsym with more locals": (
        patch(RAW, row(".dynsym") + 44, b"\xff" * 4),
        "row 2 says that 4294967295 symbols are",
    ),
    ".dynsym of no entry size": (
        patch(RAW, row(".dynsym") + 56, wide(0)),
        "row 2 says 0 bytes an entry, those of DT_SYM",
    ),
    ".dynsym at another offset": (patch(RAW, row(".dynsym") + 24, wide(0x10)), "row 2 lies at 0x10, its address is "),
    ".dynstr too short": (patch(RAW, row(".dynstr") + 32, wide(8)), "row 7 says 8 bytes, DT_STRTAB has "),
    ".hash of another type": (patch(RAW, row(".hash") + 4, b"\x01"), "no row is the table of DT_HASH"),
    ".hash too long": (patch(RAW, row(".hash") + 32, wide(0x100)), "row 6 says 256 bytes, DT_HASH has "),
    ".gnu.hash of other symbols": (
        patch(RAW, row(".gnu.hash") + 40, b"\x07"),
        "row 5 is the table of DT_GNU_HASH and does",
    ),
    "versions at another offset": (patch(RAW, row(".gnu.version") + 24, wide(5)), "row 3 lies at 0x5, its address is "),
    "versions of another count": (
        patch(RAW, row(".gnu.version_d") + 44, b"\x02"),
        "row 4 says 2 versions, DT_VERDEFNUM 3",
    ),
    "versions cut short": (
        patch(RAW, row(".gnu.version_d") + 32, wide(0x38)),
        "row 4 says 56 bytes, the records of DT_VER",
    ),
    "relocations of another size": (patch(RAW, row(".rela.dyn") + 32, wide(24)), "row 8 says 24 bytes, DT_RELA has "),
    "relocations without entry size": (
        patch(RAW, row(".rela.dyn") + 56, wide(0)),
        "row 8 says 0 bytes an entry, those of",
    ),
    ".text at an address of nothing": (patch(RAW, row(".text") + 16, wide(0x900000)), "row 12 lies at 0x"),
    ".text at an address of other bytes": (patch(RAW, row(".text") + 16, wide(0x1638)), "row 12 lies at 0x"),
    ".text behind its segment": (patch(RAW, row(".text") + 32, wide(0x200)), "row 12 lies at 0x"),
    "zeros where no segment is": (patch(RAW, row(".relro_padding") + 16, wide(0x900000)), "row 16 lies at 0x"),
}


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_the_table_of_a_linker_is_trusted(path: Path) -> None:
    trust = table_trust(image(path.read_bytes()))
    assert (trust.whole, trust.why) == (True, "")


def test_a_table_without_dynamic_section_to_hold_it_against_is_trusted() -> None:
    assert table_trust(image((FIXTURES / "x86_64" / "static").read_bytes())).whole


@pytest.mark.parametrize(("content", "why"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_table_is_not_trusted(content: bytes, why: str) -> None:
    trust = table_trust(image(content))
    assert not trust.whole
    assert trust.why.startswith(why)


@pytest.mark.parametrize(("content", "why"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_table_is_mended(content: bytes, why: str, tmp_path: Path) -> None:
    result = rebuilt(content, tmp_path, independent=True)
    assert result.report.action in (Action.REBUILT, Action.REVIVED)
    assert result.report.reason.startswith(why)
    real = {row.name: row for row in table_of(LIBRARY).rows}
    for name in (".dynsym", ".dynstr", ".dynamic", ".hash", ".gnu.hash"):
        mended = result.table.named(name)
        assert mended is not None
        assert (mended.addr, mended.offset, mended.size) == (real[name].addr, real[name].offset, real[name].size)
