"""How much of the file there is, on disk and in memory (gABI, "Program Header": p_filesz, p_memsz)."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.evidence import Certainty, Fact
from elfkit.image.image import Image


class Sizes(NamedTuple):
    """Bytes: of the file, taken from it into memory, and of memory when it is mapped."""

    file: int
    loaded: int
    memory: int


def sizes_fact(image: Image) -> Fact[Sizes]:
    """The size of the file, and the sums over all PT_LOAD."""
    loaded = memory = 0
    for load in image.loads:
        loaded += load.filesz
        memory += load.memsz
    return Fact(Sizes(image.source.size, loaded, memory), Certainty.DERIVED)
