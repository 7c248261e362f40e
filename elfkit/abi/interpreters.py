"""Program interpreters: what the name in PT_INTERP says of libc, machine and float ABI.

One name may serve several machines (`/lib/ld.so.1`): a row is found by name, then chosen by e_machine and class.
"""

from functools import lru_cache
from typing import NamedTuple

from elfkit.abi.header import ELFCLASS32 as C32
from elfkit.abi.header import ELFCLASS64 as C64
from elfkit.abi.header import (
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ALPHA,
    EM_ALTERA_NIOS2,
    EM_ARC_COMPACT,
    EM_ARC_COMPACT2,
    EM_ARM,
    EM_CSKY,
    EM_FRV,
    EM_IA_64,
    EM_KVX,
    EM_LOONGARCH,
    EM_MICROBLAZE,
    EM_MIPS,
    EM_MN10300,
    EM_NDS32,
    EM_OPENRISC,
    EM_PARISC,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_SH,
    EM_SPARC,
    EM_SPARC32PLUS,
    EM_SPARCV9,
    EM_VE,
    EM_X86_64,
    EM_XTENSA,
)
from elfkit.abi.machines import machine_key


class Interpreter(NamedTuple):
    """What one interpreter's name stands for on one machine."""

    path: str
    libc: str
    machine: str
    """Key of the machine's row; "" where the name serves every machine."""
    e_machine: int
    """0 where the name serves every machine."""
    elf_class: int
    """ELFCLASS32, ELFCLASS64, or 0 for both."""
    data: str
    """"little", "big", or "" for both."""
    float_abi: str
    """soft, hard, single; none: the machine has nothing to mix; unknown: one name for several float ABIs."""
    variant: str
    """As `abi_variant` names it; "" where the machine has one ABI or the name does not tell."""
    detail: str
    """What else the name tells: "nan2008", "r6", "fdpic", "lp64d"."""
    source: str
    """Where upstream names it; for a glibc or musl row that cites gcc or clang, upstream itself has no such loader."""


_Row = tuple[str, int, int, str, str, str, str, str]

# fmt: off
# /lib/ld-musl-<arch>.so.1 (musl Makefile, LDSO_PATHNAME; arch/*/reloc.h). In an arch the parts follow one another as
# base, r6, el, -sf. Columns: arch, e_machine, class, data, float ABI, variant, detail, source.
_MUSL: tuple[_Row, ...] = (
    ("aarch64", EM_AARCH64, C64, "little", "none", "", "", "musl arch/aarch64"),
    ("aarch64_be", EM_AARCH64, C64, "big", "none", "", "", "musl arch/aarch64"),
    ("arm", EM_ARM, C32, "little", "soft", "", "softfp too", "musl arch/arm"),
    ("armhf", EM_ARM, C32, "little", "hard", "", "", "musl arch/arm"),
    ("armeb", EM_ARM, C32, "big", "soft", "", "softfp too", "musl arch/arm"),
    ("armebhf", EM_ARM, C32, "big", "hard", "", "", "musl arch/arm"),
    ("i386", EM_386, C32, "little", "none", "", "", "musl arch/i386"),
    ("x86_64", EM_X86_64, C64, "little", "none", "", "", "musl arch/x86_64"),
    ("x32", EM_X86_64, C32, "little", "none", "x32", "", "musl arch/x32"),
    ("loongarch64", EM_LOONGARCH, C64, "little", "hard", "", "lp64d", "musl arch/loongarch64"),
    ("loongarch64-sp", EM_LOONGARCH, C64, "little", "single", "", "lp64f", "musl arch/loongarch64"),
    ("loongarch64-sf", EM_LOONGARCH, C64, "little", "soft", "", "lp64s", "musl arch/loongarch64"),
    ("loongarch-lp64d", EM_LOONGARCH, C64, "little", "hard", "", "lp64d", "openwrt toolchain/musl/patches/400-*"),
    ("m68k", EM_68K, C32, "big", "hard", "", "68881", "musl arch/m68k"),
    ("m68k-fp64", EM_68K, C32, "big", "hard", "", "coldfire fp64", "musl arch/m68k"),
    ("m68k-sf", EM_68K, C32, "big", "soft", "", "", "musl arch/m68k"),
    ("microblaze", EM_MICROBLAZE, C32, "big", "none", "", "", "musl arch/microblaze"),
    ("microblazeel", EM_MICROBLAZE, C32, "little", "none", "", "", "musl arch/microblaze"),
    ("mips", EM_MIPS, C32, "big", "hard", "o32", "", "musl arch/mips"),
    ("mips-sf", EM_MIPS, C32, "big", "soft", "o32", "", "musl arch/mips"),
    ("mipsel", EM_MIPS, C32, "little", "hard", "o32", "", "musl arch/mips"),
    ("mipsel-sf", EM_MIPS, C32, "little", "soft", "o32", "", "musl arch/mips"),
    ("mipsr6", EM_MIPS, C32, "big", "hard", "o32", "r6", "musl arch/mips"),
    ("mipsr6-sf", EM_MIPS, C32, "big", "soft", "o32", "r6", "musl arch/mips"),
    ("mipsr6el", EM_MIPS, C32, "little", "hard", "o32", "r6", "musl arch/mips"),
    ("mipsr6el-sf", EM_MIPS, C32, "little", "soft", "o32", "r6", "musl arch/mips"),
    ("mips64", EM_MIPS, C64, "big", "hard", "n64", "", "musl arch/mips64"),
    ("mips64-sf", EM_MIPS, C64, "big", "soft", "n64", "", "musl arch/mips64"),
    ("mips64el", EM_MIPS, C64, "little", "hard", "n64", "", "musl arch/mips64"),
    ("mips64el-sf", EM_MIPS, C64, "little", "soft", "n64", "", "musl arch/mips64"),
    ("mips64r6", EM_MIPS, C64, "big", "hard", "n64", "r6", "musl arch/mips64"),
    ("mips64r6-sf", EM_MIPS, C64, "big", "soft", "n64", "r6", "musl arch/mips64"),
    ("mips64r6el", EM_MIPS, C64, "little", "hard", "n64", "r6", "musl arch/mips64"),
    ("mips64r6el-sf", EM_MIPS, C64, "little", "soft", "n64", "r6", "musl arch/mips64"),
    ("mipsn32", EM_MIPS, C32, "big", "hard", "n32", "", "musl arch/mipsn32"),
    ("mipsn32-sf", EM_MIPS, C32, "big", "soft", "n32", "", "musl arch/mipsn32"),
    ("mipsn32el", EM_MIPS, C32, "little", "hard", "n32", "", "musl arch/mipsn32"),
    ("mipsn32el-sf", EM_MIPS, C32, "little", "soft", "n32", "", "musl arch/mipsn32"),
    ("mipsn32r6", EM_MIPS, C32, "big", "hard", "n32", "r6", "musl arch/mipsn32"),
    ("mipsn32r6-sf", EM_MIPS, C32, "big", "soft", "n32", "r6", "musl arch/mipsn32"),
    ("mipsn32r6el", EM_MIPS, C32, "little", "hard", "n32", "r6", "musl arch/mipsn32"),
    ("mipsn32r6el-sf", EM_MIPS, C32, "little", "soft", "n32", "r6", "musl arch/mipsn32"),
    ("or1k", EM_OPENRISC, C32, "big", "none", "", "", "musl arch/or1k"),
    ("powerpc", EM_PPC, C32, "big", "hard", "", "", "musl arch/powerpc"),
    ("powerpc-sf", EM_PPC, C32, "big", "soft", "", "", "musl arch/powerpc"),
    ("powerpc64", EM_PPC64, C64, "big", "hard", "elfv2", "", "musl arch/powerpc64"),
    ("powerpc64le", EM_PPC64, C64, "little", "hard", "elfv2", "", "musl arch/powerpc64"),
    ("riscv32", EM_RISCV, C32, "little", "hard", "", "ilp32d", "musl arch/riscv32"),
    ("riscv32-sp", EM_RISCV, C32, "little", "single", "", "ilp32f", "musl arch/riscv32"),
    ("riscv32-sf", EM_RISCV, C32, "little", "soft", "", "ilp32", "musl arch/riscv32"),
    ("riscv64", EM_RISCV, C64, "little", "hard", "", "lp64d", "musl arch/riscv64"),
    ("riscv64-sp", EM_RISCV, C64, "little", "single", "", "lp64f", "musl arch/riscv64"),
    ("riscv64-sf", EM_RISCV, C64, "little", "soft", "", "lp64", "musl arch/riscv64"),
    ("s390x", EM_S390, C64, "big", "none", "", "", "musl arch/s390x"),
    ("sh", EM_SH, C32, "little", "hard", "", "", "musl arch/sh"),
    ("sh-fdpic", EM_SH, C32, "little", "hard", "", "fdpic", "musl arch/sh"),
    ("sh-nofpu", EM_SH, C32, "little", "soft", "", "", "musl arch/sh"),
    ("sh-nofpu-fdpic", EM_SH, C32, "little", "soft", "", "fdpic", "musl arch/sh"),
    ("sheb", EM_SH, C32, "big", "hard", "", "", "musl arch/sh"),
    ("sheb-fdpic", EM_SH, C32, "big", "hard", "", "fdpic", "musl arch/sh"),
    ("sheb-nofpu", EM_SH, C32, "big", "soft", "", "", "musl arch/sh"),
    ("sheb-nofpu-fdpic", EM_SH, C32, "big", "soft", "", "fdpic", "musl arch/sh"),
    ("aarch64_ilp32", EM_AARCH64, C32, "little", "none", "ilp32", "", "gcc aarch64/aarch64-linux.h"),
    ("aarch64_be_ilp32", EM_AARCH64, C32, "big", "none", "ilp32", "", "gcc aarch64/aarch64-linux.h"),
    ("arm-fdpic", EM_ARM, C32, "little", "soft", "", "fdpic", "gcc arm/linux-eabi.h"),
    ("armhf-fdpic", EM_ARM, C32, "little", "hard", "", "fdpic", "gcc arm/linux-eabi.h"),
    ("nios2", EM_ALTERA_NIOS2, C32, "little", "unknown", "", "", "gcc nios2/linux.h"),
    ("s390", EM_S390, C32, "big", "none", "", "", "gcc s390/linux.h"),
    ("powerpcle", EM_PPC, C32, "little", "hard", "", "", "gcc rs6000/sysv4.h"),
    ("powerpcle-sf", EM_PPC, C32, "little", "soft", "", "", "gcc rs6000/sysv4.h"),
    ("powerpc64-sf", EM_PPC64, C64, "big", "soft", "elfv2", "", "gcc rs6000/linux64.h"),
    ("powerpc64le-sf", EM_PPC64, C64, "little", "soft", "elfv2", "", "gcc rs6000/linux64.h"),
)

# Columns from here on: path, e_machine, class, data, float ABI, variant, detail, source.
# Source "glibc DIR" is sysdeps/unix/sysv/linux/DIR/shlib-versions.
_GLIBC: tuple[_Row, ...] = (
    ("/lib/ld-linux.so.2", EM_386, C32, "little", "none", "", "", "glibc i386"),
    ("/lib64/ld-linux-x86-64.so.2", EM_X86_64, C64, "little", "none", "", "", "glibc x86_64/64"),
    ("/libx32/ld-linux-x32.so.2", EM_X86_64, C32, "little", "none", "x32", "", "glibc x86_64/x32"),
    ("/lib/ld-linux-aarch64.so.1", EM_AARCH64, C64, "little", "none", "", "", "glibc aarch64"),
    ("/lib/ld-linux-aarch64_be.so.1", EM_AARCH64, C64, "big", "none", "", "", "glibc aarch64"),
    ("/lib/ld-linux-aarch64_ilp32.so.1", EM_AARCH64, C32, "little", "none", "ilp32", "", "gcc aarch64/aarch64-linux.h"),
    ("/lib/ld-linux-aarch64_be_ilp32.so.1", EM_AARCH64, C32, "big", "none", "ilp32", "", "gcc aarch64/aarch64-linux.h"),
    ("/lib/ld-linux-armhf.so.3", EM_ARM, C32, "", "hard", "", "", "glibc arm"),
    ("/lib/ld-linux.so.3", EM_ARM, C32, "", "soft", "", "softfp too", "glibc arm"),
    ("/lib/ld-linux.so.2", EM_ARM, C32, "", "unknown", "oabi", "", "gcc arm/linux-eabi.h, arm/linux-elf.h"),
    ("/lib/ld.so.1", EM_MIPS, C32, "", "unknown", "o32", "", "glibc mips; gcc mips/linux.h"),
    ("/lib/ld-linux-mipsn8.so.1", EM_MIPS, C32, "", "unknown", "o32", "nan2008", "glibc mips; gcc mips/linux.h"),
    ("/lib32/ld.so.1", EM_MIPS, C32, "", "unknown", "n32", "", "glibc mips; gcc mips/linux.h"),
    ("/lib32/ld-linux-mipsn8.so.1", EM_MIPS, C32, "", "unknown", "n32", "nan2008", "glibc mips; gcc mips/linux.h"),
    ("/lib64/ld.so.1", EM_MIPS, C64, "", "unknown", "n64", "", "glibc mips; gcc mips/linux.h"),
    ("/lib64/ld-linux-mipsn8.so.1", EM_MIPS, C64, "", "unknown", "n64", "nan2008", "glibc mips; gcc mips/linux.h"),
    ("/lib/ld.so.1", EM_PPC, C32, "", "unknown", "", "", "glibc generic; gcc rs6000/sysv4.h"),
    ("/lib64/ld64.so.1", EM_PPC64, C64, "big", "hard", "elfv1", "", "glibc powerpc64"),
    ("/lib64/ld64.so.2", EM_PPC64, C64, "", "hard", "elfv2", "", "glibc powerpc64"),
    ("/lib/ld64.so.1", EM_S390, C64, "big", "none", "", "", "glibc s390/s390-64"),
    ("/lib/ld.so.1", EM_S390, C32, "big", "none", "", "31-bit", "glibc generic; gcc s390/linux.h"),
    ("/lib/ld-linux-riscv64-lp64d.so.1", EM_RISCV, C64, "little", "hard", "", "lp64d", "glibc riscv"),
    ("/lib/ld-linux-riscv64-lp64.so.1", EM_RISCV, C64, "little", "soft", "", "lp64", "glibc riscv"),
    ("/lib/ld-linux-riscv64-lp64f.so.1", EM_RISCV, C64, "little", "single", "", "lp64f", "gcc riscv/linux.h"),
    ("/lib/ld-linux-riscv32-ilp32d.so.1", EM_RISCV, C32, "little", "hard", "", "ilp32d", "glibc riscv"),
    ("/lib/ld-linux-riscv32-ilp32.so.1", EM_RISCV, C32, "little", "soft", "", "ilp32", "glibc riscv"),
    ("/lib/ld-linux-riscv32-ilp32f.so.1", EM_RISCV, C32, "little", "single", "", "ilp32f", "gcc riscv/linux.h"),
    ("/lib64/ld-linux-loongarch-lp64d.so.1", EM_LOONGARCH, C64, "little", "hard", "", "lp64d", "glibc loongarch"),
    ("/lib64/ld-linux-loongarch-lp64s.so.1", EM_LOONGARCH, C64, "little", "soft", "", "lp64s", "glibc loongarch"),
    ("/lib64/ld-linux-loongarch-lp64f.so.1", EM_LOONGARCH, C64, "little", "single", "", "lp64f", "clang Linux.cpp"),
    ("/lib32/ld-linux-loongarch-ilp32s.so.1", EM_LOONGARCH, C32, "little", "soft", "", "ilp32s", "clang Linux.cpp"),
    ("/lib32/ld-linux-loongarch-ilp32f.so.1", EM_LOONGARCH, C32, "little", "single", "", "ilp32f", "clang Linux.cpp"),
    ("/lib32/ld-linux-loongarch-ilp32d.so.1", EM_LOONGARCH, C32, "little", "hard", "", "ilp32d", "clang Linux.cpp"),
    ("/lib/ld-linux.so.2", EM_ALPHA, C64, "little", "none", "", "", "glibc alpha"),
    ("/lib/ld.so.1", EM_PARISC, C32, "big", "hard", "", "", "glibc hppa"),
    ("/lib/ld.so.1", EM_68K, C32, "big", "unknown", "", "", "glibc generic; gcc m68k/linux.h"),
    ("/lib/ld-linux.so.2", EM_SH, C32, "", "unknown", "", "", "glibc sh"),
    ("/lib/ld-linux.so.2", EM_SPARC, C32, "big", "hard", "", "", "glibc sparc/sparc32"),
    ("/lib/ld-linux.so.2", EM_SPARC32PLUS, C32, "big", "hard", "v8plus", "", "glibc sparc/sparc32"),
    ("/lib64/ld-linux.so.2", EM_SPARCV9, C64, "big", "hard", "", "", "glibc sparc/sparc64"),
    ("/lib/ld.so.1", EM_MICROBLAZE, C32, "", "none", "", "", "glibc generic; gcc microblaze/linux.h"),
    ("/lib/ld-linux-or1k.so.1", EM_OPENRISC, C32, "big", "none", "", "", "glibc or1k"),
    ("/lib/ld-linux-nios2.so.1", EM_ALTERA_NIOS2, C32, "little", "unknown", "", "", "glibc 2.31 nios2"),
    ("/lib/ld-linux-ia64.so.2", EM_IA_64, C64, "little", "hard", "", "", "glibc 2.31 ia64; gcc ia64/linux.h"),
    ("/lib/ld-linux-cskyv2-hf.so.1", EM_CSKY, C32, "little", "hard", "abiv2", "", "glibc csky"),
    ("/lib/ld-linux-cskyv2.so.1", EM_CSKY, C32, "little", "soft", "abiv2", "", "glibc csky"),
    ("/lib/ld-linux-cskyv2-be.so.1", EM_CSKY, C32, "big", "soft", "abiv2", "", "gcc csky/csky-linux-elf.h"),
    ("/lib/ld-linux-cskyv2-hf-be.so.1", EM_CSKY, C32, "big", "hard", "abiv2", "", "gcc csky/csky-linux-elf.h"),
    ("/lib/ld-linux-arc.so.2", EM_ARC_COMPACT2, C32, "little", "unknown", "", "archs", "glibc arc"),
    ("/lib/ld-linux-arceb.so.2", EM_ARC_COMPACT2, C32, "big", "unknown", "", "", "gcc arc/linux.h"),
    ("/lib/ld-linux-arc700.so.2", EM_ARC_COMPACT, C32, "little", "unknown", "", "arc700", "gcc arc/linux.h"),
    ("/lib/ld-linux-nds32le.so.1", EM_NDS32, C32, "little", "soft", "", "", "gcc nds32/linux.h"),
    ("/lib/ld-linux-nds32lef.so.1", EM_NDS32, C32, "little", "hard", "", "", "gcc nds32/linux.h"),
    ("/lib/ld-linux-nds32be.so.1", EM_NDS32, C32, "big", "soft", "", "", "gcc nds32/linux.h"),
    ("/lib/ld-linux-nds32bef.so.1", EM_NDS32, C32, "big", "hard", "", "", "gcc nds32/linux.h"),
    ("/lib/ld.so.1", EM_XTENSA, C32, "", "unknown", "", "", "gcc xtensa/linux.h"),
    ("/lib/ld.so.1", EM_FRV, C32, "", "unknown", "", "", "gcc frv/linux.h"),
    ("/lib/ld.so.1", EM_MN10300, C32, "", "unknown", "", "", "gcc mn10300/linux.h"),
    ("/opt/nec/ve/lib/ld-linux-ve.so.1", EM_VE, C64, "little", "hard", "", "", "clang Linux.cpp"),
    ("/lib/ld.so.1", EM_386, C32, "little", "none", "", "GNU/kFreeBSD", "gcc i386/kfreebsd-gnu.h"),
    ("/lib/ld-kfreebsd-x86-64.so.1", EM_X86_64, C64, "little", "none", "", "GNU/kFreeBSD", "gcc i386/kfreebsd-gnu64.h"),
)

# GCC asks for .so.0, uClibc-ng installs .so.1 and links the other name to it.
_UCLIBC: tuple[_Row, ...] = (
    ("/lib/ld-uClibc.so.0", 0, 0, "", "unknown", "", "", "gcc linux.h; uclibc-ng Makefile.in"),
    ("/lib/ld-uClibc.so.1", 0, 0, "", "unknown", "", "", "uclibc-ng Rules.mak"),
    ("/lib/ld64-uClibc.so.0", EM_X86_64, C64, "", "none", "", "", "gcc linux.h"),
    ("/lib/ld64-uClibc.so.0", EM_PPC64, C64, "", "unknown", "", "", "gcc linux.h"),
    ("/lib/ld64-uClibc.so.0", EM_SPARCV9, C64, "", "unknown", "", "", "gcc linux.h"),
    ("/lib/ld64-uClibc.so.0", EM_MIPS, C64, "", "unknown", "n64", "", "gcc linux.h"),
    ("/lib/ld64-uClibc.so.0", EM_IA_64, C64, "", "unknown", "", "", "gcc linux.h"),
    ("/lib/ld64-uClibc.so.0", EM_KVX, C64, "", "unknown", "", "", "gcc linux.h"),
    ("/lib/ld64-uClibc.so.1", EM_X86_64, C64, "", "none", "", "", "uclibc-ng Config.in"),
    ("/lib/ld64-uClibc.so.1", EM_PPC64, C64, "", "unknown", "", "", "uclibc-ng Config.in"),
    ("/lib/ld64-uClibc.so.1", EM_SPARCV9, C64, "", "unknown", "", "", "uclibc-ng Config.in"),
    ("/lib/ld64-uClibc.so.1", EM_MIPS, C64, "", "unknown", "n64", "", "uclibc-ng Config.in"),
    ("/lib/ld64-uClibc.so.1", EM_IA_64, C64, "", "unknown", "", "", "uclibc-ng Config.in"),
    ("/lib/ld64-uClibc.so.1", EM_KVX, C64, "", "unknown", "", "", "uclibc-ng Config.in"),
    ("/lib/ldx32-uClibc.so.0", EM_X86_64, C32, "little", "none", "x32", "", "gcc linux.h"),
    ("/lib/ld-uClibc-mipsn8.so.0", EM_MIPS, C32, "", "unknown", "o32", "nan2008", "uclibc-ng Makefile.in"),
    ("/lib/ld64-uClibc-mipsn8.so.0", EM_MIPS, C64, "", "unknown", "n64", "nan2008", "gcc mips/linux.h"),
    ("/lib32/ld-uClibc.so.0", EM_MIPS, C32, "", "unknown", "n32", "", "gcc mips/linux.h"),
    ("/lib32/ld-uClibc-mipsn8.so.0", EM_MIPS, C32, "", "unknown", "n32", "nan2008", "gcc mips/linux.h"),
)

# bionic linker_main.cpp, apex/Android.bp. One name for every machine of a class.
_BIONIC_32 = (
    "/system/bin/linker",
    "/system/bin/bootstrap/linker",
    "/system/bin/linker_asan",
    "/apex/com.android.runtime/bin/linker",
)
_BIONIC_64 = (
    "/system/bin/linker64",
    "/system/bin/bootstrap/linker64",
    "/system/bin/linker_asan64",
    "/apex/com.android.runtime/bin/linker64",
)
_BIONIC: tuple[_Row, ...] = (
    *((path, EM_ARM, C32, "little", "soft", "", "softfp too", "bionic linker_main.cpp") for path in _BIONIC_32),
    *((path, EM_386, C32, "little", "none", "", "", "bionic linker_main.cpp") for path in _BIONIC_32),
    *((path, EM_MIPS, C32, "little", "unknown", "o32", "", "bionic linker_main.cpp") for path in _BIONIC_32),
    *((path, EM_AARCH64, C64, "little", "none", "", "", "bionic linker_main.cpp") for path in _BIONIC_64),
    *((path, EM_X86_64, C64, "little", "none", "", "", "bionic linker_main.cpp") for path in _BIONIC_64),
    *((path, EM_RISCV, C64, "little", "unknown", "", "", "bionic linker_main.cpp") for path in _BIONIC_64),
    *((path, EM_MIPS, C64, "little", "unknown", "n64", "", "bionic linker_main.cpp") for path in _BIONIC_64),
    ("/system/bin/linkerx32", EM_X86_64, C32, "little", "none", "x32", "", "gcc linux.h"),
    ("/system/bin/linker32", EM_MIPS, C32, "", "unknown", "n32", "", "gcc mips/linux.h"),
)

# glibc on the Hurd; the BSDs and Fuchsia name one loader for every machine.
_OTHERS: tuple[tuple[str, tuple[_Row, ...]], ...] = (
    ("hurd", (
        ("/lib/ld.so.1", EM_386, C32, "little", "none", "", "", "glibc generic; gcc i386/gnu64.h"),
        ("/lib/ld.so", EM_386, C32, "little", "none", "", "", "gcc i386/gnu.h"),
        ("/lib/ld-x86-64.so.1", EM_X86_64, C64, "little", "none", "", "", "glibc hurd/x86_64"),
        ("/lib/ld-x32.so.1", EM_X86_64, C32, "little", "none", "x32", "", "gcc i386/gnu64.h"),
        ("/lib/ld-aarch64.so.1", EM_AARCH64, C64, "little", "none", "", "", "gcc aarch64/aarch64-gnu.h"),
    )),
    ("freebsd", (
        ("/libexec/ld-elf.so.1", 0, 0, "", "unknown", "", "", "freebsd rtld_paths.h; gcc freebsd-spec.h"),
        ("/usr/libexec/ld-elf.so.1", 0, 0, "", "unknown", "", "", "gcc freebsd-spec.h"),
        ("/libexec/ld-elf32.so.1", 0, C32, "", "unknown", "", "", "freebsd rtld_paths.h"),
    )),
    ("dragonfly", (
        ("/usr/libexec/ld-elf.so.2", 0, 0, "", "unknown", "", "", "gcc dragonfly.h"),
    )),
    ("netbsd", (
        ("/usr/libexec/ld.elf_so", 0, 0, "", "unknown", "", "", "gcc netbsd-elf.h"),
    )),
    ("openbsd", (
        ("/usr/libexec/ld.so", 0, 0, "", "unknown", "", "", "gcc i386/openbsdelf.h"),
    )),
    ("fuchsia", (
        ("ld.so.1", 0, 0, "", "unknown", "", "", "clang Fuchsia.cpp; gcc fuchsia.h"),
        ("asan/ld.so.1", 0, 0, "", "unknown", "", "", "clang Fuchsia.cpp; gcc fuchsia.h"),
        ("hwasan/ld.so.1", 0, 0, "", "unknown", "", "", "clang Fuchsia.cpp; gcc fuchsia.h"),
        ("tsan/ld.so.1", 0, 0, "", "unknown", "", "", "clang Fuchsia.cpp; gcc fuchsia.h"),
    )),
)

# A glibc loader's name under which musl's answers: what a tree may hold, never what a program asked for.
_STAND_INS: tuple[_Row, ...] = (
    ("/lib/ld-linux-x86-64.so.2", EM_X86_64, C64, "little", "none", "", "libc6-compat's link", "aports main/musl"),
    ("/lib/ld-linux-armhf.so.3", EM_ARM, C32, "little", "hard", "", "libc6-compat's link", "aports main/musl"),
    ("/lib/ld.so.1", EM_MIPS, 0, "", "unknown", "", "libc6-compat's link", "aports main/musl"),
    ("/lib/ld.so.1", EM_S390, C64, "", "none", "", "libc6-compat's link", "aports main/musl"),
    ("/lib/ld-linux.so.2", EM_386, C32, "little", "none", "", "gcompat's stub", "gcompat Makefile"),
)
# fmt: on


def _rows(libc: str, rows: tuple[_Row, ...], path: str = "{}") -> tuple[Interpreter, ...]:
    return tuple(
        # row[1] is e_machine, 0 where the name serves every machine
        Interpreter(path.format(row[0]), libc, machine_key(row[1]) if row[1] else "", *row[1:])
        for row in rows
    )


INTERPRETERS: tuple[Interpreter, ...] = (
    *_rows("glibc", _GLIBC),
    *_rows("musl", _MUSL, "/lib/ld-musl-{}.so.1"),
    *_rows("uclibc", _UCLIBC),
    *_rows("bionic", _BIONIC),
    *(interpreter for libc, rows in _OTHERS for interpreter in _rows(libc, rows)),
)
STAND_INS: tuple[Interpreter, ...] = _rows("musl", _STAND_INS)

# Where the name alone tells the libc, whatever the directory and whatever follows.
_LIBC_BY_PREFIX = (("ld-musl-", "musl"), ("ld-uClibc", "uclibc"), ("ld64-uClibc", "uclibc"), ("ld-linux", "glibc"))


_BY_NAME: dict[str, list[Interpreter]] = {}
for _row in INTERPRETERS:
    _BY_NAME.setdefault(_row.path.rpartition("/")[2], []).append(_row)


@lru_cache(1024)
def interpreter_rows(path: str) -> tuple[Interpreter, ...]:
    """What a PT_INTERP may stand for: rows of this path, else of its last two components, else of its file name.

    So a loader in a prefix or a store (`/opt/lib/ld-musl-mipsel-sf.so.1`) is known. Several rows: choose by e_machine
    and class; a row with e_machine 0 serves every machine. No row: an unknown name.
    """
    directory, _, name = path.rpartition("/")
    named = _BY_NAME.get(name, ())
    exact = tuple(row for row in named if row.path == path)
    if exact or not directory:
        return exact
    tail = f"/{directory.rpartition('/')[2]}/{name}"
    return tuple(row for row in named if row.path.endswith(tail)) or tuple(row for row in named if row.path[0] == "/")


def libc_of(path: str) -> str:
    """The libc whose loader this is; "unknown". Of several under one name the one a Linux device has: glibc."""
    rows = interpreter_rows(path)
    if rows:
        return rows[0].libc
    name = path.rpartition("/")[2]
    for prefix, libc in _LIBC_BY_PREFIX:
        if name.startswith(prefix):
            return libc
    # dietlibc: <prefix>/lib-<ARCH>/libdl.so (Makefile:103,367)
    if name == "libdl.so" and "/lib-" in path:
        return "dietlibc"
    return "unknown"


def musl_arch(path: str) -> str:
    """musl's own name of the platform, out of its loader's: "mipsel-sf"; "" for another libc's loader."""
    name = path.rpartition("/")[2]
    if name.startswith("ld-musl-") and name.endswith(".so.1"):
        return name[len("ld-musl-") : -len(".so.1")]
    return ""
