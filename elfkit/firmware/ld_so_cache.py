"""What an ld.so.cache lists: for each name the files that a loader takes, in the order in which it meets them.

Both formats are read, in both byte orders. Every number in the file is a claim: entries are counted by the bytes that
are there, names are bounded one by one and all together, and what contradicts itself makes the whole cache unusable,
as it does for glibc (elf/dl-cache.c).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from elfkit.abi.header import DATA_OF_ORDER
from elfkit.abi.ld_so_cache import (
    CACHE_BIG,
    CACHE_EXTENSION_HWCAPS,
    CACHE_EXTENSION_MAGIC,
    CACHE_LITTLE,
    CACHE_MAGIC,
    CACHE_MAGIC_NEW,
    CACHE_VERSION,
    HWCAP_EXTENSION,
)
from elfkit.formats.layout import Layout, layout

LONGEST_NAME = 4096  # PATH_MAX of Linux
MOST_OF_ONE_NAME = 64  # entries: some directories, each with some CPUs
MOST_SECTIONS = 16  # of the extension; glibc writes two
ALIGNMENTS = (8, 4)  # of the new header behind old entries, by machine


class CacheEntry(NamedTuple):
    """One file that the cache lists: ``flags`` tell the ABI, ``cpu`` what the CPU must have ("" for any)."""

    name: str
    path: str
    flags: int
    cpu: str


class LdSoCache(NamedTuple):
    """What a cache lists by name, or ``fault``, why its loader does not use it."""

    entries: Mapping[str, tuple[CacheEntry, ...]]
    fault: str = ""

    def fitting(self, flags: frozenset[int]) -> LdSoCache:
        """Return the cache without the entries of other ABIs."""
        kept = {
            name: tuple([e for e in entries if e.flags in flags][:MOST_OF_ONE_NAME])
            for name, entries in self.entries.items()
        }
        return LdSoCache({name: entries for name, entries in kept.items() if entries}, self.fault)


class _DamageError(Exception):
    """The cache contradicts itself; the argument says how."""


def read_cache(raw: bytes, data: str, *, old: bool = False) -> LdSoCache:
    """Read the bytes of a cache as a loader of byte order ``data`` does; an ``old`` one knows the old format alone.

    >>> read_cache(b"ld.so-1.7.0", "little").fault
    'it ends within its header'
    """
    if data not in DATA_OF_ORDER:
        return LdSoCache({}, "the byte order is not known")
    try:
        return LdSoCache(_by_name(_entries(_Bytes(raw, layout(2, DATA_OF_ORDER[data])), old=old)))
    except _DamageError as fault:
        return LdSoCache({}, str(fault))


def _by_name(entries: Iterable[CacheEntry]) -> dict[str, tuple[CacheEntry, ...]]:
    found: dict[str, list[CacheEntry]] = {}
    for entry in entries:
        found.setdefault(entry.name, []).append(entry)
    return {name: tuple(kept) for name, kept in found.items()}


class _Bytes:
    """The bytes of one cache, its records in one byte order, and how much text may still be taken out of it."""

    def __init__(self, raw: bytes, layout_: Layout) -> None:
        self.raw = raw
        self.layout = layout_
        self.text_left = 4 * len(raw)  # strings may share their ends, not everything

    def record(self, name: str, offset: int) -> dict[str, int | bytes]:
        record = getattr(self.layout, name)
        if offset < 0 or offset + record.size > len(self.raw):
            raise _DamageError("it ends within its header")
        return dict(zip(record.codes, record.reader.unpack_from(self.raw, offset), strict=True))

    def rows(self, name: str, offset: int, count: int) -> list[tuple[int, ...]]:
        record = getattr(self.layout, name)
        end = offset + count * record.size
        if end > len(self.raw):
            raise _DamageError(f"it has no room for {count:,} entries")
        return list(record.reader.iter_unpack(self.raw[offset:end]))

    def text(self, offset: int) -> str:
        end = self.raw.find(b"\0", offset, offset + LONGEST_NAME)
        if end < 0 or offset >= len(self.raw):
            raise _DamageError("a name lies outside of it")
        self.text_left -= end - offset
        if self.text_left < 0:
            raise _DamageError("its names overlap")
        return self.raw[offset:end].decode("utf-8", "surrogateescape")


def _entries(cache: _Bytes, *, old: bool) -> list[CacheEntry]:
    if not cache.raw.startswith(CACHE_MAGIC):
        if old or not cache.raw.startswith(CACHE_MAGIC_NEW):
            raise _DamageError("its magic number is another")
        return _new_entries(cache, 0)
    count = int(cache.record("cache_file", 0)["nlibs"])
    head, size = cache.layout.cache_file.size, cache.layout.file_entry.size
    end = head + count * size
    if not old:
        for alignment in ALIGNMENTS:
            start = -(-end // alignment) * alignment
            if cache.raw.startswith(CACHE_MAGIC_NEW, start):
                return _new_entries(cache, start)
    rows = cache.rows("file_entry", head, count)
    return [CacheEntry(cache.text(end + key), cache.text(end + value), flags, "") for flags, key, value in rows]


def _new_entries(cache: _Bytes, start: int) -> list[CacheEntry]:
    head = cache.record("cache_file_new", start)
    if head["version"] != CACHE_VERSION:
        raise _DamageError("its version is another")
    order = CACHE_LITTLE if cache.layout.data == 1 else CACHE_BIG
    if head["flags"] not in (0, order):
        raise _DamageError("it is for a machine of the other byte order")
    rows = cache.rows("file_entry_new", start + cache.layout.cache_file_new.size, int(head["nlibs"]))
    cpus = _hwcap_names(cache, start, int(head["extension_offset"])) if head["flags"] else []
    return [
        CacheEntry(cache.text(start + key), cache.text(start + value), flags, _cpu(hwcap, cpus))
        for flags, key, value, _, hwcap in rows
    ]


def _hwcap_names(cache: _Bytes, start: int, offset: int) -> list[str]:
    """Return the names of the glibc-hwcaps subdirectories that entries refer to by index.

    The offsets of the extension count from the beginning of the file, those of names from the new header.
    """
    if not offset:
        return []
    head = cache.record("cache_extension", offset)
    if head["magic"] != CACHE_EXTENSION_MAGIC:
        raise _DamageError("its extension has another magic number")
    place = offset + cache.layout.cache_extension.size
    for tag, _, where, size in cache.rows("cache_extension_section", place, min(int(head["count"]), MOST_SECTIONS)):
        if tag == CACHE_EXTENSION_HWCAPS:
            raw = cache.raw[where : where + size // 4 * 4]
            order = "little" if cache.layout.data == 1 else "big"
            numbers = [int.from_bytes(raw[i : i + 4], order) for i in range(0, len(raw), 4)]  # type: ignore[arg-type]
            return [cache.text(start + number) for number in numbers]
    return []


def _cpu(hwcap: int, names: list[str]) -> str:
    if not hwcap:
        return ""
    index = hwcap & 0xFFFF_FFFF
    if hwcap & HWCAP_EXTENSION and index < len(names):
        return names[index]
    return f"hwcap {hwcap:#x}"
