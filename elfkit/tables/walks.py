"""Walking the chains of a hash table, for many names at once.

A linker's chains are a few entries long: every walk takes a step, then every walk the next. Where few walks go on for
more, each is followed to its end alone: a chain of a megabyte that somebody made is one pass over it, not a quarter of
a million steps of numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.tables.hashes import GnuHash, SysvHash
from elfkit.tables.hashing import U32, Index

ROUNDS = 32  # steps that all walks take together before any is followed alone
MANY = 128  # walks: so many take a step faster together
BLOCK = 64  # chain words that a walk alone looks at first

Mask = npt.NDArray[np.bool_]


class Walk(NamedTuple):
    """Which query's hash is that of the entry at which place; ``unfinished`` are the queries whose chains go on."""

    query: Index
    place: Index
    unfinished: Index


class _Chains(NamedTuple):
    """A hash table as walks see it: ``size`` entries, told by their place.

    ``step`` says of each (query, place) whether the hashes are the same, whether the chain goes on, and where to;
    ``along`` gives the places from one to the end of its chain, at most so many.
    """

    size: int
    step: Callable[[Index, Index], tuple[Mask, Mask, Index]]
    along: Callable[[int, int], Index]


def walk_gnu(table: GnuHash, query: Index, wanted: U32, most_steps: int) -> Walk:
    """Walk the chain of each ``query``, a row of the hashes ``wanted``; places are those of chain words."""
    chains = table.chains
    start = table.buckets[wanted[query] % np.uint32(len(table.buckets))].astype(np.intp) - table.head.symoffset

    def step(query: Index, place: Index) -> tuple[Mask, Mask, Index]:
        words = chains[place]
        return ((words ^ wanted[query]) >> np.uint32(1)) == 0, (words & np.uint32(1)) == 0, place + 1

    def along(place: int, most: int) -> Index:
        block = BLOCK
        while True:
            words = chains[place : place + min(block, most)]
            ends = np.flatnonzero(words & np.uint32(1))
            if len(ends) or len(words) < block:
                return np.arange(place, place + (int(ends[0]) + 1 if len(ends) else len(words)))
            block *= 4  # what is looked at again is a third at most

    return _walk(_Chains(len(chains), step, along), query, start, most_steps)


def walk_sysv(table: SysvHash, hashes: U32, stored: U32, wanted: U32, most_steps: int) -> Walk:
    """Walk the chain of every name, by its SysV hash; places are symbol indices.

    The table holds no hashes: entries are compared by ``stored`` and ``wanted``, the GNU hashes of symbols and names.
    """
    chains = table.chains
    size = min(len(chains), len(stored))
    start = table.buckets[hashes % np.uint32(len(table.buckets))].astype(np.intp)
    query = np.flatnonzero(start)

    def step(query: Index, place: Index) -> tuple[Mask, Mask, Index]:
        following = chains[place].astype(np.intp)
        return stored[place] == wanted[query], following != 0, following

    def along(place: int, most: int) -> Index:
        places: list[int] = []
        while 0 < place < size and len(places) < most:
            places.append(place)
            place = chains.item(place)
        return np.array(places, np.intp)

    return _walk(_Chains(size, step, along), query, start[query], most_steps)


Found = list[tuple[Index, Index]]


def _walk(chains: _Chains, query: Index, place: Index, most_steps: int) -> Walk:
    """Take all walks one step at a time, and those that are left alone, until each has come to its end.

    No walk is longer than the table, so that a cycle ends too.
    """
    found: Found = [(query[:0], place[:0])]
    unfinished = query[:0]
    for number in range(chains.size):
        inside = (place >= 0) & (place < chains.size)
        query, place = query[inside], place[inside]
        if len(query) > most_steps:
            unfinished = query
            break
        if not len(query) or (number >= ROUNDS and len(query) < MANY):
            unfinished = _one_by_one(chains, query, place, most_steps, found)
            break
        most_steps -= len(query)
        matched, goes_on, following = chains.step(query, place)
        found.append((query[matched], place[matched]))
        query, place = query[goes_on], following[goes_on]
    queries, places = zip(*found, strict=True)
    return Walk(np.concatenate(queries), np.concatenate(places), unfinished)


def _one_by_one(chains: _Chains, query: Index, place: Index, most_steps: int, found: Found) -> Index:
    """Follow each walk to its end and add to ``found``; return the queries for which the steps did not suffice."""
    for number, start in enumerate(place.tolist()):
        one = query[number : number + 1]
        along = chains.along(start, min(chains.size, most_steps + 1))
        walked = along[:most_steps]
        matched = walked[chains.step(one, walked)[0]]
        found.append((np.repeat(one, len(matched)), matched))
        if len(along) > most_steps:
            return query[number:]
        most_steps -= len(along)
    return query[:0]
