"""The records of .eh_frame: a CIE says how the FDEs that point to it are written (LSB, "Exception Frames")."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.dwarf import (
    APPLICATION_MASK,
    FORMAT_MASK,
    DW_EH_PE_absptr,
    DW_EH_PE_funcrel,
    DW_EH_PE_omit,
    encoded_width,
)
from elfkit.formats.layout import Layout
from elfkit.tables.dwarf_bytes import LEB_BYTES, DwarfBytes, UnreadableError
from elfkit.tables.encoded_pointers import I64, U64, Mapped, pointers_of, words_of

VERSIONS = (1, 3, 4)
AUGMENTATION_BYTES = 16
CIE_BYTES = 4096  # that a CIE may have: it states a few rules, of every register at most
MOST_CIES = 1 << 14  # that are read: linkers join equal ones, a real file has dozens
EXTENDED = 0xFFFFFFFF  # a length that says that eight bytes of length follow


class Cie(NamedTuple):
    """How a CIE's FDEs are written: ``pointer`` is the encoding of code addresses, ``lsda`` that of LSDA addresses.

    ``sized`` if a length stands before the augmentation data ("z").
    """

    sized: bool
    pointer: int
    lsda: int


class FdeColumns(NamedTuple):
    """Start and length of the code, address of its LSDA or 0; uint64, 0 where it cannot be known."""

    start: U64
    length: U64
    lsda: U64


def read_cie(raw: bytes, vaddr: int, layout: Layout) -> Cie | None:
    """Return what a CIE says, ``raw`` being its bytes from the version on; None if it is none that is known."""
    reading = DwarfBytes(raw, vaddr, layout)
    try:
        version = reading.unsigned(1)
        if version not in VERSIONS:
            return None
        augmentation = reading.text(AUGMENTATION_BYTES)
        if augmentation == b"eh":
            reading.unsigned(layout.word_size)
            augmentation = b""
        if version == VERSIONS[-1] and reading.take(2) != bytes([layout.word_size, 0]):
            return None
        reading.uleb128()  # code alignment factor
        reading.sleb128()  # data alignment factor
        if version == 1:
            reading.unsigned(1)  # return address register
        else:
            reading.uleb128()
        return _augmented(reading, augmentation)
    except UnreadableError:
        return None


def _augmented(reading: DwarfBytes, augmentation: bytes) -> Cie | None:
    """Return the encodings that the augmentation data states."""
    if not augmentation:
        return Cie(sized=False, pointer=DW_EH_PE_absptr, lsda=DW_EH_PE_omit)
    if not augmentation.startswith(b"z"):
        return None
    reading.uleb128()
    found = {"R": DW_EH_PE_absptr, "L": DW_EH_PE_omit}
    for letter in augmentation[1:].decode("latin-1"):
        if letter == "P":  # the personality routine
            reading.number(reading.unsigned(1))
        elif letter in found:
            found[letter] = reading.unsigned(1)
        elif letter not in "SBG":  # signal frame, AArch64 return address signed with key B, memory tagged
            return None
    return Cie(sized=True, pointer=found["R"], lsda=found["L"])


def fde_columns(mapped: Mapped, places: I64, data_base: int = 0) -> FdeColumns:
    """Return what the FDEs say that begin at ``places`` of ``mapped``, an .eh_frame.

    ``data_base`` is what DW_EH_PE_datarel is relative to.
    """
    columns = FdeColumns(*[np.zeros(len(places), np.uint64) for _ in FdeColumns._fields])
    extended = words_of(mapped, places, 4) == EXTENDED
    identity = places + np.where(extended, 12, 4)
    back = words_of(mapped, identity, 4).astype(np.int64)
    starts, which = np.unique(identity - back, return_inverse=True)
    groups: dict[Cie, list[int]] = {}
    for number, start in enumerate(starts[:MOST_CIES].tolist()):
        cie = cie_at(mapped, start)
        if cie is not None:
            groups.setdefault(cie, []).append(number)
    for cie, numbers in groups.items():
        chosen = np.zeros(len(starts), np.bool_)
        chosen[numbers] = True
        rows = np.flatnonzero(chosen[which] & (back != 0))
        for column, values in zip(columns, _fields(mapped, identity[rows] + 4, cie, data_base), strict=True):
            column[rows] = values
    return columns


def cie_at(mapped: Mapped, place: int) -> Cie | None:
    """Return the CIE that begins at ``place``; None if none does."""
    if place < 0:
        return None
    reading = DwarfBytes(mapped.raw, mapped.vaddr, mapped.layout, place)
    try:
        length = reading.unsigned(4)
        if length == EXTENDED:
            length = reading.unsigned(8)
        end = reading.place + length
        if length > CIE_BYTES or any(reading.take(4)):
            return None
    except UnreadableError:
        return None
    return read_cie(mapped.raw[reading.place : end], mapped.vaddr + reading.place, mapped.layout)


def _fields(mapped: Mapped, places: I64, cie: Cie, data_base: int) -> FdeColumns:
    """Return the columns of FDEs of one CIE whose code address stands at ``places``."""
    nothing = np.zeros(len(places), np.uint64)
    width = encoded_width(cie.pointer, mapped.layout.word_size)
    start = pointers_of(mapped, places, cie.pointer, data_base)
    if width is None or start is None:
        return FdeColumns(nothing, nothing, nothing)
    length = words_of(mapped, places + width, width)
    lsda_width = encoded_width(cie.lsda, mapped.layout.word_size)
    if not cie.sized or lsda_width is None:
        return FdeColumns(start, length, nothing)
    size, places = _lengths(mapped, places + 2 * width)
    base = data_base
    functional = cie.lsda & APPLICATION_MASK == DW_EH_PE_funcrel
    lsda = pointers_of(mapped, places, cie.lsda & FORMAT_MASK if functional else cie.lsda, base)
    if lsda is None:
        return FdeColumns(start, length, nothing)
    if functional:
        lsda = np.where(lsda == 0, lsda, lsda + start)
    return FdeColumns(start, length, np.where(size >= lsda_width, lsda, nothing))


def _lengths(mapped: Mapped, places: I64) -> tuple[U64, I64]:
    """Return the unsigned LEB128 numbers at ``places``, and the places behind them."""
    value = words_of(mapped, places, 1)
    places = places + 1
    more = value >= 0x80
    value &= np.uint64(0x7F)
    for count in range(1, LEB_BYTES):
        rows = np.flatnonzero(more)
        if not len(rows):
            break
        digit = words_of(mapped, places[rows], 1)
        value[rows] |= (digit & np.uint64(0x7F)) << np.uint64(7 * count)
        places[rows] += 1
        more[rows] = digit >= 0x80
    return value, places
