"""Looking names up the way a loader does, many at once.

GNU: bloom filter, bucket, chain until the end bit; chain words hold the hashes less bit 0. SysV: bucket, chain until
0; the table stores no hashes, so names are compared by their GNU hashes first, which come cheap. What the hashes say
is confirmed by the bytes: collisions are free for whoever wants one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.tables.hashes import GnuHash, SysvHash
from elfkit.tables.hashing import U32, Index, gnu_hashes, name_ends, sysv_hashes

STRIDE = 8  # bytes compared at once


class Names(NamedTuple):
    """Names within a string table: where each begins and where its NUL lies."""

    table: bytes
    starts: Index
    ends: Index


class Matches(NamedTuple):
    """Which query found which symbol, both intp; in the order of the chain for each query.

    ``complete`` is False where the chains were longer than the work allowed.
    """

    query: Index
    symbol: Index
    complete: bool


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

    ``most_steps`` bounds the chain entries that are looked at, over all queries.
    """
    wanted = hashes_of(queries)
    if isinstance(table, GnuHash):
        query, symbol, complete = _walk_gnu(table, wanted, len(symbols.starts), most_steps)
    else:
        stored = hashes_of(symbols)
        buckets = sysv_hashes(queries.table, queries.starts.astype(np.uint32), len(queries.table))
        query, symbol, complete = _walk_sysv(table, buckets, stored, wanted, most_steps)
    confirmed = same_bytes(_taken(queries, query), _taken(symbols, symbol))
    query, symbol = query[confirmed], symbol[confirmed]
    _, first = np.unique(query * len(symbols.starts) + symbol, return_index=True)  # a cycle comes by again
    first = np.sort(first)
    first = first[np.argsort(query[first], kind="stable")]
    return Matches(query[first], symbol[first], complete)


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


Walk = tuple[Index, Index, bool]


def _walk_gnu(table: GnuHash, wanted: U32, count: int, most_steps: int) -> Walk:
    chains = table.chains
    query = np.flatnonzero(bloom_passes(table, wanted))
    place = table.buckets[wanted[query] % np.uint32(len(table.buckets))].astype(np.intp) - table.head.symoffset

    def step(query: Index, place: Index) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Index]:
        words = chains[place]
        return ((words ^ wanted[query]) >> np.uint32(1)) == 0, (words & np.uint32(1)) == 0, place + 1

    query, place, complete = _walk(query, place, len(chains), step, most_steps)
    symbol = table.symbols[place]
    real = symbol < count
    return query[real], symbol[real], complete


def _walk_sysv(table: SysvHash, hashes: U32, stored: U32, wanted: U32, most_steps: int) -> Walk:
    query = np.arange(len(hashes), dtype=np.intp)
    place = table.buckets[hashes % np.uint32(len(table.buckets))].astype(np.intp)

    def step(query: Index, place: Index) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Index]:
        following = table.chains[place].astype(np.intp)
        return stored[place] == wanted[query], following != 0, following

    nonzero = place != 0
    return _walk(query[nonzero], place[nonzero], min(len(table.chains), len(stored)), step, most_steps)


Step = Callable[[Index, Index], tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Index]]


def _walk(query: Index, place: Index, size: int, step: Step, most_steps: int) -> Walk:
    """Take all walks one step at a time until each has left the table or come to its end.

    No walk is longer than the table, so that a cycle ends too.
    """
    queries: list[Index] = [np.empty(0, np.intp)]
    places: list[Index] = [np.empty(0, np.intp)]
    for _ in range(size):
        inside = (place >= 0) & (place < size)
        query, place = query[inside], place[inside]
        most_steps -= len(query)
        if not len(query) or most_steps < 0:
            break
        matched, goes_on, following = step(query, place)
        queries.append(query[matched])
        places.append(place[matched])
        query, place = query[goes_on], following[goes_on]
    return np.concatenate(queries), np.concatenate(places), most_steps >= 0
