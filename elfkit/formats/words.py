"""The ELF data types (gABI, "Data Representation") for one class and byte order."""

from __future__ import annotations

from typing import Any, NamedTuple

import construct as c


class Words(NamedTuple):
    """construct's field for each ELF type; ``wide`` is true of ELFCLASS64."""

    half: Any
    word: Any
    sword: Any
    xword: Any
    sxword: Any
    addr: Any
    off: Any
    wide: bool


def words(elf_class: int, data: int) -> Words:
    """Return the ELF types of EI_CLASS ``elf_class`` (1, 2) and EI_DATA ``data`` (1 little, 2 big).

    ``Xword`` and ``Sxword`` shrink to 32 bits in ELFCLASS32, where records use ``Word`` in their place.
    """
    little = data == 1
    wide = elf_class == 2
    word, sword = (c.Int32ul, c.Int32sl) if little else (c.Int32ub, c.Int32sb)
    xword, sxword = (c.Int64ul, c.Int64sl) if little else (c.Int64ub, c.Int64sb)
    native = xword if wide else word
    return Words(
        half=c.Int16ul if little else c.Int16ub,
        word=word,
        sword=sword,
        xword=native,
        sxword=sxword if wide else sword,
        addr=native,
        off=native,
        wide=wide,
    )
