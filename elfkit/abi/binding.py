"""How loaders bind symbol references, as rows: what each accepts as a definition, and what it makes of versions.

Only `firmware.binding` acts on these rows. Another libc's loader is one more row in BINDING_RULES.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from elfkit.abi import symbols as s
from elfkit.abi.header import (
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ALPHA,
    EM_ALTERA_NIOS2,
    EM_ARM,
    EM_IA_64,
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
from elfkit.abi.libc import BIONIC, GLIBC, MUSL, UCLIBC


def mask(*numbers: int) -> int:
    """Return a number with the bits ``numbers`` set.

    >>> mask(0, 2)
    5
    """
    return sum(1 << number for number in numbers)


ADDRESSED = mask(s.STT_NOTYPE, s.STT_OBJECT, s.STT_FUNC, s.STT_COMMON, s.STT_TLS)
GLOBAL_OR_WEAK = mask(s.STB_GLOBAL, s.STB_WEAK)


class BindingRules(NamedTuple):
    """How one libc's loader binds. ``types`` and ``bindings``: masks of STT_* and STB_* that definitions may have."""

    libc: str
    types: int
    bindings: int
    versions: bool
    """A reference with a version takes that version alone, or a definition that has none."""
    hidden_answers: bool
    """A definition whose version is not the default one answers references without version."""
    at_start: bool
    """Every reference is bound before the program's first instruction; else calls are, where BIND_NOW says so."""
    checks_versions: bool
    """A needed version that the file it is needed from does not define ends the start."""
    source: str


BINDING_RULES: tuple[BindingRules, ...] = (
    BindingRules(
        libc=GLIBC,
        types=ADDRESSED | mask(s.STT_GNU_IFUNC),
        bindings=GLOBAL_OR_WEAK | mask(s.STB_GNU_UNIQUE),
        versions=True,
        hidden_answers=False,
        at_start=False,
        checks_versions=True,
        source="glibc elf/dl-lookup.c check_match, do_lookup_x; elf/dl-version.c _dl_check_map_versions",
    ),
    BindingRules(
        libc=MUSL,
        types=ADDRESSED,
        bindings=GLOBAL_OR_WEAK | mask(s.STB_GNU_UNIQUE),
        versions=False,
        hidden_answers=False,
        at_start=True,
        checks_versions=False,
        source="musl ldso/dynlink.c find_sym2, OK_TYPES, OK_BINDS, do_relocs",
    ),
    BindingRules(
        libc=UCLIBC,
        types=ADDRESSED,
        bindings=GLOBAL_OR_WEAK,
        versions=False,
        hidden_answers=True,
        at_start=False,
        checks_versions=False,
        source="uClibc-ng ldso/ldso/dl-hash.c check_match",
    ),
    BindingRules(
        libc=BIONIC,
        types=ADDRESSED | mask(s.STT_GNU_IFUNC),
        bindings=GLOBAL_OR_WEAK,
        versions=True,
        hidden_answers=False,
        at_start=True,
        checks_versions=True,
        source="bionic linker/linker_relocate.cpp, linker_soinfo.cpp",
    ),
)


def binding_rules(libc: str) -> BindingRules | None:
    """Return the row of a libc; None where its rules are not known."""
    return next((row for row in BINDING_RULES if row.libc == libc), None)


# R_*_COPY of each psABI; binutils include/elf/*.h where there is none
COPY_RELOCATIONS: dict[int, int] = {
    EM_386: 5,
    EM_X86_64: 5,
    EM_ARM: 20,
    EM_AARCH64: 1024,
    EM_MIPS: 126,
    EM_MIPS_RS3_LE: 126,
    EM_PPC: 19,
    EM_PPC64: 19,
    EM_RISCV: 4,
    EM_LOONGARCH: 4,
    EM_S390: 9,
    EM_SPARC: 19,
    EM_SPARC32PLUS: 19,
    EM_SPARCV9: 19,
    EM_SH: 162,
    EM_68K: 19,
    EM_PARISC: 128,
    EM_IA_64: 0x84,
    EM_ALPHA: 24,
    EM_ALTERA_NIOS2: 36,
}


def copy_relocation(machine: int) -> int:
    """Return the number of R_*_COPY; -1 for a machine without a row."""
    return COPY_RELOCATIONS.get(machine, -1)


class LinkerSymbol(NamedTuple):
    """A name that only linkers know: an undefined symbol of that name is looked for by nobody."""

    e_machine: int
    name: str
    source: str


LINKER_SYMBOLS: tuple[LinkerSymbol, ...] = (
    LinkerSymbol(EM_MIPS, "_gp_disp", "MIPS psABI, 'Global Offset Table': the distance to the gp value"),
    LinkerSymbol(EM_MIPS, "__gnu_local_gp", "binutils bfd/elfxx-mips.c: the gp value of non-shared code"),
    LinkerSymbol(EM_MIPS, "_DYNAMIC_LINKING", "MIPS psABI, 'Dynamic Section': absolute, set in dynamic programs"),
    LinkerSymbol(EM_MIPS, "__RLD_MAP", "binutils bfd/elfxx-mips.c: the place of the debugger's r_debug"),
    LinkerSymbol(0, "_GLOBAL_OFFSET_TABLE_", "gABI, 'Global Offset Table': made by every linker"),
    LinkerSymbol(0, "_DYNAMIC", "gABI, 'Dynamic Section': made by every linker"),
    LinkerSymbol(0, "_PROCEDURE_LINKAGE_TABLE_", "SPARC psABI: made by the linker"),
)


@cache
def linker_names(e_machine: int) -> frozenset[str]:
    """Return the names that no image of a machine need define."""
    machine = EM_MIPS if e_machine == EM_MIPS_RS3_LE else e_machine
    return frozenset(row.name for row in LINKER_SYMBOLS if row.e_machine in (0, machine))
