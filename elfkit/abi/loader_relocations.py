"""The types of dynamic relocation that each loader applies, by machine; at any other it stops.

Read in the sources of the releases in READ_UP_TO; the numbers are those of the psABIs, as elf.h gives them. R_*_NONE
(0) is left out: every loader passes it over. On 64-bit MIPS r_type2 stands above r_type, as in r_info.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import (
    ELFCLASS32,
    ELFCLASS64,
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ALPHA,
    EM_ARM,
    EM_LOONGARCH,
    EM_MIPS,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_SH,
    EM_X86_64,
)
from elfkit.abi.libc import GLIBC, MUSL, UCLIBC

READ_UP_TO = {GLIBC: "2.43", MUSL: "1.2.6", UCLIBC: "1.0.58"}


class LoaderRelocations(NamedTuple):
    """One loader on one machine: the ``types`` it applies, and those it applies ``since`` a release of its own.

    ``elf_class`` None: of both classes. ``source`` is a file of the loader's own tree.
    """

    libc: str
    machine: int
    elf_class: int | None
    types: frozenset[int]
    since: tuple[tuple[int, str], ...]
    source: str


# fmt: off
LOADER_RELOCATIONS = (
    LoaderRelocations(
        GLIBC, EM_386, None,
        frozenset({1, 2, 5, 6, 7, 8, 14, 35, 36, 37, 38, 41, 42}),
        (), "sysdeps/i386/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_X86_64, None,
        frozenset({1, 2, 5, 6, 7, 8, 10, 16, 17, 18, 32, 33, 36, 37, 38}),
        (), "sysdeps/x86_64/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_AARCH64, ELFCLASS64,
        frozenset({257, 258, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031, 1032}),
        (), "sysdeps/aarch64/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_ARM, None,
        frozenset({1, 2, 13, 17, 18, 19, 20, 21, 22, 23, 160}),
        (), "sysdeps/arm/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_MIPS, ELFCLASS32,
        frozenset({3, 18, 38, 39, 40, 41, 47, 48, 51, 126, 127}),
        (), "sysdeps/mips/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_MIPS, ELFCLASS64,
        frozenset({3, 18, 38, 39, 40, 41, 47, 48, 51, 126, 127, 4611}),
        (), "sysdeps/mips/dl-machine.h (REL32 of 64 bits: REL32 with R_MIPS_64 above it)",
    ),
    LoaderRelocations(
        GLIBC, EM_PPC, None,
        frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 19, 20, 21, 22, 24, 25, 26, 68, 69, 70, 71, 72, 73, 74, 75,
            76, 77, 78, 248}),
        (), "sysdeps/powerpc/powerpc32/dl-machine.h, dl-machine.c",
    ),
    LoaderRelocations(
        GLIBC, EM_PPC64, None,
        frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 19, 20, 21, 22, 24, 25, 26, 37, 38, 39, 40, 41, 42, 43, 44, 56,
            57, 68, 69, 70, 71, 72, 73, 78, 95, 96, 97, 98, 99, 100, 110, 111, 112, 113, 247, 248}),
        (), "sysdeps/powerpc/powerpc64/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_RISCV, ELFCLASS32,
        frozenset({1, 3, 4, 5, 6, 8, 10, 58}),
        (), "sysdeps/riscv/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_RISCV, ELFCLASS64,
        frozenset({2, 3, 4, 5, 7, 9, 11, 58}),
        (), "sysdeps/riscv/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_LOONGARCH, ELFCLASS64,
        frozenset({2, 3, 4, 5, 7, 9, 11, 12}),
        ((14, "2.40"),), "sysdeps/loongarch/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_S390, ELFCLASS32,
        frozenset({1, 3, 4, 5, 9, 10, 11, 12, 16, 17, 19, 54, 55, 56, 61}),
        (), "sysdeps/s390/s390-32/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_S390, ELFCLASS64,
        frozenset({1, 3, 4, 5, 9, 10, 11, 12, 16, 17, 19, 22, 23, 54, 55, 56, 61}),
        (), "sysdeps/s390/s390-64/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_SH, None,
        frozenset({1, 2, 149, 150, 151, 162, 163, 164, 165}),
        (), "sysdeps/sh/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_68K, None,
        frozenset({1, 2, 3, 4, 5, 6, 19, 20, 21, 22, 40, 41, 42}),
        (), "sysdeps/m68k/dl-machine.h",
    ),
    LoaderRelocations(
        GLIBC, EM_ALPHA, None,
        frozenset({2, 25, 26, 27, 31, 33, 38}),
        (), "sysdeps/alpha/dl-machine.h",
    ),
    LoaderRelocations(
        MUSL, EM_386, None,
        frozenset({1, 2, 5, 6, 7, 8, 14, 35, 36, 37, 41}),
        (), "arch/i386/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_X86_64, ELFCLASS64,
        frozenset({1, 2, 5, 6, 7, 8, 16, 17, 18, 36}),
        (), "arch/x86_64/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_X86_64, ELFCLASS32,
        frozenset({2, 5, 6, 7, 8, 10, 16, 17, 18}),
        (), "arch/x32/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_AARCH64, ELFCLASS64,
        frozenset({257, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031}),
        (), "arch/aarch64/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_ARM, None,
        frozenset({2, 13, 17, 18, 19, 20, 21, 22, 23}),
        (), "arch/arm/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_MIPS, ELFCLASS32,
        frozenset({3, 38, 39, 47, 126, 127}),
        (), "arch/mips/reloc.h, mipsn32",
    ),
    LoaderRelocations(
        MUSL, EM_MIPS, ELFCLASS64,
        frozenset({40, 41, 48, 126, 127, 4611}),
        (), "arch/mips64/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_PPC, None,
        frozenset({1, 19, 20, 21, 22, 24, 68, 73, 78}),
        (), "arch/powerpc/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_PPC64, None,
        frozenset({19, 20, 21, 22, 38, 43, 68, 73, 78}),
        (), "arch/powerpc64/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_RISCV, ELFCLASS32,
        frozenset({1, 3, 4, 5, 6, 8, 10}),
        (), "arch/riscv32/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_RISCV, ELFCLASS64,
        frozenset({2, 3, 4, 5, 7, 9, 11}),
        ((12, "1.2.5"),), "arch/riscv64/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_LOONGARCH, ELFCLASS64,
        frozenset({2, 3, 4, 5, 7, 9, 11}),
        ((14, "1.2.6"),), "arch/loongarch64/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_S390, ELFCLASS64,
        frozenset({9, 10, 11, 12, 22, 54, 55, 56}),
        (), "arch/s390x/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_68K, None,
        frozenset({1, 4, 19, 20, 21, 22, 40, 41, 42}),
        (), "arch/m68k/reloc.h",
    ),
    LoaderRelocations(
        MUSL, EM_SH, None,
        frozenset({1, 2, 149, 150, 151, 162, 163, 164, 165, 207, 208}),
        (), "arch/sh/reloc.h (207, 208: FUNCDESC)",
    ),
    LoaderRelocations(
        UCLIBC, EM_386, None,
        frozenset({1, 2, 5, 6, 7, 8, 14, 35, 36, 37}),
        (), "ldso/ldso/i386/elfinterp.c",
    ),
    LoaderRelocations(
        UCLIBC, EM_X86_64, ELFCLASS64,
        frozenset({1, 2, 5, 6, 7, 8, 10, 16, 17, 18}),
        (), "ldso/ldso/x86_64/elfinterp.c",
    ),
    LoaderRelocations(
        UCLIBC, EM_ARM, None,
        frozenset({1, 2, 17, 18, 19, 20, 21, 22, 23, 163, 164}),
        (), "ldso/ldso/arm/elfinterp.c (163, 164: FUNCDESC)",
    ),
    LoaderRelocations(
        UCLIBC, EM_AARCH64, ELFCLASS64,
        frozenset({257, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031}),
        (), "ldso/ldso/aarch64/elfinterp.c",
    ),
    LoaderRelocations(
        UCLIBC, EM_MIPS, ELFCLASS32,
        frozenset({3, 38, 39, 40, 41, 47, 48, 126, 127}),
        (), "ldso/ldso/mips/elfinterp.c",
    ),
    LoaderRelocations(
        UCLIBC, EM_PPC, None,
        frozenset({1, 4, 5, 6, 10, 19, 20, 21, 22, 68, 73, 78}),
        (), "ldso/ldso/powerpc/elfinterp.c",
    ),
    LoaderRelocations(
        UCLIBC, EM_RISCV, ELFCLASS64,
        frozenset({2, 3, 4, 5, 7, 9, 11}),
        (), "ldso/ldso/riscv64/elfinterp.c",
    ),
    LoaderRelocations(
        UCLIBC, EM_SH, None,
        frozenset({1, 2, 149, 150, 151, 162, 163, 164, 165}),
        (), "ldso/ldso/sh/elfinterp.c",
    ),
)
# fmt: on


def loader_relocations(libc: str, machine: int, elf_class: int) -> LoaderRelocations | None:
    """Return the row of a loader on a machine; None where it was not read."""
    for row in LOADER_RELOCATIONS:
        if (row.libc, row.machine) == (libc, machine) and row.elf_class in (None, elf_class):
            return row
    return None
