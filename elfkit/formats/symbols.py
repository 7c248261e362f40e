"""The symbol table entry (gABI, "Symbol Table"); its fields stand in another order in each class."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def sym(w: Words) -> Any:
    """Declare Elf32_Sym or Elf64_Sym."""
    name, value, size = "st_name" / w.word, "st_value" / w.addr, "st_size" / w.xword
    info, other, shndx = "st_info" / c.Int8ub, "st_other" / c.Int8ub, "st_shndx" / w.half
    if w.wide:
        return c.Struct(name, info, other, shndx, value, size)
    return c.Struct(name, value, size, info, other, shndx)
