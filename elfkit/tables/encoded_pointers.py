"""Encoded addresses, a whole column at once: the fixed widths of LSB, "DWARF Exception Header Encoding"."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dwarf import (
    APPLICATION_MASK,
    FORMAT_MASK,
    SIGNED,
    DW_EH_PE_absptr,
    DW_EH_PE_indirect,
    DW_EH_PE_pcrel,
    encoded_width,
)
from elfkit.formats.layout import Layout

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


class Mapped(NamedTuple):
    """Bytes, the address they are mapped at, and the class and byte order of what they hold."""

    raw: bytes
    vaddr: int
    layout: Layout


def words_of(mapped: Mapped, places: I64, width: int) -> U64:
    """Return the unsigned words of ``width`` bytes at ``places``, aligned or not; 0 for what lies not inside."""
    most = len(mapped.raw) - width
    if most < 0:
        return np.zeros(len(places), np.uint64)
    words = np.ndarray((most + 1,), f"{mapped.layout.order}u{width}", mapped.raw, strides=(1,))
    inside = (places >= 0) & (places <= most)
    if inside.all():
        return words[places].astype(np.uint64)
    return np.where(inside, words[np.clip(places, 0, most)], 0).astype(np.uint64)


def pointers_of(mapped: Mapped, places: I64, encoding: int, base: int = 0) -> U64 | None:
    """Return the addresses at ``places``; 0 where there is none.

    None for an encoding without a fixed width, and for an indirect one: the word that holds the address is written by
    a relocation, the file need not have it.
    """
    width = encoded_width(encoding, mapped.layout.word_size)
    if width is None or encoding & DW_EH_PE_indirect:
        return None
    written = words_of(mapped, places, width)
    values = written
    if encoding & FORMAT_MASK in SIGNED and width < 8:
        top = np.uint64(1 << (8 * width - 1))
        values = (written ^ top) - top
    application = encoding & APPLICATION_MASK
    if application == DW_EH_PE_pcrel:
        values = values + (places.astype(np.uint64) + np.uint64(mapped.vaddr))
    elif application != DW_EH_PE_absptr:
        values = values + np.uint64(base)
    if mapped.layout.word_size == 4:
        values &= np.uint64(0xFFFFFFFF)
    return np.where(written == 0, np.uint64(0), values)
