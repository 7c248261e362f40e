"""Procedure linkage: where each machine's linkers put the slots of lazily bound calls, and what the stubs look like.

Sizes and flags are those of the psABIs and of binutils, gold, lld and mold, whose output they were compared with.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import NamedTuple

from elfkit.abi.header import (
    ELFCLASS32,
    ELFCLASS64,
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
from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS, SHT_PROGBITS

WA = SHF_WRITE | SHF_ALLOC
WAX = WA | SHF_EXECINSTR


@unique
class FirstWord(Enum):
    """What the linker writes into the first word of the table, without a relocation."""

    DYNAMIC = "the address of the dynamic section"
    TOC = "its own address and 0x8000"  # where the TOC pointer points (64-bit PowerPC)
    OTHER = "nothing that tells it"


class GotConvention(NamedTuple):
    """The global offset table of a machine.

    ``pltgot`` names the section that DT_PLTGOT points to, "" where it points inside one. ``calls`` is where binutils
    puts the slots of calls, ``reserved`` words before the first. ``first`` is the first word of .got, ``first_words``
    how many are no slots of its own. ``entsize``, ``align`` and ``slots_entsize``, that of .got.plt, are in bytes, -1
    for those of a word. ``relocated`` is what binutils writes into sh_info of .rela.plt, if it is not ``calls``.
    """

    machine: int
    pltgot: str
    reserved: int
    calls: str
    first: FirstWord
    entsize: int = -1
    align: int = -1
    slots_entsize: int = -1
    elf_class: int | None = None
    source: str = ""
    relocated: str = ""
    first_words: int = 1

    @property
    def together(self) -> bool:
        """Whether the slots of calls and those of addresses are one section."""
        return self.calls == ".got"


GOT_CONVENTIONS = (
    GotConvention(EM_386, ".got.plt", 3, ".got.plt", FirstWord.OTHER, source="i386 psABI, 5.2 Global Offset Table"),
    GotConvention(
        EM_X86_64, ".got.plt", 3, ".got.plt", FirstWord.OTHER, source="x86-64 psABI, 5.2 Global Offset Table"
    ),
    GotConvention(EM_AARCH64, ".got.plt", 3, ".got.plt", FirstWord.DYNAMIC, source="binutils elfnn-aarch64.c"),
    GotConvention(EM_ARC_COMPACT, ".plt", 3, ".got.plt", FirstWord.OTHER, 0, 4, 0, source="binutils elf32-arc.c"),
    GotConvention(EM_ARC_COMPACT2, ".plt", 3, ".got.plt", FirstWord.OTHER, 0, 4, 0, source="binutils elf32-arc.c"),
    GotConvention(EM_ARM, ".got", 3, ".got", FirstWord.DYNAMIC, source="binutils elf32-arm.c", first_words=3),
    GotConvention(EM_RISCV, ".got", 2, ".got", FirstWord.DYNAMIC, source="binutils elfnn-riscv.c"),
    GotConvention(EM_LOONGARCH, ".got", 2, ".got", FirstWord.DYNAMIC, source="binutils elfnn-loongarch.c"),
    GotConvention(
        EM_S390, ".got", 0, ".got.plt", FirstWord.DYNAMIC, -1, -1, 0, ELFCLASS64, "elf64-s390.c", first_words=3
    ),
    GotConvention(EM_S390, ".got", 3, ".got", FirstWord.DYNAMIC, source="binutils elf32-s390.c", first_words=3),
    GotConvention(EM_68K, ".got", 3, ".got", FirstWord.DYNAMIC, source="binutils elf32-m68k.c", first_words=3),
    GotConvention(EM_SH, ".got", 3, ".got", FirstWord.DYNAMIC, source="binutils elf32-sh.c", first_words=3),
    GotConvention(EM_ALPHA, ".got", 0, ".got", FirstWord.OTHER, 0, source="binutils elf64-alpha.c", relocated=".plt"),
    GotConvention(EM_SPARC, ".plt", 0, ".got", FirstWord.DYNAMIC, source="SPARC psABI; binutils elfxx-sparc.c"),
    GotConvention(EM_SPARC32PLUS, ".plt", 0, ".got", FirstWord.DYNAMIC, source="SPARC psABI; binutils elfxx-sparc.c"),
    GotConvention(EM_SPARCV9, ".plt", 0, ".got", FirstWord.DYNAMIC, source="SPARC psABI; binutils elfxx-sparc.c"),
    GotConvention(EM_PARISC, "", 0, ".got", FirstWord.DYNAMIC, source="binutils elf32-hppa.c", first_words=2),
    GotConvention(EM_PPC, ".plt", 0, ".got", FirstWord.OTHER, source="binutils elf32-ppc.c"),
    GotConvention(EM_PPC64, ".plt", 0, ".got", FirstWord.TOC, -1, 256, source="64-bit ELFv2 ABI, 3.4.1; elf64-ppc.c"),
)


class PltTable(NamedTuple):
    """A .plt that is data, or code that the loader writes: ``header`` bytes, then ``entry`` for each slot of a call.

    ``tail`` bytes follow the last entry, if they begin with ``tail_word``. ``abi`` is what the low two bits of e_flags
    say on 64-bit PowerPC, None elsewhere.
    """

    machine: int
    header: int
    entry: int
    type: int
    flags: int
    entsize: int
    align: int
    tail: int = 0
    tail_word: int | None = None
    abi: tuple[int, ...] | None = None
    source: str = ""


PLT_TABLES = (
    PltTable(EM_PPC, 0, 4, SHT_PROGBITS, WA, 0, 4, source="binutils elf32-ppc.c, secure PLT"),
    PltTable(EM_PPC64, 24, 24, SHT_NOBITS, WA, 24, 8, abi=(0, 1), source="64-bit PowerPC ELF ABI 1.9; elf64-ppc.c"),
    PltTable(EM_PPC64, 16, 8, SHT_NOBITS, WA, 8, 8, abi=(2,), source="64-bit ELFv2 ABI, 4.2.5; elf64-ppc.c"),
    PltTable(EM_SPARC, 48, 12, SHT_PROGBITS, WAX, 0, 4, 4, 0x01000000, source="SPARC psABI, 5; elfxx-sparc.c"),
    PltTable(EM_SPARC32PLUS, 48, 12, SHT_PROGBITS, WAX, 0, 4, 4, 0x01000000, source="SPARC psABI, 5; elfxx-sparc.c"),
    PltTable(EM_SPARCV9, 128, 32, SHT_PROGBITS, WAX, 32, 256, source="SPARC compliance definition 2.4; elfxx-sparc.c"),
    PltTable(EM_PARISC, 0, 8, SHT_PROGBITS, WAX, 0, 8, 28, 0x0E801095, source="binutils elf32-hppa.c, plt_stub"),
)


@unique
class Unresolved(Enum):
    """What a slot holds in the file, before the loader has bound it."""

    HEADER = "the start of the section"
    STUB = "an address in its own stub"
    OTHER = "nothing that tells it"


class PltCode(NamedTuple):
    """A .plt of stubs that no loader writes: a header, then stubs of which each goes through one slot.

    ``headers`` are the lengths that linkers give the first, ``stub`` names how a stub is read, ``entry`` its usual
    bytes. ``within`` is where in its stub a slot points at first. ``indirect``: stubs of IRELATIVE slots follow in it.
    """

    machine: int
    stub: str
    headers: tuple[int, ...]
    entry: int
    unresolved: Unresolved
    within: int
    entsize: int
    align: int
    indirect: bool = True
    elf_class: int | None = None
    source: str = ""


HEADER, STUB = Unresolved.HEADER, Unresolved.STUB
PLT_CODES = (
    PltCode(
        EM_AARCH64, "aarch64", (32,), 16, HEADER, 0, 0, 16, source="binutils elfnn-aarch64.c; lld Arch/AArch64.cpp"
    ),
    PltCode(EM_ARM, "arm", (20, 16, 32), 12, HEADER, 0, 4, 4, indirect=False, source="binutils elf32-arm.c; lld"),
    PltCode(EM_RISCV, "riscv", (32,), 16, HEADER, 0, 16, 16, source="RISC-V psABI, Procedure Linkage Table"),
    PltCode(EM_LOONGARCH, "loongarch", (32,), 16, HEADER, 0, 16, 16, source="binutils elfnn-loongarch.c"),
    PltCode(EM_ARC_COMPACT, "arc", (32,), 16, HEADER, 0, 0, 4, source="binutils arc-plt.h"),
    PltCode(EM_ARC_COMPACT2, "arc", (32,), 16, HEADER, 0, 0, 4, source="binutils arc-plt.h"),
    PltCode(EM_S390, "s390x", (32,), 32, STUB, 14, 32, 4, elf_class=ELFCLASS64, source="binutils elf64-s390.c"),
    PltCode(EM_S390, "s390", (32,), 32, STUB, 12, 4, 4, elf_class=ELFCLASS32, source="binutils elf32-s390.c"),
    PltCode(EM_SH, "sh", (28,), 28, STUB, 8, 4, 4, source="binutils elf32-sh.c"),
    PltCode(EM_68K, "m68k", (20,), 20, STUB, 8, 20, 4, source="binutils elf32-m68k.c"),
    PltCode(EM_MIPS, "mips", (32,), 16, HEADER, 0, 0, 32, source="MIPS non-PIC dynamic code; binutils elfxx-mips.c"),
    PltCode(EM_MIPS_RS3_LE, "mips", (32,), 16, HEADER, 0, 0, 32, source="MIPS non-PIC dynamic code; elfxx-mips.c"),
    PltCode(EM_ALPHA, "alpha", (36,), 4, STUB, 0, 0, 16, source="binutils elf64-alpha.c, secure PLT"),
)


def got_convention(machine: int, elf_class: int) -> GotConvention | None:
    """Return the row of a machine and class; None for a machine without one."""
    for row in GOT_CONVENTIONS:
        if row.machine == machine and row.elf_class in (None, elf_class):
            return row
    return None


def plt_table(machine: int, flags: int) -> PltTable | None:
    """Return the row of a machine whose .plt is data; ``flags`` are e_flags."""
    for row in PLT_TABLES:
        if row.machine == machine and (row.abi is None or flags & 3 in row.abi):
            return row
    return None


def plt_code(machine: int, elf_class: int) -> PltCode | None:
    """Return the row of a machine and class whose .plt is code; None for a machine without one."""
    for row in PLT_CODES:
        if row.machine == machine and row.elf_class in (None, elf_class):
            return row
    return None
