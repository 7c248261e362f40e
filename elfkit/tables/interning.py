"""Names of many string tables as small numbers: equal names get equal numbers.

Names are hashed eight bytes at a time, all names at once, and what the hashes say is confirmed by the bytes: whoever
makes two names with one hash gains nothing. Only names that somebody wants get a number; of what is offered most has a
name that nobody asks for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.tables.distinct import numbered

U64 = npt.NDArray[np.uint64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

STRIDE = 8  # bytes looked at at once
AT_ONCE = 1 << 14  # names: their columns fit into the cache of a CPU, and more of them take no more memory
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits evenly spread
SHIFT = np.uint64(29)
ONES, HIGHS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
ALL, ONE, SEVEN = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(1), np.uint64(7)
FILTER_BITS = 22  # of a hash: names that nobody wants are mostly told by them


class Interned(NamedTuple):
    """The number of each wanted and of each offered name, -1 for an offered one that nobody wants.

    ``places`` is where the name of each number stands in the bytes; ``unread`` and ``offered_unread`` are False but for
    names that were not read to their end because that takes more work than was allowed: their number is -1.
    """

    wanted: Index
    offered: Index
    places: Index
    unread: Mask
    offered_unread: Mask


def intern_names(strings: bytes, wanted: Index, offered: Index, *, most_words: int) -> Interned:
    """Return the numbers of the NUL-ended names at the places ``wanted`` and ``offered`` of ``strings``.

    ``strings`` ends with at least eight NULs. At most ``most_words`` words of eight bytes are read for the hashes, and
    as many again to confirm them.
    """
    windows = _windows(strings)
    asked, asked_whole, left = _hashes(windows, wanted, most_words)
    given, given_whole, _ = _hashes(windows, offered, left)
    read = np.flatnonzero(asked_whole)
    known, numbers = numbered(asked[read])
    first = np.zeros(len(known), np.intp)
    number = np.full(len(wanted), -1, np.intp)
    number[read] = numbers
    first[number[read[::-1]]] = wanted[read[::-1]]
    candidates = np.flatnonzero(_filter(known, given) & given_whole)
    matched = np.full(len(offered), -1, np.intp)
    matched[candidates] = _numbers(known, given[candidates])
    exact = candidates[known[matched[candidates]] == given[candidates]] if len(known) else candidates[:0]
    rest = np.ones(len(offered), np.bool_)
    rest[exact] = False
    matched[rest] = -1
    named = _confirmed(strings, windows, _Claims(wanted, number, offered, matched, first))
    return Interned(*named, ~asked_whole, ~given_whole)


class _Claims(NamedTuple):
    """Which number each name has by its hash."""

    wanted: Index
    number: Index
    offered: Index
    matched: Index
    first: Index


def _windows(strings: bytes) -> U64:
    """Return the eight bytes at every place, as little-endian words."""
    return np.ndarray((max(len(strings) - STRIDE + 1, 0),), "<u8", strings, 0, (1,))


def _words(windows: U64, places: Index) -> tuple[U64, Mask]:
    """Return the words at ``places``, what follows a NUL cleared, and whether they hold one."""
    words = windows[places]
    zeros = (words - ONES) & ~words & HIGHS
    ended = zeros != 0
    lowest = zeros & (~zeros + ONE)  # the high bit of the first NUL
    words &= np.where(ended, (lowest >> SEVEN) - ONE, ALL)
    return words, ended


def _hashes(windows: U64, places: Index, most_words: int) -> tuple[U64, Mask, int]:
    """Return a hash of each name, which names were read to their end, and how many words may still be read."""
    hashes = np.zeros(len(places), np.uint64)
    whole = np.ones(len(places), np.bool_)
    left = most_words
    for start in range(0, len(places), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        left = _hash(windows, places[some], hashes[some], whole[some], left)
    return hashes, whole, left


def _hash(windows: U64, places: Index, hashes: U64, whole: Mask, left: int) -> int:
    """Fill in ``hashes`` and ``whole`` and return how many words may still be read, below 0 if that was too many."""
    active = np.arange(len(places))
    here = places
    while active.size:
        left -= active.size
        if left < 0:
            whole[active] = False
            break
        words, ended = _words(windows, here)
        mixed = (hashes[active] ^ words) * FACTOR
        mixed ^= mixed >> SHIFT
        hashes[active] = mixed
        going = ~ended
        active, here = active[going], here[going] + STRIDE
    return left


def _numbers(known: U64, hashes: U64) -> Index:
    """Return where each hash stands, or would stand, among the ``known`` ones."""
    return np.minimum(np.searchsorted(known, hashes), max(len(known) - 1, 0))


def _filter(known: U64, hashes: U64) -> Mask:
    """Return which hashes may be among the ``known`` ones."""
    shift = np.uint64(64 - FILTER_BITS)
    table = np.zeros(1 << FILTER_BITS, np.bool_)
    table[(known >> shift).astype(np.intp)] = True
    passed: Mask = table[(hashes >> shift).astype(np.intp)]
    return passed


def _differing(windows: U64, one: Index, two: Index) -> Index:
    """Return which pairs of names differ; they have the same hash, so hardly one does."""
    differing: list[Index] = [np.empty(0, np.intp)]
    for start in range(0, len(one), AT_ONCE):
        active = start + np.flatnonzero(one[start : start + AT_ONCE] != two[start : start + AT_ONCE])
        left, right = one[active], two[active]
        while active.size:
            first, ended = _words(windows, left)
            second, _ = _words(windows, right)
            same = first == second
            differing.append(active[~same])
            going = same & ~ended
            active, left, right = active[going], left[going] + STRIDE, right[going] + STRIDE
    return np.concatenate(differing)


def _confirmed(strings: bytes, windows: U64, claims: _Claims) -> tuple[Index, Index, Index]:
    """Return numbers of wanted and offered names and the place of each number's name, the bytes compared."""
    wanted, number, offered, matched, first = claims
    sure = np.flatnonzero(number >= 0)
    odd = sure[_differing(windows, wanted[sure], first[number[sure]])]
    hits = np.flatnonzero(matched >= 0)
    strange = hits[_differing(windows, offered[hits], first[matched[hits]])]
    more: dict[bytes, int] = {}
    places: list[int] = []
    for row in odd.tolist():
        place = int(wanted[row])
        name = name_at(strings, place)
        if name not in more:
            more[name] = len(first) + len(more)
            places.append(place)
        number[row] = more[name]
    for row in strange.tolist():
        matched[row] = more.get(name_at(strings, int(offered[row])), -1)
    return number, matched, np.concatenate([first, np.array(places, np.intp)])


def name_at(strings: bytes, place: int) -> bytes:
    """Return the name that stands at ``place``."""
    return strings[place : strings.index(b"\0", place)]
