"""Numbers of exception tables read one after the other: words, LEB128, encoded pointers (LSB, "DWARF Extensions")."""

from __future__ import annotations

from typing import Literal

from elfkit.abi.dwarf import (
    APPLICATION_MASK,
    FORMAT_MASK,
    SIGNED,
    DW_EH_PE_absptr,
    DW_EH_PE_aligned,
    DW_EH_PE_pcrel,
    DW_EH_PE_sleb128,
    DW_EH_PE_uleb128,
    encoded_width,
)
from elfkit.formats.layout import Layout

LEB_BYTES = 10  # of a 64-bit number at most


class UnreadableError(Exception):
    """The bytes end too early, or say what no specification knows; stays within the tables."""


class DwarfBytes:
    """``raw``, mapped at ``vaddr``, read from ``place`` on; UnreadableError where it ends."""

    __slots__ = ("layout", "order", "place", "raw", "vaddr")

    def __init__(self, raw: bytes, vaddr: int, layout: Layout, place: int = 0) -> None:
        self.raw = raw
        self.vaddr = vaddr
        self.layout = layout
        self.order: Literal["little", "big"] = "little" if layout.data == 1 else "big"
        self.place = place

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        taken = self.raw[self.place : self.place + size]
        if len(taken) < size:
            raise UnreadableError
        self.place += size
        return taken

    def unsigned(self, size: int) -> int:
        """Return the next ``size`` bytes as a number."""
        return int.from_bytes(self.take(size), self.order)

    def _leb128(self) -> tuple[int, int]:
        """Return a LEB128 number as it is without sign, and how many bits it has."""
        value = 0
        for count in range(LEB_BYTES):
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << 7 * count
            if byte < 0x80:
                return value, 7 * (count + 1)
        raise UnreadableError

    def uleb128(self) -> int:
        """Return an unsigned LEB128 number."""
        return self._leb128()[0]

    def sleb128(self) -> int:
        """Return a signed LEB128 number."""
        value, bits = self._leb128()
        return value - (1 << bits) if value >> (bits - 1) else value

    def text(self, most: int) -> bytes:
        """Return the string of at most ``most`` bytes here, without its NUL."""
        end = self.raw.find(b"\0", self.place, self.place + most + 1)
        if end < 0:
            raise UnreadableError
        found = self.raw[self.place : end]
        self.place = end + 1
        return found

    def number(self, encoding: int) -> int:
        """Return what is written for a value of this encoding, whatever it is relative to."""
        kind = encoding & FORMAT_MASK
        if encoding & APPLICATION_MASK == DW_EH_PE_aligned:
            self.place += -(self.vaddr + self.place) % self.layout.word_size
            return self.unsigned(self.layout.word_size)
        if kind == DW_EH_PE_uleb128:
            return self.uleb128()
        if kind == DW_EH_PE_sleb128:
            return self.sleb128()
        width = encoded_width(encoding, self.layout.word_size)
        if width is None:
            raise UnreadableError
        value = self.unsigned(width)
        return value - (1 << 8 * width) if kind in SIGNED and value >> (8 * width - 1) else value

    def pointer(self, encoding: int, base: int = 0) -> int | None:
        """Return an address; ``base`` is what it is relative to unless to its own place or nothing.

        None for 0, which says that there is none.
        """
        here = self.vaddr + self.place
        value = self.number(encoding)
        if not value:
            return None
        application = encoding & APPLICATION_MASK
        if application == DW_EH_PE_pcrel:
            value += here
        elif application not in (DW_EH_PE_absptr, DW_EH_PE_aligned):
            value += base
        return value & ((1 << 8 * self.layout.word_size) - 1)
