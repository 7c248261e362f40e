"""Which code a CPU runs: the levels of each machine, and the extensions that others bring with them.

Sources: binutils bfd/elfxx-mips.c (mips_mach_extensions), bfd/elf32-arm.c (tag_cpu_arch_combine), bfd/cpu-sh.c; gcc
config/arm/arm-cpus.in; the MIPS, ARM and RISC-V architecture manuals; the x86-64 psABI, "micro-architecture levels".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from elfkit.abi.isa import Isa
from elfkit.abi.riscv_arch import extension_name

KEPT = 1024

# level -> the levels whose code it runs, less those that they run in turn; a cycle: no compiler's code differs
_LEVELS: Mapping[str, tuple[str, ...]] = {
    # MIPS: release 6 took instructions away, and runs no code for those before it
    "mips1": (),
    "mips2": ("mips1",),
    "mips3": ("mips2",),
    "mips4": ("mips3",),
    "mips5": ("mips4",),
    "mips32": ("mips2",),
    "mips32r2": ("mips32",),
    "mips32r3": ("mips32r2",),
    "mips32r5": ("mips32r3",),
    "mips32r6": (),
    "mips64": ("mips5", "mips32"),
    "mips64r2": ("mips64", "mips32r2"),
    "mips64r3": ("mips64r2", "mips32r3"),
    "mips64r5": ("mips64r3", "mips32r5"),
    "mips64r6": ("mips32r6",),
    # ARM: Jazelle (j) and TrustZone (z) are marks that no program's code depends on
    "armv4": (),
    "armv4t": ("armv4",),
    "armv5t": ("armv4t",),
    "armv5te": ("armv5t", "armv5tej"),
    "armv5tej": ("armv5te",),
    "armv6": ("armv5te",),
    "armv6k": ("armv6", "armv6kz"),
    "armv6kz": ("armv6k",),
    "armv6t2": ("armv6",),
    "armv7": ("armv6k", "armv6t2"),
    "armv7-a": ("armv7",),
    "armv7-r": ("armv7",),
    "armv8-a": ("armv7-a",),
    "armv8.1-a": ("armv8-a",),
    "armv8.2-a": ("armv8.1-a",),
    "armv8.3-a": ("armv8.2-a",),
    "armv9-a": ("armv8.3-a",),
    "armv6-m": ("armv6s-m",),
    "armv6s-m": ("armv6-m",),
    "armv7-m": ("armv6-m",),
    "armv7e-m": ("armv7-m",),
    "armv8-m.base": ("armv6-m",),
    "armv8-m.main": ("armv7e-m", "armv8-m.base"),
    "armv8.1-m.main": ("armv8-m.main",),
    # x86
    "i386": (),
    "x86-baseline": ("i386",),
    "x86-v2": ("x86-baseline",),
    "x86-v3": ("x86-v2",),
    "x86-v4": ("x86-v3",),
    "x86-64": ("x86-baseline",),
    "x86-64-v2": ("x86-64", "x86-v2"),
    "x86-64-v3": ("x86-64-v2", "x86-v3"),
    "x86-64-v4": ("x86-64-v3", "x86-v4"),
    # RISC-V: what differs are extensions
    "rv32e": (),
    "rv64e": (),
    "rv32i": ("rv32e",),
    "rv64i": ("rv64e",),
    # SuperH
    "sh1": (),
    "sh2": ("sh1",),
    "sh2e": ("sh2",),
    "sh2a-nofpu-or-sh3-nommu": ("sh2",),
    "sh2a-nofpu-or-sh4-nommu-nofpu": ("sh2a-nofpu-or-sh3-nommu",),
    "sh2a-or-sh3e": ("sh2e", "sh2a-nofpu-or-sh3-nommu"),
    "sh2a-or-sh4": ("sh2a-or-sh3e", "sh2a-nofpu-or-sh4-nommu-nofpu"),
    "sh2a-nofpu": ("sh2a-nofpu-or-sh4-nommu-nofpu",),
    "sh2a": ("sh2a-nofpu", "sh2a-or-sh4"),
    "sh3-nommu": ("sh2a-nofpu-or-sh3-nommu",),
    "sh3": ("sh3-nommu",),
    "sh3e": ("sh3", "sh2a-or-sh3e"),
    "sh4-nommu-nofpu": ("sh3-nommu", "sh2a-nofpu-or-sh4-nommu-nofpu"),
    "sh4-nofpu": ("sh4-nommu-nofpu", "sh3"),
    "sh4": ("sh4-nofpu", "sh3e", "sh2a-or-sh4"),
    "sh4a-nofpu": ("sh4-nofpu",),
    "sh4a": ("sh4a-nofpu", "sh4"),
    # PA-RISC, SPARC, ARC
    "pa1.0": (),
    "pa1.1": ("pa1.0",),
    "pa2.0": ("pa1.1",),
    "v7": (),
    "v9": ("v7",),
    "arc600": (),
    "arc601": ("arc600",),
    "arc700": ("arc600",),
    "arcem": (),
    "archs": ("arcem",),
}

# what brings an extension with it: a level or another extension -> extensions
_BRINGS: Mapping[str, tuple[str, ...]] = {
    "dspr2": ("dsp",),
    "dspr3": ("dspr2",),
    "mips16e2": ("mips16",),
    "octeon+": ("octeon",),
    "octeon2": ("octeon+",),
    "octeon3": ("octeon2", "virt"),
    "loongson-ext2": ("loongson-ext",),
    "vfpv2": ("vfpv1",),
    "vfpv3-d16": ("vfpv2",),
    "vfpv3": ("vfpv3-d16",),
    "vfpv4-d16": ("vfpv3-d16", "fp16"),
    "vfpv4": ("vfpv4-d16", "vfpv3"),
    "fp-armv8-d16": ("vfpv4-d16",),
    "fp-armv8": ("fp-armv8-d16", "vfpv4"),
    "neon": ("vfpv3",),
    "neon-vfpv4": ("neon", "vfpv4"),
    "neon-fp-armv8": ("neon-vfpv4", "fp-armv8"),
    "neon-armv8.1": ("neon-fp-armv8",),
    "armv8-a": ("neon-fp-armv8", "idiv"),
    "armv8.1-a": ("neon-armv8.1",),
    "q": ("d",),
    "d": ("f",),
    "m": ("zmmul",),
    "a": ("zaamo", "zalrsc"),
    "c": ("zca", "zcd", "zcf"),
    "b": ("zba", "zbb", "zbs"),
    "v": ("zve64d",),
    "zve64d": ("zve64f",),
    "zve64f": ("zve64x", "zve32f"),
    "zve64x": ("zve32x",),
    "ultrasparc3": ("ultrasparc",),
}
RISCV_BASE = frozenset("iemafdqc")
"""Extensions that a C library is built with as its programs are: no code asks for them at run time."""
RISCV_PARTS = frozenset({"i", "e", "zicsr", "zifencei"})
"""What the base was when these had no names of their own; every Linux device has them."""
OF_ONE_MAKER = frozenset(
    {
        *("xlr", "octeon", "octeon+", "octeon2", "octeon3", "sb1", "r5900", "rm9000", "interaptiv-mr2"),
        *("loongson-2e", "loongson-2f", "loongson-3a", "gs464", "gs464e", "gs264e"),
    }
)
"""Extensions that stand for a CPU: a toolchain for another one never turns them on."""


@lru_cache(KEPT)
def levels_run(level: str) -> frozenset[str]:
    """The levels whose code a CPU of this level runs, itself too; only itself for one that is not known."""
    return _closure((level,), _LEVELS)


@lru_cache(KEPT)
def extensions_of(isa: Isa) -> frozenset[str]:
    """The extensions a CPU with this ISA has, without versions: those named, and those that come with them."""
    named = [extension_name(name) for name in isa.extensions]
    return _closure((*named, *levels_run(isa.base)), _BRINGS)


@lru_cache(KEPT)
def lacking(cpu: Isa, code: Isa, *, full: bool) -> tuple[str, ...]:
    """What ``code`` demands that ``cpu`` does not have; () also where the levels cannot be compared.

    ``full``: ``cpu`` is all that the CPU has. Else it is what other code on the device was built for: that tells the
    level; of extensions only those count that a build turns on for good.
    """
    found: list[str] = []
    if {cpu.base, code.base} <= _LEVELS.keys() and code.base not in levels_run(cpu.base):
        found.append(code.base)
    owned = extensions_of(cpu) | RISCV_PARTS
    wanted = dict.fromkeys([extension_name(name) for name in code.extensions])
    counted = wanted if full else [name for name in wanted if name in OF_ONE_MAKER or _is_base(code, name)]
    return (*found, *[name for name in counted if name not in owned])


def joined(one: Isa, other: Isa) -> Isa:
    """The least CPU that runs the code of both."""
    base = one.base if other.base in levels_run(one.base) or not other.base else other.base
    return Isa(base, tuple(dict.fromkeys((*one.extensions, *other.extensions))))


def _is_base(code: Isa, name: str) -> bool:
    return code.base.startswith("rv") and name in RISCV_BASE


def _closure(start: tuple[str, ...], edges: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found = dict.fromkeys(start)
    pending = list(found)
    for name in pending:
        for further in edges.get(name, ()):
            if further not in found:
                found[further] = None
                pending.append(further)
    return frozenset(found)
