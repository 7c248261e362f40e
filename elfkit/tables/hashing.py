"""The hash of every name of a string table at once.

GNU hash (binutils, bfd_elf_gnu_hash): h = 5381, then h = 33 h + c for each byte, modulo 2^32. It is linear, and 33 has
an inverse modulo 2^32, so with P[k] the sum of c_i * 33^-(i+1) over i < k, the hash of the bytes a..b is
(P[b] - P[a]) * 33^b + 5381 * 33^(b-a): one running sum over the table serves every name. It is made in blocks, so
that a block and its powers stay in the cache; a scale and a carry join the blocks.

SysV hash (gABI, "Hash Table") is not linear: names are hashed column by column, all that are long enough at once,
while there are more than a few of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.tables.distinct import numbered

U32 = npt.NDArray[np.uint32]
Index = npt.NDArray[np.intp]

WORD = 1 << 32
SEED, FACTOR = 5381, 33
BLOCK = 1 << 15
FEW = 16  # names: so few are hashed faster one by one
LARGE = 1 << 22  # NULs, each of which takes eight bytes: of a table of few names and more NULs they are not kept
AT_ONCE = 1 << 14  # names: their columns fit into the cache of a CPU
GRID = 4  # NULs are counted by cells of 16 bytes


def powers(base: int, count: int) -> U32:
    """Return base^0 .. base^(count-1) modulo 2^32."""
    out = np.empty(count, np.uint32)
    out[0] = 1
    done = 1
    while done < count:
        step = min(done, count - done)
        np.multiply(out[:step], np.uint32(pow(base, done, WORD)), out=out[done : done + step])
        done += step
    return out


INVERSE = pow(FACTOR, -1, WORD)
INVERSES = powers(INVERSE, BLOCK + 1)[1:]  # 33^-1, 33^-2, ...
FACTORS = powers(FACTOR, BLOCK)


class Prefixes(NamedTuple):
    """The running sum over a string table, in blocks.

    P[k] is ``carries[j] + scales[j] * inner[k]``, all uint32, with j the block of byte k - 1.
    """

    inner: U32
    carries: U32
    scales: U32

    def at(self, places: Index) -> U32:
        """Return P at each of ``places`` (0 to the table's length)."""
        blocks = np.maximum(places - 1, 0) // BLOCK
        sums: U32 = self.carries[blocks] + self.scales[blocks] * self.inner[places]
        return sums


def prefixes(table: bytes) -> Prefixes:
    """Return the running sum over ``table``: one multiplication and one addition a byte."""
    values = np.frombuffer(table, np.uint8)
    size = len(values)
    inner = np.zeros(size + 1, np.uint32)
    terms = np.empty(BLOCK, np.uint32)
    count = max(1, -(-size // BLOCK))
    scales = powers(pow(INVERSE, BLOCK, WORD), count)
    carries = np.zeros(count, np.uint32)
    carry = 0
    for number, start in enumerate(range(0, size, BLOCK)):
        end = min(size, start + BLOCK)
        block = terms[: end - start]
        np.multiply(values[start:end], INVERSES[: end - start], out=block)
        np.cumsum(block, out=inner[start + 1 : end + 1])
        carries[number] = carry
        carry = (carry + int(scales[number]) * int(inner[end])) % WORD
    return Prefixes(inner, carries, scales)


def name_ends(table: bytes, starts: Index) -> Index:
    """Return where the NUL of the name at each of ``starts`` lies; the table's length where none follows.

    NULs are counted by cells of 16 bytes; from its cell's first NUL each name steps to its own, all names at once.
    """
    values = np.frombuffer(table, np.uint8)
    if len(table) > LARGE + 48 * len(starts) and np.count_nonzero(values) < len(table) - LARGE:
        return name_ends_one_by_one(table, starts)
    nuls = np.append(np.flatnonzero(values == 0), len(table))
    cells = np.zeros((len(table) >> GRID) + 2, np.intp)
    np.cumsum(np.bincount(nuls >> GRID, minlength=len(cells) - 1)[: len(cells) - 1], out=cells[1:])
    ranks = cells[starts >> GRID]
    behind = np.flatnonzero(nuls[ranks] < starts)
    while behind.size:
        ranks[behind] += 1
        behind = behind[nuls[ranks[behind]] < starts[behind]]
    ends: Index = nuls[ranks]
    return ends


def name_ends_one_by_one(table: bytes, starts: Index) -> Index:
    """The same without an array of all NULs: from the last name to the first."""
    places, which = numbered(starts)
    ends = np.empty(len(places), np.intp)
    behind, end = len(table), len(table)
    for number in range(len(places) - 1, -1, -1):
        place = int(places[number])
        found = table.find(b"\0", place, behind)
        behind, end = place, found if found >= 0 else end
        ends[number] = end
    return ends[which]


def factor_powers(exponents: Index) -> U32:
    """Return 33^n modulo 2^32 for each exponent (>= 0)."""
    high = int(exponents.max(initial=0)) // BLOCK
    if not high:
        return FACTORS[exponents]
    steps = powers(pow(FACTOR, BLOCK, WORD), high + 1)
    return FACTORS[exponents % BLOCK] * steps[exponents // BLOCK]


def gnu_hashes(table: bytes, starts: npt.NDArray[np.uint32]) -> U32:
    """Return the GNU hash of the NUL-ended name at each of ``starts`` (offsets within ``table``)."""
    begin = starts.astype(np.intp)
    ends = name_ends(table, begin)
    sums = prefixes(table)
    hashes = np.empty(len(begin), np.uint32)
    for first in range(0, len(begin), AT_ONCE):
        start, end = begin[first : first + AT_ONCE], ends[first : first + AT_ONCE]
        own = (sums.at(end) - sums.at(start)) * factor_powers(end)
        hashes[first : first + AT_ONCE] = own + np.uint32(SEED) * factor_powers(end - start)
    return hashes


def sysv_hashes(table: bytes, starts: npt.NDArray[np.uint32], longest: int) -> U32:
    """Return the SysV hash of the NUL-ended name at each of ``starts``, at most ``longest`` bytes of it.

    Names that overlap are hashed each on its own: ``longest`` bounds the work.
    """
    begin = starts.astype(np.intp)
    lengths = np.minimum(name_ends(table, begin) - begin, longest)
    order = np.argsort(-lengths, kind="stable")
    begin, lengths = begin[order], lengths[order]
    values = np.frombuffer(table, np.uint8)
    hashes = np.zeros(len(begin), np.uint32)
    # the names that have a column are the first of the order: how many, for each column
    counts = len(lengths) - np.searchsorted(lengths[::-1], np.arange(1, int(lengths.max(initial=0)) + 1))
    most = int(np.count_nonzero(counts >= FEW))
    for column, count in enumerate(counts[:most].tolist()):
        part = (hashes[:count] << np.uint32(4)) + values[begin[:count] + column]
        high = part & np.uint32(0xF0000000)
        hashes[:count] = (part ^ (high >> np.uint32(24))) & ~high
    for row in range(int(counts[most]) if most < len(counts) else 0):  # what is left of the longest names
        rest = table[begin[row] + most : begin[row] + lengths[row]]
        hashes[row] = sysv_hash(rest, int(hashes[row]))
    out = np.empty_like(hashes)
    out[order] = hashes
    return out


def gnu_hash(name: bytes) -> int:
    """Return the GNU hash of one name."""
    value = SEED
    for byte in name:
        value = (value * FACTOR + byte) % WORD
    return value


def sysv_hash(name: bytes, value: int = 0) -> int:
    """Return the SysV hash of one name; ``value`` is that of what stands before it."""
    for byte in name:
        value = ((value << 4) + byte) % WORD
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high
    return value
