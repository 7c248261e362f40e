"""Headers of the symbol hash tables: DT_HASH (gABI, "Hash Table") and DT_GNU_HASH (binutils, ld, elflink.c)."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def sysv_hash(w: Words) -> Any:
    """Declare the head of a DT_HASH table with the 4-byte words that all but two machines use."""
    return c.Struct("nbucket" / w.word, "nchain" / w.word)


def sysv_hash_wide(w: Words) -> Any:
    """Declare the head of a DT_HASH table with the 8-byte words of ELF64 s390x and alpha."""
    wide = c.Int64ul if w.word is c.Int32ul else c.Int64ub
    return c.Struct("nbucket" / wide, "nchain" / wide)


def gnu_hash(w: Words) -> Any:
    """Declare the head of a DT_GNU_HASH table; bloom words, buckets and chain follow it."""
    return c.Struct("nbuckets" / w.word, "symoffset" / w.word, "bloom_size" / w.word, "bloom_shift" / w.word)
