"""The section header (gABI, "Sections")."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def shdr(w: Words) -> Any:
    """Declare Elf32_Shdr or Elf64_Shdr."""
    return c.Struct(
        "sh_name" / w.word,
        "sh_type" / w.word,
        "sh_flags" / w.xword,
        "sh_addr" / w.addr,
        "sh_offset" / w.off,
        "sh_size" / w.xword,
        "sh_link" / w.word,
        "sh_info" / w.word,
        "sh_addralign" / w.xword,
        "sh_entsize" / w.xword,
    )
