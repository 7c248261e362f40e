"""Dynamic loaders as rows: where each looks for a library, and what it never looks for.

Only `firmware.search` acts on these rows. Another libc's loader is one more row in LOADERS.
"""

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


class Loader(NamedTuple):
    """How one libc's loader finds what DT_NEEDED names. Directories are those of the root, beginning with "/"."""

    libc: str
    rpath_inherited: bool
    """DT_RPATH serves what the needed libraries need as well."""
    runpath_inherited: bool
    rpath_ignored_if_runpath: bool
    """An object with DT_RUNPATH has no DT_RPATH, its own or inherited."""
    skips_wrong_abi: bool
    """A file of another class or machine is passed over and the search goes on; else the first that opens is taken."""
    tokens: tuple[str, ...]
    """What is expanded after "$" in RPATH and RUNPATH, with or without braces."""
    unknown_token_voids_path: bool
    """One "$" that is no known token makes the whole RPATH or RUNPATH be ignored."""
    tokens_in_needed: bool
    """They are expanded in a DT_NEEDED name too."""
    reuses_sonames: bool
    """A needed name that is the DT_SONAME of an image loaded before is that image, whatever its file is called."""
    config: str
    """File that adds or replaces directories; {prefix} and {arch} come from the interpreter's path."""
    config_replaces_defaults: bool
    """The configured directories take the place of the default ones, even when the file is empty."""
    default_dirs: tuple[str, ...]
    """Searched last, in this order, on every machine; further directories by machine: `machine_dirs`."""
    builtin_prefixes: tuple[str, ...]
    """A needed name that begins so is the loader itself: no file is looked for."""
    checks_versions: bool
    """A missing symbol version is an error."""
    source: str


NEVER_FILES: tuple[str, ...] = ("linux-vdso.so.1", "linux-vdso32.so.1", "linux-vdso64.so.1", "linux-gate.so.1")
"""SONAMEs of the vDSO, which the kernel maps: no tree holds them."""

LOADERS: tuple[Loader, ...] = (
    Loader(
        libc="glibc",
        rpath_inherited=True,
        runpath_inherited=False,
        rpath_ignored_if_runpath=True,
        skips_wrong_abi=True,
        tokens=("ORIGIN", "LIB", "PLATFORM"),
        unknown_token_voids_path=False,
        tokens_in_needed=True,
        reuses_sonames=True,
        config="/etc/ld.so.conf",
        config_replaces_defaults=False,
        default_dirs=("/lib", "/usr/lib"),
        builtin_prefixes=(),
        checks_versions=True,
        source="glibc elf/dl-load.c _dl_map_new_object, open_verify",
    ),
    Loader(
        libc="musl",
        rpath_inherited=True,
        runpath_inherited=True,
        # of one object; each ancestor then speaks with its own path again
        rpath_ignored_if_runpath=True,
        skips_wrong_abi=False,
        tokens=("ORIGIN",),
        unknown_token_voids_path=True,
        tokens_in_needed=False,
        reuses_sonames=False,
        config="{prefix}/etc/ld-musl-{arch}.path",
        config_replaces_defaults=True,
        default_dirs=("/lib", "/usr/local/lib", "/usr/lib"),
        builtin_prefixes=("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."),
        checks_versions=False,
        source="musl ldso/dynlink.c load_library, fixup_rpath, map_library",
    ),
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


def loader(libc: str) -> Loader | None:
    """The row of a libc's loader; None where its rules are not known here."""
    for row in LOADERS:
        if row.libc == libc:
            return row
    return None


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
