"""The entry of the dynamic section (gABI, "Dynamic Section")."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def dyn(w: Words) -> Any:
    """Declare Elf32_Dyn or Elf64_Dyn; ``d_val`` stands for the union of d_val and d_ptr."""
    return c.Struct("d_tag" / w.sxword, "d_val" / w.xword)
