"""The ELF header (gABI, "ELF Header")."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def ehdr(w: Words) -> Any:
    """Declare Elf32_Ehdr or Elf64_Ehdr."""
    return c.Struct(
        "e_ident" / c.Bytes(16),
        "e_type" / w.half,
        "e_machine" / w.half,
        "e_version" / w.word,
        "e_entry" / w.addr,
        "e_phoff" / w.off,
        "e_shoff" / w.off,
        "e_flags" / w.word,
        "e_ehsize" / w.half,
        "e_phentsize" / w.half,
        "e_phnum" / w.half,
        "e_shentsize" / w.half,
        "e_shnum" / w.half,
        "e_shstrndx" / w.half,
    )
