"""The two symbol hash tables, as far as counting needs them.

DT_HASH: gABI, "Hash Table". DT_GNU_HASH: head, bloom words, buckets, then one chain word for each symbol from
``symoffset`` on, whose bit 0 marks the end of a chain; hashed symbols are the tail of the symbol table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_GNU_HASH, DT_HASH
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image

CHAIN_BLOCK = 4096  # chain words read at once while looking for the end of the last chain


class SysvHash(NamedTuple):
    """A DT_HASH table that passes its own test; ``word_size`` is 4, or 8 on ELF64 s390x and alpha."""

    offset: int
    word_size: int
    nbucket: int
    nchain: int


class GnuHash(NamedTuple):
    """Head and buckets of a DT_GNU_HASH table; ``chains`` is where its chain words begin."""

    offset: int
    symoffset: int
    bloom_size: int
    bloom_shift: int
    buckets: npt.NDArray[np.uint32]
    chains: Extent


def read_sysv_hash(image: Image) -> SysvHash | None:
    """Return the DT_HASH table; None if there is none, or neither word size gives one that holds together.

    lld writes 4-byte words where the psABI of s390x wants 8: the bytes decide, not the machine.
    """
    extent = _table(image, DT_HASH)
    if extent is None:
        return None
    heads = (image.layout.sysv_hash, image.layout.sysv_hash_wide)
    for record in heads if image.layout.word_size == 8 else heads[:1]:
        raw = image.source.view(extent.offset, record.size)
        if len(raw) < record.size:
            continue
        nbucket, nchain = record.reader.unpack(raw)
        table = SysvHash(extent.offset, record.size // 2, nbucket, nchain)
        if _holds_together(image, table, extent.size):
            return table
    return None


def _holds_together(image: Image, table: SysvHash, available: int) -> bool:
    words = table.nbucket + table.nchain
    size = (2 + words) * table.word_size
    if not table.nbucket or not table.nchain or size > available:
        return False
    body = image.source.view(table.offset + 2 * table.word_size, words * table.word_size)
    if len(body) < words * table.word_size:
        return False
    values = np.frombuffer(body, f"{image.layout.order}u{table.word_size}")
    return int(values.max()) < table.nchain


def read_gnu_hash(image: Image) -> GnuHash | None:
    """Return the DT_GNU_HASH table; None if there is none or its buckets do not lie in the file."""
    extent = _table(image, DT_GNU_HASH)
    record = image.layout.gnu_hash
    raw = image.source.view(extent.offset, record.size) if extent else b""
    if extent is None or len(raw) < record.size:
        return None
    nbuckets, symoffset, bloom_size, bloom_shift = record.reader.unpack(raw)
    start = record.size + bloom_size * image.layout.word_size
    end = start + nbuckets * 4
    if not nbuckets or end > extent.size:
        return None
    body = image.source.view(extent.offset + start, nbuckets * 4)
    if len(body) < nbuckets * 4:
        return None
    buckets = np.frombuffer(body, image.layout.order + "u4").astype(np.uint32)
    chains = Extent(extent.offset + end, extent.size - end)
    return GnuHash(extent.offset, symoffset, bloom_size, bloom_shift, buckets, chains)


def walked_count(image: Image, table: GnuHash) -> int | None:
    """Return one more than the index of the last hashed symbol; None if the walk leaves the table.

    The chain of the largest bucket is the last one: its end mark is on the last symbol. Bounded by the
    bytes of the segment that holds the table.
    """
    last = int(table.buckets.max())
    if last < table.symoffset:
        return None
    index = last - table.symoffset
    most = table.chains.size // 4
    while index < most:
        wanted = min(CHAIN_BLOCK, most - index)
        raw = image.source.view(table.chains.offset + index * 4, wanted * 4)
        words = np.frombuffer(raw[: len(raw) // 4 * 4], image.layout.order + "u4")
        ends = np.flatnonzero(words & np.uint32(1))
        if ends.size:
            return table.symoffset + index + int(ends[0]) + 1
        if len(words) < wanted:
            return None
        index += wanted
    return None


def _table(image: Image, tag: int) -> Extent | None:
    vaddr = image.dynamic.values.get(tag) if image.dynamic else None
    return None if vaddr is None else image.extent_of(vaddr)
