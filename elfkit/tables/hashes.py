"""The two symbol hash tables as they lie in the file.

DT_HASH: gABI, "Hash Table". DT_GNU_HASH: head, bloom words, buckets, then one chain word for each symbol from
``symoffset`` on, whose bit 0 marks the end of a chain; hashed symbols are the tail of the symbol table. DT_MIPS_XHASH
is a DT_GNU_HASH table with the index of each hashed symbol behind the chain words (binutils, elfxx-mips.c).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_GNU_HASH, DT_HASH, DT_MIPS_XHASH, tag_name
from elfkit.abi.header import EM_MIPS
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.tables.extents import table_extent, words_at

CHAIN_ENDS = bytes([byte & 1 for byte in range(256)])  # by the low byte of a chain word: 1 for the last of its chain
CHAIN_BLOCK = 64  # chain words read at first while looking for the end of the last chain


class SysvHash(NamedTuple):
    """A DT_HASH table that passes its own test; ``word_size`` is 4, or 8 on ELF64 s390x and alpha.

    ``buckets`` and ``chains`` hold symbol indices; there is a chain entry for each symbol.
    """

    offset: int
    word_size: int
    buckets: npt.NDArray[Any]
    chains: npt.NDArray[Any]


class SysvHead(NamedTuple):
    """What the head of a DT_HASH table says, not yet held against the table: ``raw`` are the bytes of nchain."""

    offset: int
    word_size: int
    bucket_count: int
    chain_count: int
    raw: bytes


class GnuHead(NamedTuple):
    """Head and buckets (uint32) of a DT_GNU_HASH table, and where its other words lie: enough to count symbols.

    ``raw`` are the bytes of the head's four fields.
    """

    tag: int
    offset: int
    symoffset: int
    bloom_shift: int
    bloom_words: Extent
    buckets: npt.NDArray[np.uint32]
    chain_words: Extent
    raw: bytes = b""

    @property
    def name(self) -> str:
        """The specification's name of the tag: DT_GNU_HASH or DT_MIPS_XHASH."""
        return tag_name(self.tag, EM_MIPS)


class GnuHash(NamedTuple):
    """A DT_GNU_HASH table as a whole: ``bloom`` is uint32 or uint64 by class, ``buckets`` and ``chains`` uint32.

    ``chains`` has a word for each hashed symbol; ``symbols`` are their indices in the symbol table.
    """

    head: GnuHead
    bloom: npt.NDArray[Any]
    buckets: npt.NDArray[np.uint32]
    chains: npt.NDArray[np.uint32]
    symbols: npt.NDArray[np.intp]


def read_sysv_head(image: Image) -> SysvHead | None:
    """Return the head of the DT_HASH table: with the words of 4 bytes, else of 8, with which it fits its segment."""
    return next(_sysv_heads(image), None)


def read_sysv_hash(image: Image) -> SysvHash | None:
    """Return the DT_HASH table; None if there is none, or neither word size gives one that holds together.

    lld writes 4-byte words where the psABI of s390x wants 8: the bytes decide, not the machine.
    """
    tables = (_sysv_hash(image, head) for head in _sysv_heads(image))
    return next((table for table in tables if table is not None), None)


def _sysv_heads(image: Image) -> Iterator[SysvHead]:
    extent = table_extent(image, DT_HASH)
    if extent is None:
        return
    records = (image.layout.sysv_hash, image.layout.sysv_hash_wide)
    for record in records if image.layout.word_size == 8 else records[:1]:
        raw = image.source.view(extent.offset, record.size)
        if len(raw) == record.size:
            nbucket, nchain = record.reader.unpack(raw)
            width = record.size // 2
            if nbucket and nchain and record.size + (nbucket + nchain) * width <= extent.size:
                yield SysvHead(extent.offset, width, nbucket, nchain, raw[width:])


def _sysv_hash(image: Image, head: SysvHead) -> SysvHash | None:
    """Return the table behind ``head``; None unless every index in it is one of its symbols."""
    width = head.word_size
    size = (head.bucket_count + head.chain_count) * width
    body = image.source.view(head.offset + 2 * width, size)
    if len(body) < size:
        return None
    values = np.frombuffer(body, f"{image.layout.order}u{width}")
    if int(values.max()) >= head.chain_count:
        return None
    return SysvHash(head.offset, width, values[: head.bucket_count], values[head.bucket_count :])


def gnu_tag(image: Image) -> int:
    """Return the tag of the table with GNU hashes that a loader uses: DT_MIPS_XHASH where MIPS has that."""
    values = image.dynamic.values if image.dynamic else {}
    return DT_MIPS_XHASH if image.header.machine == EM_MIPS and DT_MIPS_XHASH in values else DT_GNU_HASH


def read_gnu_head(image: Image) -> GnuHead | None:
    """Return head and buckets of DT_GNU_HASH, or of DT_MIPS_XHASH where MIPS has that.

    None if there is none or its buckets do not lie in the file.
    """
    tag = gnu_tag(image)
    extent = table_extent(image, tag)
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
    buckets = np.frombuffer(body, image.layout.order + "u4").astype(np.uint32, copy=False)
    bloom = Extent(extent.offset + record.size, start - record.size)
    chains = Extent(extent.offset + end, extent.size - end)
    return GnuHead(tag, extent.offset, symoffset, bloom_shift, bloom, buckets, chains, raw)


def read_gnu_hash(image: Image) -> GnuHash | None:
    """Return the whole table; None if there is none. Its chain words end where its last chain does."""
    head = read_gnu_head(image)
    if head is None:
        return None
    count = (walked_end(image, head) or head.symoffset) - head.symoffset
    bloom = words_at(image, head.bloom_words, image.layout.word_size)
    chains = words_at(image, head.chain_words, 4, count)
    symbols = np.arange(len(chains), dtype=np.intp) + head.symoffset
    if head.tag == DT_MIPS_XHASH:
        behind = Extent(head.chain_words.offset + 4 * count, head.chain_words.size - 4 * count)
        symbols = words_at(image, behind, 4, count).astype(np.intp)
        chains = chains[: len(symbols)]
    return GnuHash(head, bloom, head.buckets, chains, symbols)


def walked_end(image: Image, table: GnuHead) -> int | None:
    """Return ``symoffset`` plus the number of chain words; None if no bucket has a chain or the walk finds no end.

    The chain of the largest bucket is the last one: its end mark is on the last symbol. Bounded by the
    bytes of the segment that holds the table.
    """
    last = int(np.maximum.reduce(table.buckets))
    if last < table.symoffset or not last:
        return None
    place = last - table.symoffset
    most = table.chain_words.size // 4
    wanted = CHAIN_BLOCK
    low = 0 if image.layout.order == "<" else 3
    while place < most:
        wanted = min(wanted, most - place)
        raw = image.source.view(table.chain_words.offset + place * 4, wanted * 4)
        whole = len(raw) // 4
        end = raw[low : whole * 4 : 4].translate(CHAIN_ENDS).find(1)
        if end >= 0:
            return table.symoffset + place + end + 1
        if whole < wanted:
            return None
        place += wanted
        wanted *= 2  # a chain this long is no linker's: fewer, larger reads
    return None
