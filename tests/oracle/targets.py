"""The targets of the oracle: for each its compiler, its loader and C library, and the emulator that runs them."""

from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path
from typing import Final

ZIG: Final = "zig"
HEADERLESS_MUSL: Final = Path(__file__).parents[2] / "fixtures/trees/router-clean/lib/libc.so"
"""musl for big-endian soft-float MIPS, built by fixtures/recipes/musl.py and committed."""


@unique
class Make(Enum):
    """What a part of a scenario is compiled for, seen from its target."""

    OWN = "the target"
    OTHER_FLOAT = "the target's machine with the other float ABI"
    OTHER_CLASS = "a machine of the other class"
    OTHER_MACHINE = "another machine of the same class, or of the other byte order"


@dataclass(frozen=True, slots=True)
class Target:
    """One loader on one machine.

    `compiler` is a command; its first word `zig` stands for PyPI's ziglang. `others` are the commands for what the
    target cannot use. `libc_from` is the folder of Debian's cross package for glibc; for musl the compiler that
    builds it, "" where `musl` is there already.
    """

    name: str
    libc: str
    compiler: tuple[str, ...]
    others: dict[Make, tuple[str, ...]]
    loader: str
    libc_from: str
    qemu: str | None
    cache_flags: int = 0
    triplet: str = ""
    start: str = ""
    """The assembly of `_start`, where the compiler's own start files are not musl's."""
    musl: Path | None = None

    @property
    def arch(self) -> str:
        """As musl's loader names it in its file's name, and its path file's."""
        return self.loader.partition("ld-musl-")[2].partition(".so")[0]

    @property
    def tools(self) -> tuple[str, ...]:
        """What must be installed, in the names of `tests.tools`."""
        commands = {self.compiler[0], *(command[0] for command in self.others.values())} - {ZIG}
        return tuple(sorted({*commands, *([self.qemu] if self.qemu else []), "root"}))


HOST, ARM, ARM64 = ("gcc",), ("arm-linux-gnueabihf-gcc",), ("aarch64-linux-gnu-gcc",)
MIPSEL, MIPS, S390X = ("mipsel-linux-gnu-gcc",), ("mips-linux-gnu-gcc",), ("s390x-linux-gnu-gcc",)


def _others(
    wide: tuple[str, ...], alien: tuple[str, ...], floating: tuple[str, ...] = ()
) -> dict[Make, tuple[str, ...]]:
    others = {Make.OTHER_CLASS: wide, Make.OTHER_MACHINE: alien}
    return others | ({Make.OTHER_FLOAT: floating} if floating else {})


def _glibc(
    name: str, compiler: tuple[str, ...], others: dict[Make, tuple[str, ...]], loader: str, qemu: str | None, flags: int
) -> Target:
    triplet = compiler[0].removesuffix("-gcc")
    folder = f"/usr/{triplet}/lib"
    if compiler == HOST:
        triplet = "x86_64-linux-gnu"
        folder = f"/lib/{triplet}"
    return Target(f"glibc {name}", "glibc", compiler, others, loader, folder, qemu, flags, triplet)


def _musl(
    name: str, triple: str, others: dict[Make, tuple[str, ...]], arch: str, qemu: str, built_by: str = "zig"
) -> Target:
    compiler = (ZIG, "cc", "-target", triple)
    return Target(f"musl {name}", "musl", compiler, others, f"lib/ld-musl-{arch}.so.1", built_by, f"qemu-{qemu}-static")


def _zig(triple: str) -> tuple[str, ...]:
    return (ZIG, "cc", "-target", triple)


# Position-independent, with the address of the global offset table from where it runs: musl enters with any $25.
MIPS_START: Final = """
__asm__(".text\\n.set noreorder\\n.globl __start\\n.type __start, @function\\n__start:\\nbal 1f\\nmove $30, $0\\n"
        "2: .gpword 2b\\n.gpword begin\\n1: lw $28, 0($31)\\nsubu $28, $31, $28\\nlw $25, 4($31)\\naddu $25, $25, $28\\n"
        "move $4, $29\\nand $29, $29, -8\\njalr $25\\nsubu $29, $29, 16\\n.set reorder\\n");
int main(int, char **);
void _exit(int);
__attribute__((used)) static void begin(long *stack) { _exit(main((int)*stack, (char **)(stack + 1))); }
"""

GLIBC: Final = (
    _glibc("x86-64", HOST, _others(ARM, ARM64), "lib64/ld-linux-x86-64.so.2", None, 0x0303),
    _glibc("armhf", ARM, _others(HOST, MIPSEL, (*ARM, "-mfloat-abi=soft")), "lib/ld-linux-armhf.so.3", "qemu-arm-static", 0x0903),
    _glibc("mipsel", MIPSEL, _others(HOST, ARM, (*MIPSEL, "-msoft-float")), "lib/ld.so.1", "qemu-mipsel-static", 0x0003),
    _glibc("arm64", ARM64, _others(ARM, HOST), "lib/ld-linux-aarch64.so.1", "qemu-aarch64-static", 0x0A03),
    _glibc("s390x", S390X, _others(MIPS, ARM64), "lib/ld64.so.1", "qemu-s390x-static", 0x0403),
)  # fmt: skip

MUSL: Final = (
    Target(
        "musl mips soft", "musl", _zig("mips-linux-musleabi"), _others(S390X, MIPSEL, _zig("mips-linux-musleabihf")),
        "lib/ld-musl-mips-sf.so.1", "", "qemu-mips-static", musl=HEADERLESS_MUSL,
    ),
    _musl("mipsel soft", "mipsel-linux-musleabi", _others(HOST, ARM, _zig("mipsel-linux-musleabihf")), "mipsel-sf", "mipsel"),
    _musl("arm soft", "arm-linux-musleabi", _others(HOST, MIPSEL, _zig("arm-linux-musleabihf")), "arm", "arm"),
    _musl("arm hard", "arm-linux-musleabihf", _others(HOST, MIPSEL, _zig("arm-linux-musleabi")), "armhf", "arm", ARM[0]),
    _musl("aarch64", "aarch64-linux-musl", _others(ARM, HOST), "aarch64", "aarch64", ARM64[0]),
    _musl("powerpc soft", "powerpc-linux-musleabi", _others(S390X, MIPS, _zig("powerpc-linux-musleabihf")), "powerpc-sf", "ppc"),
    _musl("riscv64", "riscv64-linux-musl", _others(ARM, ARM64), "riscv64", "riscv64", "riscv64-linux-gnu-gcc"),
    _musl("s390x", "s390x-linux-musl", _others(MIPS, ARM64), "s390x", "s390x", S390X[0]),
)  # fmt: skip

WITHOUT_ZIG: Final = Target(
    "musl mips soft", "musl", (*MIPS, "-msoft-float", "-Wl,--hash-style=sysv"), _others(S390X, MIPSEL, (*MIPS, "-mhard-float")),
    "lib/ld-musl-mips-sf.so.1", "", "qemu-mips-static", start=MIPS_START, musl=HEADERLESS_MUSL,
)  # fmt: skip
"""The first of MUSL with Debian's compiler: what `make test` has."""

TARGETS: Final = (*GLIBC, *MUSL)
