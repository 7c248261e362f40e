"""A small ld.so.cache, as ldconfig writes it: no ldconfig of this machine takes libraries of all others.

Layout: glibc sysdeps/generic/dl-cache.h, struct cache_file_new and struct file_entry_new. The loader that reads it is
the witness.
"""

import struct
from collections.abc import Callable

from tests.oracle.targets import Target

MAGIC = b"glibc-ld.so.cache1.1"
HEADER, ENTRY = "IIB3xI12x", "iIIIQ"
BIG = ("s390x", "mips soft", "powerpc soft")


def ld_so_cache(name: str, path: str) -> Callable[[Target], bytes]:
    """What writes a cache with one entry for a target."""

    def write(target: Target) -> bytes:
        big = target.name.removeprefix(f"{target.libc} ") in BIG
        order = ">" if big else "<"
        strings = f"{name}\0{path}\0".encode()
        begin = len(MAGIC) + struct.calcsize(order + HEADER) + struct.calcsize(order + ENTRY)
        header = struct.pack(order + HEADER, 1, len(strings), 3 if big else 2, 0)
        entry = struct.pack(order + ENTRY, target.cache_flags, begin, begin + len(name) + 1, 0, 0)
        return MAGIC + header + entry + strings

    return write
