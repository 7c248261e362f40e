"""What tests may ask for beyond Python: each tool, the Debian package that brings it, and how to see that it is there.

Standard library alone: `python3 tests/tools.py` prints the packages before anything is installed.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Tool:
    """A program on PATH, or, where `present` is given, a file or a condition of the machine."""

    name: str
    package: str | None
    present: Callable[[], bool] | None = None

    def available(self) -> bool:
        return self.present() if self.present is not None else shutil.which(self.name) is not None


QEMU_CPUS: Final = (
    "aarch64",
    "alpha",
    "arm",
    "armeb",
    "i386",
    "loongarch64",
    "mips",
    "mips64",
    "mips64el",
    "mipsel",
    "mipsn32",
    "mipsn32el",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv32",
    "riscv64",
    "s390x",
    "sh4",
    "sparc",
    "sparc64",
    "x86_64",
)

CROSS_BINUTILS: Final = ("mips-linux-gnu", "s390x-linux-gnu", "alpha-linux-gnu")

# Triplets with a compiler and a libc to link against, each with the name that Debian gives the machine.
CROSS_COMPILERS: Final = (
    ("mips-linux-gnu", "mips"),
    ("mipsel-linux-gnu", "mipsel"),
    ("arm-linux-gnueabihf", "armhf"),
    ("aarch64-linux-gnu", "arm64"),
    ("powerpc64le-linux-gnu", "ppc64el"),
    ("riscv64-linux-gnu", "riscv64"),
    ("s390x-linux-gnu", "s390x"),
)
WITHOUT_GOLD: Final = ("riscv64-linux-gnu",)


def _libc(package: str, folder: str, name: str = "libc") -> Tool:
    """What a compiler needs to link programs; only recommended by its package, and no program to look for."""
    return Tool(name, package, present=Path(folder, "include", "stdio.h").is_file)


def _cross(triplet: str, debian: str) -> tuple[Tool, ...]:
    """The compiler, the binutils and the libc of another machine."""
    binutils = ("nm", "strip", "ld.bfd") if triplet in WITHOUT_GOLD else ("nm", "strip", "ld.bfd", "ld.gold")
    return (
        Tool(f"{triplet}-gcc", f"gcc-{triplet}"),
        *(Tool(f"{triplet}-{name}", f"binutils-{triplet}") for name in binutils),
        _libc(f"libc6-dev-{debian}-cross", f"/usr/{triplet}", f"libc of {triplet}"),
    )


TOOLS: Final = (
    Tool("git", "git"),
    *(Tool(name, "binutils") for name in ("readelf", "nm", "objdump", "objcopy", "strip", "as", "ld.bfd", "ld.gold")),
    Tool("ld.lld", "lld"),
    Tool("mold", "mold"),
    Tool("gcc", "gcc"),
    Tool("ldconfig", "libc-bin"),
    Tool("x86_64-linux-gnu-gcc", "gcc"),  # on x86-64 hosts
    _libc("libc6-dev", "/usr"),
    *(tool for triplet, debian in CROSS_COMPILERS for tool in _cross(triplet, debian)),
    Tool("prlimit", "util-linux"),
    Tool("patchelf", "patchelf"),
    *(Tool(name, "elfutils") for name in ("eu-elflint", "eu-readelf", "eu-strip")),
    Tool("gdb", "gdb"),
    Tool("ldd", "libc-bin"),
    Tool("lddtree", "pax-utils"),
    Tool("libtree", "libtree"),
    *(Tool(f"{triplet}-{name}", f"binutils-{triplet}") for triplet in CROSS_BINUTILS for name in ("as", "ld")),
    *(Tool(f"qemu-{cpu}-static", "qemu-user-static") for cpu in QEMU_CPUS),
    Tool("root", None, present=lambda: os.geteuid() == 0),
)


@cache
def missing(name: str) -> bool:
    """True where the tool of that name is not on this machine; KeyError for a name that TOOLS does not list."""
    return not {tool.name: tool for tool in TOOLS}[name].available()


def packages() -> list[str]:
    """The Debian packages that bring all of TOOLS."""
    return sorted({tool.package for tool in TOOLS if tool.package is not None})


if __name__ == "__main__":
    print(*packages(), sep="\n")
