"""The head of each record of .MIPS.options: Elf_Options (MIPS 64-bit ELF Object File Specification, section 2.9)."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def mips_option(w: Words) -> Any:
    """Declare Elf_Options, the same in both classes; ``size`` counts the head too."""
    return c.Struct("kind" / c.Int8ub, "size" / c.Int8ub, "section" / w.half, "info" / w.word)
