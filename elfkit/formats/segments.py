"""The program header (gABI, "Program Header"); its fields stand in another order in each class."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def phdr(w: Words) -> Any:
    """Declare Elf32_Phdr or Elf64_Phdr."""
    flags = "p_flags" / w.word
    return c.Struct(
        "p_type" / w.word,
        *([flags] if w.wide else []),
        "p_offset" / w.off,
        "p_vaddr" / w.addr,
        "p_paddr" / w.addr,
        "p_filesz" / w.xword,
        "p_memsz" / w.xword,
        *([] if w.wide else [flags]),
        "p_align" / w.xword,
    )
