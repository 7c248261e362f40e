"""The relocation entries (gABI, "Relocation")."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def rel(w: Words) -> Any:
    """Declare Elf32_Rel or Elf64_Rel."""
    return c.Struct("r_offset" / w.addr, "r_info" / w.xword)


def rela(w: Words) -> Any:
    """Declare Elf32_Rela or Elf64_Rela."""
    return c.Struct("r_offset" / w.addr, "r_info" / w.xword, "r_addend" / w.sxword)
