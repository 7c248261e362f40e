"""The note header (gABI, "Note Section"), and what a note of GNU properties holds (the Linux gABI supplement)."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def nhdr(w: Words) -> Any:
    """Declare Elf32_Nhdr, which Elf64_Nhdr equals; name and descriptor follow, each padded."""
    return c.Struct("n_namesz" / w.word, "n_descsz" / w.word, "n_type" / w.word)


def gnu_property(w: Words) -> Any:
    """Declare the head of a property, the same in both classes; its data follow, padded to the size of an address."""
    return c.Struct("pr_type" / w.word, "pr_datasz" / w.word)
