"""Roots grown in a temporary folder, and the ELF files that stand in them: those of a big-endian MIPS router."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from elfkit.abi.header import EM_MIPS, EM_X86_64, ET_DYN, ET_EXEC
from elfkit.firmware.platforms import Platforms, find_platforms
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.tree import Tree, read_tree
from tests.elfwriter import Elf, build

FIXTURES = Path(__file__).parents[2] / "fixtures"

SOFT_MUSL = "/lib/ld-musl-mips-sf.so.1"
HARD_MUSL = "/lib/ld-musl-mips.so.1"
GLIBC = "/lib/ld.so.1"  # of MIPS o32
SOFT, HARD = 3, 1  # PT_MIPS_ABIFLAGS fp_abi

# What a plan says of a path: an ELF file, other bytes, "-> target" for a symbolic link, None for an empty directory.
Content = Elf | bytes | str | None

PAGE = 0x1000
MIPS = Elf(elf_class=1, data=2, machine=EM_MIPS, flags=0x70001005, fp_abi=SOFT, code_shift=PAGE)
X86_64 = Elf(machine=EM_X86_64, code_shift=PAGE)


def fixture(name: str) -> bytes:
    """A file of fixtures/machines, by a real linker."""
    return (FIXTURES / "machines" / name).read_bytes()


def asking(base: Elf, interpreter: str, needed: tuple[str, ...], *, runpath: str = "", rpath: str = "") -> Elf:
    """`base` as a program (with an interpreter) or as a library, needing these names."""
    return replace(
        base,
        type=ET_EXEC if interpreter else ET_DYN,
        interpreter=os.fsencode(interpreter) or None,
        needed=tuple(map(os.fsencode, needed)),
        runpath=os.fsencode(runpath) or None,
        rpath=os.fsencode(rpath) or None,
    )


def program(*needed: str, interpreter: str = SOFT_MUSL, runpath: str = "", rpath: str = "", fp_abi: int = SOFT) -> Elf:
    return asking(replace(MIPS, fp_abi=fp_abi), interpreter, needed, runpath=runpath, rpath=rpath)


def library(*needed: str, soname: str = "", runpath: str = "", rpath: str = "", fp_abi: int = SOFT) -> Elf:
    base = replace(MIPS, fp_abi=fp_abi, soname=os.fsencode(soname) or None)
    return asking(base, "", needed, runpath=runpath, rpath=rpath)


def static(base: Elf = MIPS) -> Elf:
    return replace(base, type=ET_EXEC, dynamic=False)


def leaked(*needed: str) -> Elf:
    """A program of the build host."""
    return asking(X86_64, "/lib64/ld-linux-x86-64.so.2", needed)


def router(more: Mapping[str, Content] | None = None, /) -> dict[str, Content]:
    """The least that shows a platform, PID 1 and its loader, and whatever is added."""
    return {"sbin/init": program(), SOFT_MUSL[1:]: library(), **(more or {})}


def grow(root: Path, plan: Mapping[str, Content]) -> Path:
    for path, what in plan.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if what is None:
            place.mkdir()
        elif isinstance(what, str):
            place.symlink_to(what.removeprefix("-> "))
        else:
            place.write_bytes(build(what) if isinstance(what, Elf) else what)
    return root


def tree_of(root: Path, plan: Mapping[str, Content]) -> Tree:
    return read_tree(str(grow(root, plan)), needs=frozenset())


def judged(root: Path, plan: Mapping[str, Content]) -> tuple[Tree, Platforms, Resolution]:
    tree = tree_of(root, plan)
    platforms = find_platforms(tree)
    return tree, platforms, resolve(tree, platforms)
