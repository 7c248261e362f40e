"""Android's packed relocations, DT_ANDROID_REL(A) (bionic, linker/linker_reloc_iterators.h).

"APS2", then signed LEB128 numbers: count, first offset, and groups. A group has a size and flags, and what its flags
call shared (offset step, r_info, addend) stands once for all of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.image import Image

MAGIC = b"APS2"
SHARED_INFO, SHARED_STEP, SHARED_ADDEND, HAS_ADDEND = 1, 2, 4, 8
LEB_BYTES = 10  # of a 64-bit number at most
BLOCK = 1 << 18  # bytes decoded at once: each takes some sixty of memory meanwhile
UNFINISHED = bytes(range(0x80, 0x100))  # of these none is the last byte of a number
MOST_GROUPS = 1 << 15  # lld makes one of three relocations or more

I64 = npt.NDArray[np.int64]


class PackedColumns(NamedTuple):
    """The columns of a packed table, offset and info uint64, addend int64."""

    offset: npt.NDArray[np.uint64]
    info: npt.NDArray[np.uint64]
    addend: I64


class DamageFoundError(Exception):
    """The numbers end, or claim more than there may be; stays within this module."""

    def __init__(self, detail: str, damage: Damage = Damage.RELOCATIONS) -> None:
        super().__init__(detail)
        self.damage = damage


def signed_leb128(raw: bytes) -> I64:
    """Return every signed LEB128 number of ``raw``, int64; a number cut at the end is left out.

    All at once: a byte below 0x80 ends a number, so each byte knows its number and its place in it.
    """
    values = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(values < 0x80)
    if not len(ends):
        return np.empty(0, np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    out = np.zeros(len(ends), np.uint64)
    for place in range(min(LEB_BYTES, int(lengths.max()))):
        longer = lengths > place
        digits = (values[starts[longer] + place] & np.uint8(0x7F)).astype(np.uint64)
        out[longer] |= digits << np.uint64(7 * place)
    bits = np.minimum(7 * lengths, 64)
    negative = (values[ends] & np.uint8(0x40)).astype(bool) & (bits < 64)
    out[negative] |= np.uint64(0xFFFFFFFFFFFFFFFF) << bits[negative].astype(np.uint64)
    return out.view(np.int64)


def unpack_aps2(image: Image, name: str, raw: bytes, offset: int) -> tuple[PackedColumns, tuple[Anomaly, ...]]:
    """Return the relocations of a packed table whose bytes are ``raw``; what was read before damage is kept."""
    parts: list[PackedColumns] = []
    try:
        if not raw.startswith(MAGIC):
            raise DamageFoundError(f"{name} does not begin with APS2")
        _read_groups(_Numbers(raw), parts, image)
    except DamageFoundError as error:
        proof = Evidence(name, offset, raw[:16], None)
        return _joined(parts), (Anomaly(error.damage, proof, str(error), "the relocations read until then"),)
    return _joined(parts), ()


def _joined(parts: list[PackedColumns]) -> PackedColumns:
    empty = PackedColumns(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))
    return PackedColumns(*[np.concatenate(column) for column in zip(empty, *parts, strict=True)])


class _Numbers:
    """The numbers behind the magic of a table, taken one by one or in rows; DamageFoundError where they end."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.read = len(MAGIC)
        self.values = np.empty(0, np.int64)
        self.place = 0
        self.count = 0

    def take(self) -> int:
        if self.place == len(self.values):
            self._read_on(1)
        self.place += 1
        return self.values.item(self.place - 1)

    def rows(self, count: int, width: int) -> I64:
        size = count * width
        if self.place + size > len(self.values):
            self._read_on(size)
        taken = self.values[self.place : self.place + size].reshape(count, width)
        self.place += size
        return taken

    def _read_on(self, size: int) -> None:
        """Decode more bytes, until ``size`` numbers are there."""
        parts = [self.values[self.place :]]
        self.place = 0
        there = len(parts[0])
        while there < size:
            block = self.raw[self.read : self.read + BLOCK]
            end = len(block.rstrip(UNFINISHED))  # the last number may go on in the next block
            if not end:
                raise DamageFoundError(f"the packed numbers end after {self.count}")
            parts.append(signed_leb128(block[:end]))
            self.read += end
            self.count += len(parts[-1])
            there += len(parts[-1])
        self.values = np.concatenate(parts)


def _read_groups(numbers: _Numbers, parts: list[PackedColumns], image: Image) -> None:
    """Read all groups into ``parts``.

    A file has at least one byte for each relocation, however few bytes their table takes: what is relocated, or, for
    what begins as zeros (COPY), the symbol that names it.
    """
    size = image.source.size
    most = min(size, image.source.limits.relocations)
    count, offset, addend = numbers.take(), numbers.take(), 0
    if not 0 <= count <= most:
        raise DamageFoundError(
            f"the packed table claims {count} relocations, a file of {size} bytes has room for {most}"
        )
    done = 0
    while done < count:
        if len(parts) == MOST_GROUPS:
            raise DamageFoundError(f"more than {MOST_GROUPS:,} groups of packed relocations", Damage.LIMIT)
        size, flags = numbers.take(), numbers.take()
        if not 0 < size <= count - done:
            raise DamageFoundError(f"a group of {size} relocations where {count - done} are left")
        columns = _group(numbers, size, flags, offset, addend)
        parts.append(columns)
        offset, addend = int(columns.offset[-1].view(np.int64)), int(columns.addend[-1])
        done += size


def _wrapped(value: int) -> int:
    """Return ``value`` modulo 2^64, signed, as the loader's registers hold it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _group(numbers: _Numbers, size: int, flags: int, offset: int, addend: int) -> PackedColumns:
    """Return the relocations of one group; steps and addends go on from the group before."""
    step = numbers.take() if flags & SHARED_STEP else None
    info = numbers.take() if flags & SHARED_INFO else None
    shared = flags & HAS_ADDEND and flags & SHARED_ADDEND
    if shared:
        addend = _wrapped(addend + numbers.take())
    own_addend = bool(flags & HAS_ADDEND) and not shared
    width = (step is None) + (info is None) + own_addend
    rows = numbers.rows(size, width) if width else np.empty((size, 0), np.int64)
    taken = iter(range(width))
    steps = rows[:, next(taken)] if step is None else np.full(size, step, np.int64)
    infos = rows[:, next(taken)] if info is None else np.full(size, info, np.int64)
    if own_addend:
        addends = np.int64(addend) + np.cumsum(rows[:, next(taken)])
    else:
        addends = np.full(size, addend if flags & HAS_ADDEND else 0, np.int64)
    offsets = np.int64(offset) + np.cumsum(steps)
    return PackedColumns(offsets.view(np.uint64), infos.view(np.uint64), addends)
