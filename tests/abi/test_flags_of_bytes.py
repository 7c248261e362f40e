"""The same for what no compiler of flags.csv makes: bytes written from the specifications, never seen in a real file.

Numbers are those of binutils 2.44, include/elf/*.h and include/opcode/csky.h; of LoongArch la-abi-specs, laelf.adoc;
of RISC-V riscv-elf.adoc. Each file is told whole and without its section headers.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.fidelity_tables import Form, read_table, without_table
from tests.abi.flags import Told, told
from tests.elfwriter import Elf, build
from tests.facts.test_cpu import CSKY_ATTRIBUTES, GNU_ATTRIBUTES, with_attributes

BE, LE = 2, 1
EM_SPARC, EM_68K, EM_MIPS, EM_PPC, EM_ARM, EM_SH = 2, 4, 8, 20, 40, 42
EM_OPENRISC, EM_ARC_COMPACT, EM_XTENSA, EM_ALTERA_NIOS2, EM_NDS32 = 92, 93, 94, 113, 167
EM_MICROBLAZE, EM_ARC_COMPACT2, EM_RISCV, EM_CSKY, EM_LOONGARCH, EM_FRV = 189, 195, 243, 252, 258, 0x5441
GNU, CSKY = (GNU_ATTRIBUTES, b"gnu\0"), (CSKY_ATTRIBUTES, b"csky\0")


class Row(NamedTuple):
    """What is written, and what is to be told: ABI variant, float ABI and ISA whole, float ABI and ISA cut."""

    name: str
    elf: Elf
    whole: tuple[str, str, str]
    cut: tuple[str, str]
    attributes: tuple[tuple[int, bytes], bytes] | None = None


def kept(name: str, elf: Elf, *whole: str) -> Row:
    variant, float_abi, isa = whole
    return Row(name, elf, (variant, float_abi, isa), (float_abi, isa))


def file32(data: int, machine: int, flags: int = 0) -> Elf:
    return Elf(1, data, machine=machine, flags=flags)


def lost(name: str, elf: Elf, content: bytes, *whole: str, left: str = "unknown") -> Row:
    """A file whose float ABI stands in .gnu.attributes; `left` is the ISA."""
    variant, float_abi, isa = whole
    return Row(name, elf, (variant, float_abi, isa), ("unknown", left), (GNU, content))


CK810 = file32(LE, EM_CSKY, 0x20002008)  # ABI v2, EF_CSKY_FLOAT
MIPS32R2 = file32(BE, EM_MIPS, 0x70001007)
ROWS = (
    kept("ARC 700, Linux ABI v3", file32(LE, EM_ARC_COMPACT, 0x303), "osabi-v3", "unknown", "arc700"),
    kept("ARC HS, Linux ABI v4", file32(LE, EM_ARC_COMPACT2, 0x406), "osabi-v4", "unknown", "archs"),
    kept("ARC HS, big-endian", file32(BE, EM_ARC_COMPACT2, 0x406), "osabi-v4", "unknown", "archs"),
    kept("C-SKY ABI v1", file32(LE, EM_CSKY, 0x10000002), "abiv1", "unknown", "ck610"),
    Row("C-SKY soft", CK810, ("abiv2", "soft", "ck810 + float"), ("unknown", "ck810 + float"), (CSKY, b"\x11\x01")),
    Row("C-SKY softfp", CK810, ("abiv2", "soft", "ck810 + float"), ("unknown", "ck810 + float"), (CSKY, b"\x11\x02")),
    Row("C-SKY hard", CK810, ("abiv2", "hard", "ck810 + float"), ("unknown", "ck810 + float"), (CSKY, b"\x11\x03")),
    kept("Xtensa", file32(LE, EM_XTENSA, 0x300), "", "unknown", "unknown"),
    kept("OpenRISC", file32(BE, EM_OPENRISC), "", "none", "unknown"),
    kept("OpenRISC without delay slots", file32(BE, EM_OPENRISC, 1), "", "none", "unknown + nodelay"),
    kept("MicroBlaze", file32(LE, EM_MICROBLAZE), "", "none", "unknown"),
    kept("Nios II R1", file32(LE, EM_ALTERA_NIOS2), "", "unknown", "r1"),
    kept("Nios II R2", file32(LE, EM_ALTERA_NIOS2, 1), "", "unknown", "r2"),
    kept("NDS32 V2", file32(LE, EM_NDS32, 0x30000020), "", "soft", "nds32v3"),
    kept("NDS32 V2FP", file32(LE, EM_NDS32, 0x30000830), "", "hard", "nds32v3 + fpu-sp"),
    kept("NDS32 V2FP+", file32(BE, EM_NDS32, 0x30000850), "", "hard", "nds32v3 + fpu-sp"),
    kept("FR-V soft FDPIC", file32(BE, EM_FRV, 0x800C), "fdpic", "soft", "unknown"),
    kept("FR-V hard", file32(BE, EM_FRV, 0x8), "", "hard", "unknown"),
    kept("LoongArch lp64f", Elf(2, LE, machine=EM_LOONGARCH, flags=0x42), "", "single", "loongarch64"),
    kept("LoongArch ilp32s", file32(LE, EM_LOONGARCH, 0x41), "", "soft", "loongarch32"),
    kept("LoongArch ilp32d", file32(LE, EM_LOONGARCH, 0x43), "", "hard", "loongarch32"),
    kept("RISC-V ilp32e", file32(LE, EM_RISCV, 0x8), "rve", "soft", "rv32e"),
    kept("RISC-V lp64q", Elf(2, LE, machine=EM_RISCV, flags=0x6), "", "quad", "rv64i + d + f + q"),
    kept("SH-4 without FPU", file32(LE, EM_SH, 0x10), "", "unknown", "sh4-nofpu"),
    kept("SH-4", file32(BE, EM_SH, 0x9), "", "hard", "sh4"),
    kept("SPARC V7", file32(BE, EM_SPARC), "", "unknown", "v7"),
    kept("ARM before the EABI", file32(LE, EM_ARM, 0x2), "oabi", "unknown", "unknown"),
    kept("ARM without a float bit", file32(LE, EM_ARM, 0x05000000), "eabi5", "unknown", "unknown"),
    kept("ARM BE8", file32(BE, EM_ARM, 0x05800400), "eabi5", "hard", "armv6"),
    kept("MIPS EABI32", file32(BE, EM_MIPS, 0x50003001), "eabi32", "unknown", "mips32"),
    kept("MIPS old -mfp64", file32(BE, EM_MIPS, 0x70001207), "o32", "hard", "mips32r2"),
    lost("MIPS before PT_MIPS_ABIFLAGS, soft", MIPS32R2, b"\x04\x03", "o32", "soft", "mips32r2", left="mips32r2"),
    lost("MIPS before PT_MIPS_ABIFLAGS, hard", MIPS32R2, b"\x04\x01", "o32", "hard", "mips32r2", left="mips32r2"),
    lost("PowerPC SPE", file32(BE, EM_PPC), b"\x04\x02\x08\x03", "", "soft", "unknown + spe"),
    lost("PowerPC single", file32(BE, EM_PPC), b"\x04\x03", "", "single", "unknown"),
    lost("m68k hard", file32(BE, EM_68K), b"\x04\x01", "", "hard", "unknown"),
    lost("m68k soft", file32(BE, EM_68K), b"\x04\x02", "", "soft", "unknown"),
)


def written(row: Row) -> bytes:
    if row.attributes is None:
        return build(row.elf)
    (sh_type, vendor), content = row.attributes
    return with_attributes(row.elf, content, sh_type, vendor)


def said(content: bytes) -> tuple[str, str, str]:
    found: Told = told(content)
    return found.variant, found.float_abi, found.isa


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_bytes_of_the_specification_say_what_it_says(row: Row, tmp_path: Path) -> None:
    path = tmp_path / "whole"
    path.write_bytes(written(row))
    assert said(path.read_bytes()) == row.whole
    cut = without_table(path.read_bytes(), read_table(path), Form.STRIPPED)
    assert said(cut) == (row.whole[0], *row.cut)
