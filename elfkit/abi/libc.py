"""Which C library a shared object name belongs to.

Names as the libraries' own build systems give them: glibc (shlib-versions: libc.so.6, 6.1 on alpha and ia64,
0.3 on Hurd), musl (libc.so without DT_SONAME; Alpine's libc.musl-<arch>.so.1), uClibc and uClibc-ng (libc.so.0,
libc.so.1), bionic (libc.so beside libm.so and libdl.so, which musl's programs never need: they are empty archives).
"""

from __future__ import annotations

from functools import lru_cache

GLIBC, MUSL, UCLIBC, BIONIC = "glibc", "musl", "uclibc", "bionic"

LIBC_BY_NAME = {
    "libc.so.6": GLIBC,
    "libc.so.6.1": GLIBC,
    "libc.so.0.3": GLIBC,
    "libc.so.0": UCLIBC,
    "libc.so.1": UCLIBC,
    "libc.so": MUSL,
}
BIONIC_COMPANIONS = frozenset({"libm.so", "libdl.so"})
ALPINE_PREFIX = "libc.musl-"


@lru_cache(4096)
def libc_of_name(name: str) -> str | None:
    """Return the C library that calls itself ``name``; None for any other library."""
    if name.startswith(ALPINE_PREFIX):
        return MUSL
    return LIBC_BY_NAME.get(name)


def libc_of_needed(needed: tuple[str, ...]) -> tuple[str, str] | None:
    """Return (C library, the name that shows it) for a list of DT_NEEDED names; None where none tells.

    >>> libc_of_needed(("libm.so", "libc.so"))
    ('bionic', 'libc.so')
    """
    for name in needed:
        libc = libc_of_name(name)
        if libc is not None:
            bionic = libc == MUSL and name == "libc.so" and not BIONIC_COMPANIONS.isdisjoint(needed)
            return (BIONIC if bionic else libc), name
    return None
