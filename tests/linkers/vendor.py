"""A vendor's library and a program that shares every kind of data with it: for several machines, by several linkers.

The library's section headers are then cut off, as vendors do, and elfkit rebuilds them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, unique
from pathlib import Path
from typing import Final

import pytest
from elftools.elf.elffile import ELFFile

import elfkit
from tests.linkers.limited import said
from tests.needs import needs
from tests.real.comparison import cut

SOURCES: Final = Path(__file__).parent / "sources"
SONAME: Final = "libvendor.so.1"
SHARED: Final = ("level", "greeting", "slots", "grid", "primes", "motto", "names", "pointer")
"""What the library lends by COPY relocations to a program at a fixed address."""


@unique
class Form(Enum):
    """Where a program lies: the linker asks a library for more when it is at a fixed address."""

    PIE = "PIE"
    FIXED = "non-PIE"


@unique
class State(Enum):
    """The three lives of the library; the name is its folder's."""

    ORIGINAL = "original"
    CUT = "cut"
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True)
class Target:
    """A machine: how gcc is called for it, which linkers know it, and what runs its programs."""

    name: str
    triplet: str  # "" is this machine
    linkers: tuple[str, ...]
    cpu: str = ""  # as qemu calls it
    fixed: tuple[str, ...] = ()  # what else gcc needs for code at a fixed address
    copies: bool = True  # whether such code asks for COPY relocations

    @property
    def compiler(self) -> str:
        return self.binutil("gcc")

    @property
    def tools(self) -> tuple[str, ...]:
        """All that tests of this machine need, by the names of tests.tools."""
        runner = (f"qemu-{self.cpu}-static",) if self.cpu else ()
        libc = f"libc of {self.triplet}" if self.triplet else "libc"
        return (self.compiler, libc, "prlimit", *runner, *(self.linker(name) for name in self.linkers))

    def binutil(self, name: str) -> str:
        """A tool of the machine's binutils, as it is called on PATH."""
        return f"{self.triplet}-{name}" if self.triplet else name

    def linker(self, name: str) -> str:
        """The linker as it is called on PATH; lld and mold know many machines."""
        if name in ("lld", "mold"):
            return {"lld": "ld.lld", "mold": "mold"}[name]
        return self.binutil(f"ld.{name}")


ALL: Final = ("bfd", "gold", "lld", "mold")
X86_64: Final = Target("x86-64", "", ALL)
TARGETS: Final = (
    X86_64,
    # mold knows no MIPS; without -mplt code for MIPS asks the GOT, wherever it lies
    Target("mips", "mips-linux-gnu", ("bfd", "gold", "lld"), "mips", ("-mplt", "-mno-shared")),
    Target("mipsel", "mipsel-linux-gnu", ("bfd", "gold", "lld"), "mipsel", ("-mplt", "-mno-shared")),
    Target("armhf", "arm-linux-gnueabihf", ALL, "arm"),
    Target("aarch64", "aarch64-linux-gnu", ALL, "aarch64"),
    # gold 2.40 takes two versions of one function for a double definition; the code always asks the TOC, no COPY
    Target("ppc64le", "powerpc64le-linux-gnu", ("bfd", "lld", "mold"), "ppc64le", copies=False),
    # there is no gold, and lld 14 does not relax, which Debian's crt1.o asks for
    Target("riscv64", "riscv64-linux-gnu", ("bfd", "mold"), "riscv64"),
    # lld 14 knows no s390x
    Target("s390x", "s390x-linux-gnu", ("bfd", "gold", "mold"), "s390x"),
)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a library: a linker for a machine."""

    target: Target
    linker: str

    def __str__(self) -> str:
        return f"{self.target.name} {self.linker}"


MAKERS: Final = tuple(Maker(target, linker) for target in TARGETS for linker in target.linkers)
NATIVE: Final = tuple(maker for maker in MAKERS if maker.target is X86_64)


def made_by(makers: tuple[Maker, ...], *tools: str, binutils: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """One test for each maker of a library; it uses `tools` of this machine, and `binutils` of the library's."""
    rows = []
    for maker in makers:
        asked = (*maker.target.tools, *tools, *(maker.target.binutil(name) for name in binutils))
        rows.append(pytest.param(maker, id=str(maker), marks=needs(*asked)))
    return pytest.mark.parametrize("maker", rows)


@dataclass(slots=True)
class Workshop:
    """Builds what tests ask for, each thing once."""

    folder: Path
    made: set[Path] = field(default_factory=set)

    def library(self, maker: Maker, state: State) -> Path:
        """The library in one of its states."""
        out = self.folder / maker.target.name / maker.linker / state.value / SONAME
        recipes = {State.ORIGINAL: self._original, State.CUT: self._cut, State.REBUILT: self._rebuilt}
        return self._once(out, lambda: recipes[state](maker, out))

    def program(self, target: Target, linker: str, form: Form, library: Path) -> Path:
        """The program, linked against that very file."""
        out = library.parent / f"program-{linker}-{form.value}"
        return self._once(out, lambda: self.link(target, linker, form, library, out))

    def link(self, target: Target, linker: str, form: Form, library: Path, out: Path) -> None:
        """Link the program; AssertionError if the linker refuses."""
        kind = "-pie" if form is Form.PIE else "-no-pie"
        said(target.compiler, self._linker(target, linker), kind, self._object(target, form), library, "-o", out)

    def output(self, target: Target, program: Path, library: Path) -> str:
        """What the program prints when it runs with that library; AssertionError if it fails."""
        place = {"LD_LIBRARY_PATH": str(library.parent)}
        if not target.cpu:
            return said(program, environment=place)
        root = f"/usr/{target.triplet}"
        return said(f"qemu-{target.cpu}-static", "-L", root, "-E", f"LD_LIBRARY_PATH={library.parent}", program)

    def _original(self, maker: Maker, out: Path) -> None:
        target = maker.target
        compiled = self.folder / target.name / "vendor.o"
        self._once(
            compiled,
            lambda: said(target.compiler, "-O1", "-fPIC", "-c", SOURCES / "vendor.c", "-o", compiled),
        )
        options = (f"-Wl,-soname,{SONAME}", f"-Wl,--version-script={SOURCES / 'vendor.map'}")
        said(target.compiler, self._linker(target, maker.linker), "-shared", *options, compiled, "-o", out)

    def _cut(self, maker: Maker, out: Path) -> None:
        """As sstrip leaves it: nothing behind the last segment, so that no byte of the old table is left."""
        original = self.library(maker, State.ORIGINAL)
        with original.open("rb") as stream:
            elf = ELFFile(stream)
            end = max(segment["p_offset"] + segment["p_filesz"] for segment in elf.iter_segments())
            assert end <= elf["e_shoff"]
        out.write_bytes(cut(original.read_bytes())[:end])

    def _rebuilt(self, maker: Maker, out: Path) -> None:
        elfkit.rebuild_sections(self.library(maker, State.CUT), out)

    def _object(self, target: Target, form: Form) -> Path:
        out = self.folder / target.name / f"main-{form.value}.o"
        options = ("-fPIE",) if form is Form.PIE else ("-fno-pic", "-fno-pie", *target.fixed)
        source = SOURCES / "main.c"
        return self._once(out, lambda: said(target.compiler, "-O1", *options, "-c", source, "-o", out))

    def _linker(self, target: Target, linker: str) -> str:
        """The option that has gcc call that linker: a folder in which it is the only `ld`."""
        folder = self.folder / "linkers" / target.linker(linker)
        link = folder / "ld"
        self._once(link, lambda: link.symlink_to(shutil.which(target.linker(linker)) or "nowhere"))
        return f"-B{folder}"

    def _once(self, out: Path, make: Callable[[], object]) -> Path:
        if out not in self.made:
            out.parent.mkdir(parents=True, exist_ok=True)
            make()
            self.made.add(out)
        return out
