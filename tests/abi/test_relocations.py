"""The numbers of dynamic relocations, with readelf as the witness: it knows the names of every machine.

Thread-local descriptors of RISC-V and LoongArch are younger than many a readelf, which may not know them.
"""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

from elfkit.abi.header import (
    ELFCLASS32,
    ELFCLASS64,
    EM_ALPHA,
    EM_LOONGARCH,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_SPARCV9,
    EM_X86_64,
)
from elfkit.abi.relocations import SLOT_RELOCATIONS, SlotRelocations, slot_relocations
from tests.needs import needs

MACHINES = Path(__file__).parents[2] / "fixtures" / "machines"
NAMES = {
    "jump_slot": r"JU?MP_SLO|IPLT",
    "glob_dat": r"GLOB_DAT",
    "indirect": r"IRELATIVE|JMP_IREL",
    "module": r"DTPMOD",
    "offsets": r"DTPREL|DTPOFF|TPREL|TPOFF",
    "descriptor": r"TLS_?DESC",
}
WIDE = (EM_ALPHA, EM_PPC64, EM_SPARCV9, EM_X86_64)  # of those that have a class at all


def named_by_readelf(machine: int, number: int, folder: Path, *, wide: bool) -> str:
    """The name that readelf gives a relocation: the first of a small file that is made over for the machine."""
    raw = bytearray((MACHINES / ("x86_64" if wide else "x32") / "libgreet.so").read_bytes())
    struct.pack_into("<H", raw, 18, machine)
    shoff = struct.unpack_from("<Q", raw, 0x28)[0] if wide else struct.unpack_from("<I", raw, 0x20)[0]
    count = struct.unpack_from("<H", raw, 0x3C if wide else 0x30)[0]
    row, fields = (64, "<IIQQQQ") if wide else (40, "<IIIIII")
    headers = [struct.unpack_from(fields, raw, shoff + row * index) for index in range(count)]
    offset = next(header[4] for header in headers if header[1] == 4)  # SHT_RELA
    if wide:
        struct.pack_into("<Q", raw, offset + 8, number)
    else:
        struct.pack_into("<I", raw, offset + 4, number)
    path = folder / "made-over"
    path.write_bytes(raw)
    command = ["readelf", "-rW", str(path)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    found = re.search(r"^[0-9a-f]+ +[0-9a-f]+ +(R_\w+)", shown, re.MULTILINE)
    return found[1] if found else ""


@needs("readelf")
@pytest.mark.parametrize("row", SLOT_RELOCATIONS, ids=lambda row: f"{row.machine} {row.elf_class or ''}".strip())
def test_readelf_names_each_number_as_the_table_does(row: SlotRelocations, tmp_path: Path) -> None:
    wide = row.elf_class != ELFCLASS32 and (row.machine in WIDE or max(row.jump_slot) > 255)
    for field, pattern in NAMES.items():
        for number in getattr(row, field):
            name = named_by_readelf(row.machine, number, tmp_path, wide=wide)
            young = field == "descriptor" and row.machine in (EM_RISCV, EM_LOONGARCH) and not name
            assert young or re.search(pattern, name), f"{field} {number} is {name or 'unknown to readelf'}"


def test_each_machine_and_class_has_one_row() -> None:
    keys = [(row.machine, row.elf_class) for row in SLOT_RELOCATIONS]
    assert len(keys) == len(set(keys))
    assert all(row.source for row in SLOT_RELOCATIONS)


def test_the_numbers_of_one_row_do_not_overlap() -> None:
    for row in SLOT_RELOCATIONS:
        numbers = [*row.jump_slot, *row.glob_dat, *row.indirect, *row.module, *row.offsets, *row.descriptor]
        assert len(numbers) == len(set(numbers))


def test_a_row_is_found_by_machine_and_class() -> None:
    for elf_class in (ELFCLASS32, ELFCLASS64):
        row = slot_relocations(EM_S390, elf_class)
        assert row is not None
        assert row.machine == EM_S390
    assert slot_relocations(0, ELFCLASS64) is None
