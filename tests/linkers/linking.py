"""Small files made by a linker, from sources whose symbols are known: data alone, so that any assembler takes them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

IMPORTS = ("puts", "exit", "free")
MANY = tuple(f"greet{number}" for number in range(9))
SCRIPT = "V1 { global: greet0; greet1; greet2; local: hidden*; };\nV2 { global: greet3; greet4; } V1;\n"
VERSIONS = ("V1", "V2")
NOTHING = "{ local: *; };\n"  # not even the marks that some linkers export


@dataclass(frozen=True, slots=True)
class Case:
    """What a file exports and imports, and how else it is linked."""

    name: str
    exports: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    program: bool = False
    script: str = ""  # a version script


CASES = (
    Case("nothing"),
    Case("imports alone", imports=IMPORTS),
    Case("one symbol", exports=("greet0",)),
    Case("one symbol and imports", exports=("greet0",), imports=IMPORTS),
    Case("many", exports=MANY, imports=IMPORTS),
    Case("versioned", exports=MANY, imports=IMPORTS, script=SCRIPT),
    Case("program", imports=IMPORTS, program=True),
)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """An assembler and a linker with their options for one machine; `word` is the directive for an address."""

    name: str
    assemble: tuple[str, ...]
    link: tuple[str, ...]
    word: str = ".8byte"

    @property
    def tools(self) -> tuple[str, str]:
        return self.assemble[0], self.link[0]


def _mips(name: str, emulation: str, options: tuple[str, ...], word: str) -> Toolchain:
    return Toolchain(name, ("mips-linux-gnu-as", *options), ("mips-linux-gnu-ld", "-m", emulation), word)


HOST = tuple(Toolchain(linker, ("as",), (linker,)) for linker in ("ld.bfd", "ld.gold", "ld.lld", "mold"))
MIPS = (
    _mips("mips", "elf32btsmip", ("-EB", "-32"), ".4byte"),
    _mips("mipsel", "elf32ltsmip", ("-EL", "-32"), ".4byte"),
    _mips("mipsn32", "elf32btsmipn32", ("-EB", "-n32"), ".4byte"),
    _mips("mips64", "elf64btsmip", ("-EB", "-64"), ".8byte"),
    _mips("mips64el", "elf64ltsmip", ("-EL", "-64"), ".8byte"),
)
WIDE = (
    Toolchain("s390x", ("s390x-linux-gnu-as",), ("s390x-linux-gnu-ld",)),
    Toolchain("alpha", ("alpha-linux-gnu-as",), ("alpha-linux-gnu-ld",)),
)


def source(case: Case, word: str) -> str:
    """Functions of four bytes, and the address of each import in a variable."""
    lines = [".text"]
    for name in (*case.exports, "hidden0", *(["_start"] if case.program else [])):
        lines += [f".globl {name}", f".type {name}, @function", f"{name}: .4byte 0", f".size {name}, 4"]
    if "hidden0" not in case.exports:
        lines.append(".hidden hidden0")
    lines += [".data", ".balign 8", *(f"{word} {name}" for name in case.imports)]
    return "\n".join(lines) + "\n"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stderr}")


def linked(toolchain: Toolchain, case: Case, style: str, folder: Path) -> Path:
    """The file; a program is linked against a library that has its imports."""
    out = _linked(toolchain, case, [f"--hash-style={style}"], folder)
    assert out.stat().st_size
    return out


def _linked(toolchain: Toolchain, case: Case, options: Sequence[str | Path], folder: Path) -> Path:
    stem = re.sub(r"\W", "-", f"{toolchain.name}-{case.name}")
    text, made, out = (folder / f"{stem}{suffix}" for suffix in (".s", ".o", ".so"))
    text.write_text(source(case, toolchain.word))
    run(*toolchain.assemble, text, "-o", made)
    kind: list[str | Path] = ["-shared"]
    if case.program:
        library = _linked(toolchain, Case("library", exports=case.imports), ["-shared"], folder)
        kind = ["-pie", "--dynamic-linker", "/lib/ld.so", library]
    if case.script:
        script = folder / "versions"
        script.write_text(case.script)
        kind.append(f"--version-script={script}")
    run(*toolchain.link, *kind, *options, made, "-o", out)
    return out
