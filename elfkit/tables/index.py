"""A hash table together with the names it leads to: what lookups need, without the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.tables.hashes import GnuHash, SysvHash
from elfkit.tables.hashing import gnu_hash, sysv_hash
from elfkit.tables.lookup import Matches, Names, find, names_in, packed_names


class ChainPlace(NamedTuple):
    """Where a lookup finds a symbol: the table, the name's hash, its bucket, and the place in the chain from 0."""

    table: str
    hash: int
    bucket: int
    position: int


class HashIndex:
    """Finds names in one image's symbols by its hash table."""

    def __init__(
        self, table: GnuHash | SysvHash, strings: bytes, name_offsets: npt.NDArray[np.uint32], most_steps: int
    ) -> None:
        self.table = table
        self._strings = strings
        self._name_offsets = name_offsets
        self.most_steps = most_steps

    @cached_property
    def names(self) -> Names:
        """The name of each symbol, as places in the string table."""
        return names_in(self._strings, self._name_offsets)

    def find(self, wanted: Sequence[bytes]) -> Matches:
        """Return which symbols bear the ``wanted`` names; a name with a NUL in it finds none."""
        usable = np.fromiter((b"\0" not in name for name in wanted), np.bool_, len(wanted))
        clean = [name if b"\0" not in name else b"" for name in wanted]
        query, symbol, unfinished = find(self.table, self.names, packed_names(clean), most_steps=self.most_steps)
        keep = usable[query]
        return Matches(query[keep], symbol[keep], unfinished[usable[unfinished]])

    def place(self, name: bytes, symbol: int) -> ChainPlace:
        """Return by which bucket, and how far down its chain, ``symbol`` is found when ``name`` is looked up.

        ``position`` is -1 where the chain does not lead to it.
        """
        if isinstance(self.table, GnuHash):
            value = gnu_hash(name)
            bucket = value % len(self.table.buckets)
            return ChainPlace(self.table.head.name, value, bucket, _gnu_position(self.table, bucket, symbol))
        value = sysv_hash(name)
        bucket = value % len(self.table.buckets)
        return ChainPlace("DT_HASH", value, bucket, _sysv_position(self.table, bucket, symbol))


def _gnu_position(table: GnuHash, bucket: int, symbol: int) -> int:
    start = int(table.buckets[bucket]) - table.head.symoffset
    place = next(iter(np.flatnonzero(table.symbols == symbol).tolist()), -1)
    leads = 0 <= start <= place and not (table.chains[start:place] & np.uint32(1)).any()
    return place - start if leads else -1


def _sysv_position(table: SysvHash, bucket: int, symbol: int) -> int:
    here = int(table.buckets[bucket])
    for position in range(len(table.chains)):
        if not here:
            break
        if here == symbol:
            return position
        here = int(table.chains[here])
    return -1
