"""One file with everything in it, in each class and byte order."""

from __future__ import annotations

import pytest

from elfkit.abi.header import EM_MIPS
from tests.elfwriter import LAYOUTS, Elf, Note, Sect, Sym, Written, write


def everything(elf_class: int, data: int) -> Elf:
    """A library of MIPS with every segment and table that the writer knows."""
    return Elf(
        elf_class=elf_class,
        data=data,
        machine=EM_MIPS,
        flags=0x1000,
        interpreter=b"/lib/ld.so.1",
        needed=(b"libgreet.so", b"libc.so"),
        soname=b"libself.so",
        runpath=b"$ORIGIN/../lib",
        symbols=(Sym(b"puts", shndx=0), Sym(b"greet", value=0x1234), Sym(b"part", value=0x2345), Sym(b"count")),
        sysv_words=4,
        gnu="gnu",
        notes=(Note(b"GNU", 1, bytes(16)), Note(b"GNU", 3, bytes(range(20)))),
        relro=True,
        fp_abi=3,
        sections=(Sect(b".text", flags=6),),
    )


def sample(elf_class: int = 2, data: int = 1) -> Written:
    return write(everything(elf_class, data))


every_layout = pytest.mark.parametrize(("elf_class", "data"), LAYOUTS, ids=str)
