"""GNU triplets: CPU-VENDOR-linux-ENVIRONMENT, composed from what either end says (config.sub; gcc's config.gcc)."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import (
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ALPHA,
    EM_ALTERA_NIOS2,
    EM_ARC_COMPACT2,
    EM_ARM,
    EM_CSKY,
    EM_IA_64,
    EM_LOONGARCH,
    EM_MICROBLAZE,
    EM_MIPS,
    EM_OPENRISC,
    EM_PARISC,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_SH,
    EM_SPARC,
    EM_SPARCV9,
    EM_X86_64,
    EM_XTENSA,
)
from elfkit.abi.targets.row import Columns


class Environment(NamedTuple):
    """The last part of a triplet: a C library, and what it changes of the CPU's usual ABI ("" and 0: nothing)."""

    libc: str
    float_abi: str = ""
    variant: str = ""
    elf_class: int = 0


# fmt: off
# cpu, e_machine, class, byte order, ABI variant, float ABI, ISA
CPUS: tuple[tuple[str, int, int, str, str, str, str], ...] = (
    ("aarch64", EM_AARCH64, 64, "little", "", "none", ""),
    ("aarch64_be", EM_AARCH64, 64, "big", "", "none", ""),
    ("alpha", EM_ALPHA, 64, "little", "", "none", ""),
    ("arc", EM_ARC_COMPACT2, 32, "little", "", "unknown", ""),
    ("arm", EM_ARM, 32, "little", "eabi5", "soft", ""),
    ("armeb", EM_ARM, 32, "big", "eabi5", "soft", ""),
    ("armv5", EM_ARM, 32, "little", "eabi5", "soft", "armv5t"),
    ("armv5te", EM_ARM, 32, "little", "eabi5", "soft", "armv5te"),
    ("armv6", EM_ARM, 32, "little", "eabi5", "soft", "armv6"),
    ("armv7", EM_ARM, 32, "little", "eabi5", "soft", "armv7-a"),
    ("armv7a", EM_ARM, 32, "little", "eabi5", "soft", "armv7-a"),
    ("armv7l", EM_ARM, 32, "little", "eabi5", "soft", "armv7-a"),
    ("csky", EM_CSKY, 32, "little", "abiv2", "soft", ""),
    ("hppa", EM_PARISC, 32, "big", "", "hard", ""),
    ("i386", EM_386, 32, "little", "", "none", ""),
    ("i486", EM_386, 32, "little", "", "none", ""),
    ("i586", EM_386, 32, "little", "", "none", ""),
    ("i686", EM_386, 32, "little", "", "none", ""),
    ("ia64", EM_IA_64, 64, "little", "", "hard", ""),
    ("loongarch64", EM_LOONGARCH, 64, "little", "", "hard", "loongarch64"),
    ("m68k", EM_68K, 32, "big", "", "hard", ""),
    ("microblaze", EM_MICROBLAZE, 32, "big", "", "none", ""),
    ("microblazeel", EM_MICROBLAZE, 32, "little", "", "none", ""),
    ("mips", EM_MIPS, 32, "big", "o32", "hard", ""),
    ("mips64", EM_MIPS, 64, "big", "n64", "hard", ""),
    ("mips64el", EM_MIPS, 64, "little", "n64", "hard", ""),
    ("mipsel", EM_MIPS, 32, "little", "o32", "hard", ""),
    ("mipsisa32r6", EM_MIPS, 32, "big", "o32", "hard", "mips32r6"),
    ("mipsisa32r6el", EM_MIPS, 32, "little", "o32", "hard", "mips32r6"),
    ("mipsisa64r6", EM_MIPS, 64, "big", "n64", "hard", "mips64r6"),
    ("mipsisa64r6el", EM_MIPS, 64, "little", "n64", "hard", "mips64r6"),
    ("nios2", EM_ALTERA_NIOS2, 32, "little", "", "unknown", ""),
    ("or1k", EM_OPENRISC, 32, "big", "", "none", ""),
    ("powerpc", EM_PPC, 32, "big", "", "hard", ""),
    ("powerpc64", EM_PPC64, 64, "big", "elfv1", "hard", ""),
    ("powerpc64le", EM_PPC64, 64, "little", "elfv2", "hard", ""),
    ("riscv32", EM_RISCV, 32, "little", "", "hard", ""),
    ("riscv64", EM_RISCV, 64, "little", "", "hard", ""),
    ("s390", EM_S390, 32, "big", "", "none", ""),
    ("s390x", EM_S390, 64, "big", "", "none", ""),
    ("sh4", EM_SH, 32, "little", "", "hard", ""),
    ("sh4eb", EM_SH, 32, "big", "", "hard", ""),
    ("sparc", EM_SPARC, 32, "big", "", "hard", ""),
    ("sparc64", EM_SPARCV9, 64, "big", "", "hard", ""),
    ("x86_64", EM_X86_64, 64, "little", "", "none", "x86-64"),
    ("xtensa", EM_XTENSA, 32, "little", "", "unknown", ""),
)
# fmt: on
ENVIRONMENTS: dict[str, Environment] = {
    "gnu": Environment("glibc"),
    "gnueabi": Environment("glibc", "soft"),
    "gnueabihf": Environment("glibc", "hard"),
    "gnuabi64": Environment("glibc", variant="n64", elf_class=64),
    "gnuabin32": Environment("glibc", variant="n32", elf_class=32),
    "gnux32": Environment("glibc", variant="x32", elf_class=32),
    "gnu_ilp32": Environment("glibc", variant="ilp32", elf_class=32),
    "gnuspe": Environment("glibc", "soft"),
    "gnusf": Environment("glibc", "soft"),
    "musl": Environment("musl"),
    "musleabi": Environment("musl", "soft"),
    "musleabihf": Environment("musl", "hard"),
    "muslabi64": Environment("musl", variant="n64", elf_class=64),
    "muslabin32": Environment("musl", variant="n32", elf_class=32),
    "muslx32": Environment("musl", variant="x32", elf_class=32),
    "muslsf": Environment("musl", "soft"),
    "uclibc": Environment("uclibc"),
    "uclibceabi": Environment("uclibc", "soft"),
    "uclibceabihf": Environment("uclibc", "hard"),
    "uclibcgnueabi": Environment("uclibc", "soft"),
    "uclibcgnueabihf": Environment("uclibc", "hard"),
    "android": Environment("bionic"),
    "androideabi": Environment("bionic", "soft"),
}
_BY_CPU = {row[0]: row for row in CPUS}


def gnu_columns(triplet: str) -> Columns | None:
    """Return the row that a triplet stands for; None if either end of it is not known."""
    parts = triplet.split("-")
    row, environment = _BY_CPU.get(parts[0]), ENVIRONMENTS.get(parts[-1])
    if row is None or environment is None or "linux" not in parts[1:-1]:
        return None
    _, e_machine, elf_class, data, variant, float_abi, isa = row
    if environment.libc == "musl" and e_machine == EM_PPC64:
        variant = "elfv2"  # musl's configure takes no other
    return (
        triplet,
        e_machine,
        environment.elf_class or elf_class,
        data,
        environment.variant or variant,
        environment.float_abi or float_abi,
        environment.libc,
        isa,
        "",
    )
