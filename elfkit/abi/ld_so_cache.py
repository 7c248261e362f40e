"""Numbers of /etc/ld.so.cache (glibc sysdeps/generic/{dl-cache.h,ldconfig.h}; uClibc-ng utils/ldconfig.c)."""

from typing import NamedTuple

from elfkit.abi.header import (
    ELFCLASS32,
    ELFCLASS64,
    EM_AARCH64,
    EM_ARM,
    EM_IA_64,
    EM_LOONGARCH,
    EM_MIPS,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_SPARCV9,
    EM_X86_64,
)

CACHE_MAGIC = b"ld.so-1.7.0"
CACHE_MAGIC_NEW = b"glibc-ld.so.cache"
CACHE_VERSION = b"1.1"

# cache_file_new.flags: byte order; 0 in caches of glibc before 2.33
CACHE_LITTLE, CACHE_BIG = 2, 3

CACHE_EXTENSION_MAGIC = 0xEAA42174
CACHE_EXTENSION_HWCAPS = 1  # section tag: names of glibc-hwcaps subdirectories
HWCAP_EXTENSION = 1 << 62  # of file_entry_new.hwcap: its low word is an index into those names

# Low byte of an entry's flags: the C library
FLAG_ELF, FLAG_ELF_LIBC5, FLAG_ELF_LIBC6, FLAG_ELF_LIBC0 = 1, 2, 3, 4
UCLIBC_FLAGS = frozenset({FLAG_ELF, FLAG_ELF_LIBC5, FLAG_ELF_LIBC0})


class CacheFlags(NamedTuple):
    """What an entry's flags have beside FLAG_ELF_LIBC6 for one machine and ABI."""

    e_machine: int
    elf_class: int
    variant: str
    """As `abi_variant` names it; "" for every one."""
    float_abi: str
    """"soft", "hard", or "" for every one."""
    flags: tuple[int, ...]
    """Second byte, 0 where there is none: all that the loader takes."""


# fmt: off
CACHE_FLAGS: tuple[CacheFlags, ...] = (
    CacheFlags(EM_SPARCV9, ELFCLASS64, "", "", (0x01,)),
    CacheFlags(EM_IA_64, ELFCLASS64, "", "", (0x02,)),
    CacheFlags(EM_X86_64, ELFCLASS64, "", "", (0x03,)),
    CacheFlags(EM_S390, ELFCLASS64, "", "", (0x04,)),
    CacheFlags(EM_PPC64, ELFCLASS64, "", "", (0x05,)),
    CacheFlags(EM_MIPS, ELFCLASS32, "n32", "", (0x06, 0x0D)),
    CacheFlags(EM_MIPS, ELFCLASS64, "n64", "", (0x07, 0x0E)),
    CacheFlags(EM_MIPS, ELFCLASS32, "o32", "", (0x00, 0x0C)),
    CacheFlags(EM_X86_64, ELFCLASS32, "x32", "", (0x08,)),
    CacheFlags(EM_ARM, ELFCLASS32, "", "hard", (0x09, 0x00)),
    CacheFlags(EM_AARCH64, ELFCLASS64, "", "", (0x0A,)),
    CacheFlags(EM_ARM, ELFCLASS32, "", "soft", (0x0B, 0x00)),
    CacheFlags(EM_RISCV, ELFCLASS64, "", "soft", (0x0F,)),
    CacheFlags(EM_RISCV, ELFCLASS64, "", "hard", (0x10,)),
    CacheFlags(EM_LOONGARCH, ELFCLASS64, "", "soft", (0x11,)),
    CacheFlags(EM_LOONGARCH, ELFCLASS64, "", "hard", (0x12,)),
)
# fmt: on


def cache_flags(e_machine: int, elf_class: int, variant: str, float_abi: str) -> frozenset[int]:
    """Return the flags of the entries that glibc's loader of such files takes; an unknown fact excludes none."""
    rows = [
        row.flags
        for row in CACHE_FLAGS
        if (row.e_machine, row.elf_class) == (e_machine, elf_class)
        and _agree(row.variant, variant)
        and _agree(row.float_abi, float_abi)
    ]
    seconds = [second for flags in rows for second in flags] or [0]
    return frozenset(second << 8 | FLAG_ELF_LIBC6 for second in seconds)


def _agree(of_row: str, of_file: str) -> bool:
    return not of_row or of_file in ("", "unknown", "any", of_row)
