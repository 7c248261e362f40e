"""Dynamic relocations that write to a global offset table, by machine: the numbers each psABI gives them.

Only what tells a word of the table from other data: calls (JUMP_SLOT, IRELATIVE), addresses (GLOB_DAT), thread-local
storage. RISC-V, LoongArch, PowerPC and PA-RISC write addresses with the relocation that data has as well.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import (
    ELFCLASS32,
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ALPHA,
    EM_ARC_COMPACT,
    EM_ARC_COMPACT2,
    EM_ARM,
    EM_LOONGARCH,
    EM_MIPS,
    EM_MIPS_RS3_LE,
    EM_PARISC,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_SH,
    EM_SPARC,
    EM_SPARC32PLUS,
    EM_SPARCV9,
    EM_X86_64,
)


class SlotRelocations(NamedTuple):
    """The numbers of one machine. ``module`` and ``descriptor`` take two words, the second at times without relocation.

    ``glob_dat`` is empty where the psABI has none. ``indirect`` calls a resolver (IRELATIVE) in the jump slots or
    anywhere, ``offsets`` are DTPREL and TPREL. ``elf_class`` None: of both classes.
    """

    machine: int
    jump_slot: tuple[int, ...]
    glob_dat: tuple[int, ...]
    indirect: tuple[int, ...]
    module: tuple[int, ...]
    offsets: tuple[int, ...]
    descriptor: tuple[int, ...] = ()
    elf_class: int | None = None
    source: str = ""


SLOT_RELOCATIONS = (
    SlotRelocations(EM_386, (7,), (6,), (42,), (35,), (14, 36, 37), (41,), source="i386 psABI, 4.4 Relocation"),
    SlotRelocations(EM_X86_64, (7,), (6,), (37,), (16,), (17, 18), (36,), source="x86-64 psABI, 4.4 Relocation"),
    SlotRelocations(EM_ARM, (22,), (21,), (160,), (17,), (18, 19), (13,), source="ARM aaelf32, Dynamic relocations"),
    SlotRelocations(
        EM_AARCH64, (182,), (181,), (188,), (184,), (185, 186), (187,), ELFCLASS32, "AArch64 aaelf64, ILP32"
    ),
    SlotRelocations(
        EM_AARCH64, (1026,), (1025,), (1032,), (1028,), (1029, 1030), (1031,), source="AArch64 aaelf64, Dynamic"
    ),
    SlotRelocations(EM_RISCV, (5,), (), (58,), (6, 7), (8, 9, 10, 11), (12,), source="RISC-V psABI, Relocations"),
    SlotRelocations(
        EM_LOONGARCH, (5,), (), (12,), (6, 7), (8, 9, 10, 11), (13, 14), source="LoongArch laelf, Relocations"
    ),
    SlotRelocations(EM_S390, (11,), (10,), (61,), (54,), (55, 56), source="zSeries ELF ABI supplement, Relocation"),
    SlotRelocations(EM_PPC, (21,), (20,), (248,), (68,), (73, 78), source="Power Architecture 32-bit ABI, Relocation"),
    SlotRelocations(EM_PPC64, (21,), (20,), (247, 248), (68,), (73, 78), source="64-bit ELFv2 ABI, 3.5 Relocation"),
    SlotRelocations(
        EM_SPARC, (21,), (20,), (248, 249), (74,), (76, 78), source="SPARC psABI; binutils include/elf/sparc.h"
    ),
    SlotRelocations(
        EM_SPARC32PLUS, (21,), (20,), (248, 249), (74,), (76, 78), source="SPARC psABI; binutils include/elf/sparc.h"
    ),
    SlotRelocations(
        EM_SPARCV9, (21,), (20,), (248, 249), (75,), (77, 79), source="SPARC psABI; binutils include/elf/sparc.h"
    ),
    SlotRelocations(EM_SH, (164,), (163,), (), (149,), (150, 151), source="binutils include/elf/sh.h"),
    SlotRelocations(EM_68K, (21,), (20,), (), (40,), (41, 42), source="binutils include/elf/m68k.h"),
    SlotRelocations(EM_ARC_COMPACT, (55,), (54,), (), (66,), (67, 68), source="ARC ABI; binutils elf/arc-reloc.def"),
    SlotRelocations(EM_ARC_COMPACT2, (55,), (54,), (), (66,), (67, 68), source="ARC ABI; binutils elf/arc-reloc.def"),
    SlotRelocations(EM_ALPHA, (26,), (25,), (), (31,), (33, 38), source="binutils include/elf/alpha.h"),
    SlotRelocations(EM_PARISC, (129,), (), (), (242,), (153, 244), source="binutils include/elf/hppa.h"),
    SlotRelocations(EM_MIPS, (127,), (), (), (38, 40), (39, 41, 47, 48), source="MIPS psABI; binutils elf/mips.h"),
    SlotRelocations(
        EM_MIPS_RS3_LE, (127,), (), (), (38, 40), (39, 41, 47, 48), source="MIPS psABI; binutils elf/mips.h"
    ),
)


def slot_relocations(machine: int, elf_class: int) -> SlotRelocations | None:
    """Return the row of a machine and class; None for a machine without one."""
    for row in SLOT_RELOCATIONS:
        if row.machine == machine and row.elf_class in (None, elf_class):
            return row
    return None


def descriptor_relocations(machine: int) -> tuple[int, ...]:
    """Return the numbers of the relocations for thread-local descriptors (TLSDESC) of a machine, of all classes."""
    return tuple([number for row in SLOT_RELOCATIONS if row.machine == machine for number in row.descriptor])
