"""Records of /etc/ld.so.cache (glibc sysdeps/generic/dl-cache.h), the same in both classes.

The words have the byte order of the machine that the cache is for.
"""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def cache_file(w: Words) -> Any:
    """Declare struct cache_file, the head of the old format, which uClibc reads too."""
    return c.Struct("magic" / c.Bytes(11), "padding" / c.Bytes(1), "nlibs" / w.word)


def file_entry(w: Words) -> Any:
    """Declare struct file_entry; ``key`` and ``value`` count from the end of the entries."""
    return c.Struct("flags" / w.word, "key" / w.word, "value" / w.word)


def cache_file_new(w: Words) -> Any:
    """Declare struct cache_file_new; ``flags`` are 2 (little-endian), 3 (big-endian) or 0 (before 2.33)."""
    return c.Struct(
        "magic" / c.Bytes(17),
        "version" / c.Bytes(3),
        "nlibs" / w.word,
        "len_strings" / w.word,
        "flags" / c.Int8ub,
        "padding" / c.Bytes(3),
        "extension_offset" / w.word,
        "unused" / c.Bytes(12),
    )


def file_entry_new(w: Words) -> Any:
    """Declare struct file_entry_new; ``key`` and ``value`` count from the new header, ``hwcap`` is 64 bits wide."""
    wide = c.Int64ul if w.word is c.Int32ul else c.Int64ub
    return c.Struct("flags" / w.word, "key" / w.word, "value" / w.word, "osversion" / w.word, "hwcap" / wide)


def cache_extension(w: Words) -> Any:
    """Declare struct cache_extension, whose sections follow."""
    return c.Struct("magic" / w.word, "count" / w.word)


def cache_extension_section(w: Words) -> Any:
    """Declare struct cache_extension_section; ``offset`` counts from the beginning of the file."""
    return c.Struct("tag" / w.word, "flags" / w.word, "offset" / w.word, "size" / w.word)
