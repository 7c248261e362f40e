"""Records of GNU symbol versioning (Linux Standard Base, "Symbol Versioning"), the same in both classes."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def verneed(w: Words) -> Any:
    """Declare Elf32_Verneed, which Elf64_Verneed equals."""
    return c.Struct("vn_version" / w.half, "vn_cnt" / w.half, "vn_file" / w.word, "vn_aux" / w.word, "vn_next" / w.word)


def vernaux(w: Words) -> Any:
    """Declare Elf32_Vernaux, which Elf64_Vernaux equals."""
    return c.Struct(
        "vna_hash" / w.word, "vna_flags" / w.half, "vna_other" / w.half, "vna_name" / w.word, "vna_next" / w.word
    )


def verdef(w: Words) -> Any:
    """Declare Elf32_Verdef, which Elf64_Verdef equals."""
    return c.Struct(
        "vd_version" / w.half,
        "vd_flags" / w.half,
        "vd_ndx" / w.half,
        "vd_cnt" / w.half,
        "vd_hash" / w.word,
        "vd_aux" / w.word,
        "vd_next" / w.word,
    )


def verdaux(w: Words) -> Any:
    """Declare Elf32_Verdaux, which Elf64_Verdaux equals."""
    return c.Struct("vda_name" / w.word, "vda_next" / w.word)
