"""The note header (gABI, "Note Section"); name and descriptor follow, each padded."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def nhdr(w: Words) -> Any:
    """Declare Elf32_Nhdr, which Elf64_Nhdr equals."""
    return c.Struct("n_namesz" / w.word, "n_descsz" / w.word, "n_type" / w.word)
