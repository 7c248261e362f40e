"""Looking names up the way a loader does, many at once.

GNU: bloom filter, bucket, chain until the end bit; chain words hold the hashes less bit 0. SysV: bucket, chain until
0; the table stores no hashes, so names are compared by their GNU hashes first, which come cheap. What the hashes say
is confirmed by the bytes: collisions are free for whoever wants one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.tables.hashes import GnuHash, SysvHash
from elfkit.tables.hashing import U32, Index, gnu_hashes, name_ends, sysv_hashes
from elfkit.tables.walks import walk_gnu, walk_sysv

STRIDE = 8  # bytes compared at once


class Names(NamedTuple):
    """Names within a string table: where each begins and where its NUL lies."""

    table: bytes
    starts: Index
    ends: Index


class Matches(NamedTuple):
    """Which query found which symbol, both intp; in the order of the chain for each query.

    ``unfinished`` are the queries, in any order, that took more work than is allowed: they may have more matches.
    """

    query: Index
    symbol: Index
    unfinished: Index

    @property
    def complete(self) -> bool:
        """Whether every query was looked up to the end of its chain."""
        return not len(self.unfinished)


def names_in(table: bytes, starts: npt.NDArray[np.uint32]) -> Names:
    """Return the names that begin at ``starts`` in a string table; starts outside it stand for the empty name."""
    whole = table if table.endswith(b"\0") else table + b"\0"
    begin = np.minimum(starts.astype(np.intp), len(whole) - 1)
    return Names(whole, begin, name_ends(whole, begin))


def packed_names(names: Sequence[bytes]) -> Names:
    """Return ``names``, which hold no NUL, as a string table of their own."""
    lengths = np.fromiter(map(len, names), np.intp, len(names))
    ends = np.cumsum(lengths + 1) - 1
    return Names(b"\0".join(names) + b"\0", ends - lengths, ends)


def hashes_of(names: Names) -> U32:
    """Return the GNU hash of each name."""
    return gnu_hashes(names.table, names.starts.astype(np.uint32))


def same_bytes(one: Names, two: Names) -> npt.NDArray[np.bool_]:
    """Return whether the names of both columns are equal, pair by pair: eight bytes at a time, all pairs at once."""
    lengths = one.ends - one.starts
    same: npt.NDArray[np.bool_] = np.equal(lengths, two.ends - two.starts)
    left, right = _windows(one.table), _windows(two.table)
    pending = np.flatnonzero(same)
    place = 0
    while pending.size:
        rest = np.minimum(lengths[pending] - place, STRIDE)
        keep = KEPT[np.maximum(rest, 0)]
        differs = (left[one.starts[pending] + place] ^ right[two.starts[pending] + place]) & keep
        same[pending[differs != 0]] = False
        place += STRIDE
        pending = pending[(differs == 0) & (lengths[pending] > place)]
    return same


# the first n bytes of a little-endian word of eight
KEPT = np.array([(1 << (8 * count)) - 1 for count in range(STRIDE + 1)], np.uint64)


def _windows(table: bytes) -> npt.NDArray[np.uint64]:
    """Return the eight bytes at every place of a table as words, zeros behind its end."""
    padded = table + bytes(STRIDE)
    return np.ndarray((len(table) + 1,), "<u8", padded, 0, (1,))


def find(table: GnuHash | SysvHash, symbols: Names, queries: Names, *, most_steps: int) -> Matches:
    """Return every symbol whose name one of ``queries`` bears and that its chain leads to.

    ``most_steps`` bounds the chain entries that are looked at, over all queries, and the words of eight bytes that are
    compared beyond those of the queries themselves.
    """
    wanted = hashes_of(queries)
    if isinstance(table, GnuHash):
        query = np.flatnonzero(bloom_passes(table, wanted))
        query, place, unfinished = walk_gnu(table, query, wanted, most_steps)
        symbol = table.symbols[place]
        real = symbol < len(symbols.starts)
        query, symbol = query[real], symbol[real]
    else:
        hashes = sysv_hashes(queries.table, queries.starts.astype(np.uint32), len(queries.table))
        query, symbol, unfinished = walk_sysv(table, hashes, hashes_of(symbols), wanted, most_steps)
    query, symbol, dropped = _confirmed(symbols, queries, query, symbol, most_steps)
    _, first = np.unique(query * len(symbols.starts) + symbol, return_index=True)  # a cycle comes by again
    first = np.sort(first)
    first = first[np.argsort(query[first], kind="stable")]
    return Matches(query[first], symbol[first], np.concatenate([unfinished, dropped]))


def _confirmed(
    symbols: Names, queries: Names, query: Index, symbol: Index, most_steps: int
) -> tuple[Index, Index, Index]:
    """Return the pairs (query, symbol) whose names are equal, and the queries with pairs that were left uncompared.

    A long name that thousands of symbols share, under one hash, is a pass over it for each of them.
    """
    lengths = queries.ends - queries.starts
    same = np.equal(lengths[query], symbols.ends[symbol] - symbols.starts[symbol])
    query, symbol = query[same], symbol[same]
    words = lengths // STRIDE + 1
    allowed = np.cumsum(words[query]) <= most_steps + int(words.sum())
    dropped = query[~allowed]
    query, symbol = query[allowed], symbol[allowed]
    equal = same_bytes(_taken(queries, query), _taken(symbols, symbol))
    return query[equal], symbol[equal], dropped


def _taken(names: Names, rows: Index) -> Names:
    return Names(names.table, names.starts[rows], names.ends[rows])


def bloom_passes(table: GnuHash, hashes: U32) -> npt.NDArray[np.bool_]:
    """Return which hashes the bloom filter lets through; all of them where the table has no usable filter."""
    if not len(table.bloom):
        return np.ones(len(hashes), bool)
    bits = 8 * table.bloom.itemsize
    kind = table.bloom.dtype.type
    word = table.bloom[(hashes // np.uint32(bits)) % np.uint32(len(table.bloom))]
    first = word >> (hashes % np.uint32(bits)).astype(kind)
    second = word >> ((hashes >> np.uint32(table.head.bloom_shift & 31)) % np.uint32(bits)).astype(kind)
    passes: npt.NDArray[np.bool_] = np.not_equal(first & second & kind(1), 0)
    return passes
