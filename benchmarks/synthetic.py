"""Shared libraries of any number of symbols, written by numpy in no time: 64 bits, little-endian, DT_GNU_HASH."""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_X86_64
from elfkit.formats.layout import layout
from elfkit.tables.hashing import gnu_hashes

RECORDS = layout(2, 1)
BLOOM_SHIFT = 26


def names(count: int) -> tuple[bytes, npt.NDArray[np.uint32]]:
    """A string table of `count` names of some 20 to 60 bytes, and where each begins."""
    spelled = [b"_ZN%d_library%dfunction_%s%dEv" % (n % 97, n % 7, b"argument" * (n % 5), n) for n in range(count)]
    lengths = np.fromiter(map(len, spelled), np.int64, count) + 1
    return b"\0" + b"\0".join(spelled) + b"\0", (np.cumsum(lengths) - lengths + 1).astype(np.uint32)


def hash_table(hashes: npt.NDArray[np.uint32]) -> tuple[bytes, npt.NDArray[np.intp]]:
    """A DT_GNU_HASH table over all symbols, and the order in which the symbols must stand."""
    buckets = np.uint32(max(1, len(hashes) // 4))
    order = np.argsort(hashes % buckets, kind="stable")
    sorted_hashes = hashes[order]
    bucket = sorted_hashes % buckets
    first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1]))
    heads = np.zeros(int(buckets), np.uint32)
    heads[bucket[first]] = first + 1
    last = np.append(first[1:], len(hashes)) - 1
    chains = sorted_hashes & np.uint32(0xFFFFFFFE)
    chains[last] |= np.uint32(1)
    words = 1 << max(0, (len(hashes) * 12 // 64).bit_length())
    bloom = np.zeros(words, np.uint64)
    place = (hashes // np.uint32(64)) % np.uint32(words)
    for bit in (hashes % np.uint32(64), (hashes >> np.uint32(BLOOM_SHIFT)) % np.uint32(64)):
        np.bitwise_or.at(bloom, place, np.uint64(1) << bit.astype(np.uint64))
    head = struct.pack("<4I", buckets, 1, words, BLOOM_SHIFT)
    return head + bloom.tobytes() + heads.tobytes() + chains.tobytes(), order


def symbols(starts: npt.NDArray[np.uint32]) -> npt.NDArray[Any]:
    rows = np.zeros(len(starts) + 1, RECORDS.sym.dtype)
    rows["st_name"][1:] = starts
    rows["st_info"][1:] = 0x12  # STB_GLOBAL, STT_FUNC
    rows["st_shndx"][1:] = 1
    rows["st_value"][1:] = np.arange(1, len(rows)) * 16
    return rows


def library(count: int) -> bytes:
    """The file: headers, symbols, names, hash table, dynamic section; mapped as it lies, at address 0."""
    strings, starts = names(count)
    table, order = hash_table(gnu_hashes(strings, starts))
    blobs = [symbols(starts[order]).tobytes(), strings + bytes(-len(strings) % 8), table + bytes(-len(table) % 8)]
    at = [64 + 2 * 56]
    for blob in blobs:
        at.append(at[-1] + len(blob))
    entries = (
        *((dt.DT_SYMTAB, at[0]), (dt.DT_SYMENT, 24), (dt.DT_STRTAB, at[1]), (dt.DT_STRSZ, len(strings))),
        *((dt.DT_GNU_HASH, at[2]), (dt.DT_NULL, 0)),
    )
    dynamic = b"".join(struct.pack("<2Q", *entry) for entry in entries)
    size = at[3] + len(dynamic)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = RECORDS.ehdr.reader.pack(ident, 3, EM_X86_64, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    head += struct.pack("<2I6Q", 1, 4, 0, 0, 0, size, size, 4096)  # PT_LOAD
    head += struct.pack("<2I6Q", 2, 4, at[3], at[3], at[3], len(dynamic), len(dynamic), 8)  # PT_DYNAMIC
    return b"".join([head, *blobs, dynamic])
