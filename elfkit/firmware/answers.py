"""Which image answers which request: a request is a name with the version that is asked for, 0 for none.

Requests are numbered over the whole tree; what an image answers is one sorted column of image * requests + request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from elfkit.abi.binding import BindingRules
from elfkit.abi.symbols import VERSYM_HIDDEN, VERSYM_VERSION
from elfkit.tables.distinct import numbered
from elfkit.tables.linkage import Linkage
from elfkit.tables.pool import Columns, Pool

Index = npt.NDArray[np.intp]
FIRST_NAMED = 2  # 0 and 1 in DT_VERSYM name no version
FILTER_BITS = 22
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits evenly spread


class VersionNumbers:
    """Version names as numbers over the whole tree, 0 for none; what each image calls them is looked up at once."""

    def __init__(self, linkages: Sequence[Linkage]) -> None:
        self.names: list[str] = [""]
        numbers: dict[str, int] = {"": 0}
        flat: list[int] = []
        bases: list[int] = []
        sizes: list[int] = []
        for linkage in linkages:
            own = {row.number: row.name for row in linkage.needed} | {row.number: row.name for row in linkage.defined}
            size = max(own, default=0) + 1
            bases.append(len(flat))
            sizes.append(size)
            row = [0] * size
            for number, name in own.items():
                if number >= FIRST_NAMED:
                    row[number] = numbers.setdefault(name, len(numbers))
            flat += row
        self.names = list(numbers)
        self._flat = np.array(flat, np.intp)
        self._bases = np.array(bases, np.intp)
        self._sizes = np.array(sizes, np.intp)

    def of(self, symbols: Columns) -> Index:
        """Return the number of each symbol's version; 0 where it has none, or one that has no name."""
        number = (symbols.version & np.uint16(VERSYM_VERSION)).astype(np.intp)
        inside = number < self._sizes[symbols.image]
        found = np.zeros(len(number), np.intp)
        found[inside] = self._flat[self._bases[symbols.image[inside]] + number[inside]]
        return found


class Answers:
    """What every image of a tree answers, for requests that somebody makes."""

    def __init__(self, found: Pool, linkages: Sequence[Linkage], rules: Sequence[BindingRules]) -> None:
        references = found.references
        self.versions = VersionNumbers(linkages)
        count = len(self.versions.names)
        by_version = np.array([row.versions for row in rules], np.bool_)
        asked = np.where(by_version[references.image], self.versions.of(references), 0)
        keys = references.name * count + asked
        self._keys, requests = numbered(keys)
        self.request: Index = requests
        """The request of each reference of the pool."""
        self.total = max(len(self._keys), 1)
        self._count = count
        self._fill(found, linkages, rules)

    def _fill(self, found: Pool, linkages: Sequence[Linkage], rules: Sequence[BindingRules]) -> None:
        rows = np.flatnonzero(_acceptable(found.definitions, rules))
        symbols = found.definitions.at(rows)
        image = symbols.image
        number = symbols.version & np.uint16(VERSYM_VERSION)
        shown = (symbols.version & np.uint16(VERSYM_HIDDEN)) == 0
        unversioned = np.array([not linkage.versym for linkage in linkages], np.bool_)[image]
        by_version = np.array([row.versions for row in rules], np.bool_)[image]
        hidden_too = np.array([row.hidden_answers for row in rules], np.bool_)[image]
        # of glibc's check_match: no version table answers all, no version all but where it is hidden
        every = by_version & (unversioned | ((number < FIRST_NAMED) & shown))
        plain = shown | hidden_too | unversioned | (by_version & (number <= FIRST_NAMED))
        exact = by_version & ~every & (number >= FIRST_NAMED)
        version = self.versions.of(symbols)
        pairs = [
            self._every(rows[every], symbols.name[every]),
            self._one(rows[plain & ~every], symbols.name[plain & ~every], 0),
            self._one(rows[exact], symbols.name[exact], version[exact]),
        ]
        row, request = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
        keys = found.definitions.image[row] * self.total + request
        order = np.argsort(keys, kind="stable")
        self._answers, self._rows = keys[order], row[order]
        self._filter = np.zeros(1 << FILTER_BITS, np.bool_)
        self._filter[_slot(self._answers)] = True

    def _one(self, rows: Index, names: Index, version: Index | int) -> tuple[Index, Index]:
        """Return (row, request) for definitions that answer one request each, where somebody makes it."""
        keys = names * self._count + version
        place = np.minimum(np.searchsorted(self._keys, keys), self.total - 1)
        made = self._keys[place] == keys if len(self._keys) else np.zeros(len(keys), np.bool_)
        return rows[made], place[made]

    def _every(self, rows: Index, names: Index) -> tuple[Index, Index]:
        """Return (row, request) for definitions that answer every request for their name."""
        first = np.searchsorted(self._keys, names * self._count)
        counts = np.searchsorted(self._keys, (names + 1) * self._count) - first
        offsets = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(rows, counts), np.repeat(first, counts) + offsets

    def find(self, image: Index, request: Index) -> Index:
        """Return the definition (row of the pool's) by which each image answers each request; -1 where it does not."""
        keys = image * self.total + request
        found = np.full(len(keys), -1, np.intp)
        likely = np.flatnonzero(self._filter[_slot(keys)])
        if likely.size:
            place = np.minimum(np.searchsorted(self._answers, keys[likely]), len(self._answers) - 1)
            hit = self._answers[place] == keys[likely]
            found[likely[hit]] = self._rows[place[hit]]
        return found

    def answering(self, requests: Index) -> dict[int, list[int]]:
        """Return the images that answer each of ``requests``, in their order."""
        wanted = np.zeros(self.total, np.bool_)
        wanted[requests] = True
        image, request = np.divmod(self._answers, self.total)
        found: dict[int, list[int]] = {}
        for place in np.flatnonzero(wanted[request]).tolist():
            found.setdefault(int(request[place]), []).append(int(image[place]))
        return found


def _slot(keys: Index) -> Index:
    mixed = keys.astype(np.uint64) * SPREAD
    return (mixed >> np.uint64(64 - FILTER_BITS)).astype(np.intp)


def _acceptable(symbols: Columns, rules: Iterable[BindingRules]) -> npt.NDArray[Any]:
    """Return which definitions have a type and a binding that their loader accepts."""
    rows = tuple(rules)
    types = np.array([row.types for row in rows], np.uint32)[symbols.image]
    bindings = np.array([row.bindings for row in rows], np.uint32)[symbols.image]
    accepted: npt.NDArray[Any] = ((types >> symbols.type) & (bindings >> symbols.binding) & np.uint32(1)) != 0
    return accepted
