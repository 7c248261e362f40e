"""Where glibc keeps libraries by machine and ABI, and where only some CPUs look."""

from typing import NamedTuple

from elfkit.abi.header import (
    ELFCLASS32,
    ELFCLASS64,
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
    EM_MIPS,
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
    EM_X86_64,
)


class MachineDirs(NamedTuple):
    """Where glibc of one machine and ABI keeps its libraries, beside /lib and /usr/lib."""

    e_machine: int
    elf_class: int
    data: str
    """"little", "big", or "" for both."""
    variant: str
    """As `abi_variant` names it; "" for every one."""
    float_abi: str
    """"soft", "hard", "single", or "" for every one."""
    slibdir: str
    """Upstream's directory below / and /usr: "lib64/lp64d". Its last component is $LIB."""
    triplets: tuple[str, ...]
    """Debian's directories below /lib and /usr/lib; there $LIB is "lib/<triplet>"."""


# fmt: off
# Upstream: sysdeps/unix/sysv/linux/*/configure.ac, LIBC_SLIBDIR_RTLDDIR. Triplets: dpkg's tables of architectures.
MACHINE_DIRS: tuple[MachineDirs, ...] = (
    MachineDirs(EM_386, ELFCLASS32, "little", "", "", "lib", ("i386-linux-gnu",)),
    MachineDirs(EM_X86_64, ELFCLASS64, "little", "", "", "lib64", ("x86_64-linux-gnu",)),
    MachineDirs(EM_X86_64, ELFCLASS32, "little", "x32", "", "libx32", ("x86_64-linux-gnux32",)),
    MachineDirs(EM_AARCH64, ELFCLASS64, "little", "", "", "lib64", ("aarch64-linux-gnu",)),
    MachineDirs(EM_AARCH64, ELFCLASS64, "big", "", "", "lib64", ("aarch64_be-linux-gnu",)),
    MachineDirs(EM_AARCH64, ELFCLASS32, "little", "ilp32", "", "libilp32", ("aarch64-linux-gnu_ilp32",)),
    MachineDirs(EM_ARM, ELFCLASS32, "little", "", "hard", "lib", ("arm-linux-gnueabihf",)),
    MachineDirs(EM_ARM, ELFCLASS32, "little", "", "soft", "lib", ("arm-linux-gnueabi",)),
    MachineDirs(EM_ARM, ELFCLASS32, "big", "", "hard", "lib", ("armeb-linux-gnueabihf",)),
    MachineDirs(EM_ARM, ELFCLASS32, "big", "", "soft", "lib", ("armeb-linux-gnueabi",)),
    MachineDirs(EM_MIPS, ELFCLASS32, "big", "o32", "", "lib", ("mips-linux-gnu", "mipsisa32r6-linux-gnu")),
    MachineDirs(EM_MIPS, ELFCLASS32, "little", "o32", "", "lib", ("mipsel-linux-gnu", "mipsisa32r6el-linux-gnu")),
    MachineDirs(EM_MIPS, ELFCLASS32, "big", "n32", "", "lib32",
                ("mips64-linux-gnuabin32", "mipsisa64r6-linux-gnuabin32")),
    MachineDirs(EM_MIPS, ELFCLASS32, "little", "n32", "", "lib32",
                ("mips64el-linux-gnuabin32", "mipsisa64r6el-linux-gnuabin32")),
    MachineDirs(EM_MIPS, ELFCLASS64, "big", "n64", "", "lib64",
                ("mips64-linux-gnuabi64", "mipsisa64r6-linux-gnuabi64")),
    MachineDirs(EM_MIPS, ELFCLASS64, "little", "n64", "", "lib64",
                ("mips64el-linux-gnuabi64", "mipsisa64r6el-linux-gnuabi64")),
    MachineDirs(EM_PPC, ELFCLASS32, "big", "", "", "lib", ("powerpc-linux-gnu", "powerpc-linux-gnuspe")),
    MachineDirs(EM_PPC64, ELFCLASS64, "big", "", "", "lib64", ("powerpc64-linux-gnu",)),
    MachineDirs(EM_PPC64, ELFCLASS64, "little", "", "", "lib64", ("powerpc64le-linux-gnu",)),
    MachineDirs(EM_RISCV, ELFCLASS64, "little", "", "hard", "lib64/lp64d", ("riscv64-linux-gnu",)),
    MachineDirs(EM_RISCV, ELFCLASS64, "little", "", "soft", "lib64/lp64", ()),
    MachineDirs(EM_RISCV, ELFCLASS32, "little", "", "hard", "lib32/ilp32d", ("riscv32-linux-gnu",)),
    MachineDirs(EM_RISCV, ELFCLASS32, "little", "", "soft", "lib32/ilp32", ()),
    MachineDirs(EM_LOONGARCH, ELFCLASS64, "little", "", "hard", "lib64", ("loongarch64-linux-gnu",)),
    MachineDirs(EM_LOONGARCH, ELFCLASS64, "little", "", "soft", "lib64/sf", ("loongarch64-linux-gnusf",)),
    MachineDirs(EM_S390, ELFCLASS64, "big", "", "", "lib64", ("s390x-linux-gnu",)),
    MachineDirs(EM_S390, ELFCLASS32, "big", "", "", "lib", ("s390-linux-gnu",)),
    MachineDirs(EM_SPARC, ELFCLASS32, "big", "", "", "lib", ("sparc-linux-gnu",)),
    MachineDirs(EM_SPARC32PLUS, ELFCLASS32, "big", "", "", "lib", ("sparc-linux-gnu",)),
    MachineDirs(EM_SPARCV9, ELFCLASS64, "big", "", "", "lib64", ("sparc64-linux-gnu",)),
    MachineDirs(EM_ALPHA, ELFCLASS64, "little", "", "", "lib", ("alpha-linux-gnu",)),
    MachineDirs(EM_PARISC, ELFCLASS32, "big", "", "", "lib", ("hppa-linux-gnu",)),
    MachineDirs(EM_68K, ELFCLASS32, "big", "", "", "lib", ("m68k-linux-gnu",)),
    MachineDirs(EM_SH, ELFCLASS32, "little", "", "", "lib", ("sh4-linux-gnu", "sh3-linux-gnu")),
    MachineDirs(EM_SH, ELFCLASS32, "big", "", "", "lib", ("sh4eb-linux-gnu", "sh3eb-linux-gnu")),
    MachineDirs(EM_IA_64, ELFCLASS64, "little", "", "", "lib", ("ia64-linux-gnu",)),
    MachineDirs(EM_ARC_COMPACT2, ELFCLASS32, "little", "", "", "lib", ("arc-linux-gnu",)),
    MachineDirs(EM_CSKY, ELFCLASS32, "little", "", "", "lib", ()),
    MachineDirs(EM_OPENRISC, ELFCLASS32, "big", "", "", "lib", ("or1k-linux-gnu",)),
    MachineDirs(EM_ALTERA_NIOS2, ELFCLASS32, "little", "", "", "lib", ("nios2-linux-gnu",)),
)
# fmt: on


GLIBC_HWCAPS = "glibc-hwcaps"
"""Subdirectory of every directory that glibc 2.33 and later searches; its own subdirectories are named after CPUs."""

# sysdeps/*/dl-hwcaps-subdirs.c: a CPU looks into its own and into those of lesser ones.
HWCAPS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (EM_X86_64, ("x86-64-v4", "x86-64-v3", "x86-64-v2")),
    (EM_PPC64, ("power10", "power9")),
    (EM_S390, ("z17", "z16", "z15", "z14", "z13")),
)

# Subdirectories before 2.37, in any depth below one another: AT_PLATFORM and AT_HWCAP by name (dl-procinfo.c), tls.
LEGACY_HWCAPS: frozenset[str] = frozenset({
    "tls", "sse2", "i386", "i486", "i586", "i686", "cmov", "nosegneg", "x86_64", "haswell", "xeon_phi", "avx512_1",
    "v4l", "v5l", "v6l", "v7l", "v8l", "vfp", "vfpv3", "neon", "thumb", "aarch64", "atomics",
    "octeon2", "octeon3", "loongson2e", "loongson2f", "loongson3a",
    "altivec", "power4", "power5", "power6", "power6x", "power7", "power8", "power9", "power10", "cell", "ppc970",
    "z900", "z990", "z9-109", "z10", "z196", "zEC12", "z13", "z14", "z15", "z16",
    "v9", "v9v", "v9v2", "ultra3", "sparcv9", "sparcv9v", "sparcv9v2", "ev4", "ev5", "ev56", "ev6", "ev67",
})  # fmt: skip


def hwcaps(e_machine: int) -> frozenset[str]:
    """Return the names below glibc-hwcaps on a machine; none where glibc has no such directories."""
    return frozenset(name for machine, names in HWCAPS if machine == e_machine for name in names)


def machine_rows(e_machine: int, elf_class: int, data: str, variant: str, float_abi: str) -> tuple[MachineDirs, ...]:
    """The rows that a file with these facts may belong to; an empty or "unknown" fact excludes none."""
    return tuple(
        row
        for row in MACHINE_DIRS
        if (row.e_machine, row.elf_class) == (e_machine, elf_class)
        and _agree(row.data, data)
        and _agree(row.variant, variant)
        and _agree(row.float_abi, float_abi)
    )


def machine_dirs(e_machine: int, elf_class: int, data: str, variant: str, float_abi: str) -> tuple[str, ...]:
    """The directories glibc searches for such a file beside /lib and /usr/lib: Debian's first, then upstream's."""
    rows = machine_rows(e_machine, elf_class, data, variant, float_abi)
    names = [f"lib/{triplet}" for row in rows for triplet in row.triplets]
    names += [row.slibdir for row in rows if row.slibdir != "lib"]
    return tuple(f"{parent}/{name}" for name in names for parent in ("", "/usr"))


def _agree(of_row: str, of_file: str) -> bool:
    return not of_row or of_file in ("", "unknown", "any", of_row)
