"""Which release of a C library a file is, by the texts that its build puts into it.

glibc: the banner of csu/version.c; musl: what its loader prints when it is run without arguments, and __libc_version.
"""

from __future__ import annotations

import re
from itertools import islice

from elfkit.abi.libc import GLIBC, libc_of_name
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image

MOST_BYTES = 8 << 20  # of one segment: libc.so.6 has some 2 MB
MOST_SEGMENTS = 8  # C libraries have two to six
MOST_TEXTS = 64  # that look like a release
GLIBC_BANNER = re.compile(rb"GNU C Library [^\0\n]{0,200}release version (\d{1,3}(?:\.\d{1,3}){1,2})")
MUSL_BANNER = b"musl libc ("
MUSL_VERSION = re.compile(rb"(?<=\0)(\d\.\d{1,2}\.\d{1,3})(?:-git[-0-9a-g]{0,40})?\0")
NO_LIBC: Fact[str | None] = Fact(None, Certainty.DERIVED)
UNKNOWN: Fact[str | None] = Fact(None, Certainty.UNKNOWN)


def libc_release_fact(image: Image, soname: str | None, needed: tuple[str, ...]) -> Fact[str | None]:
    """The release of the C library that the file itself is ("2.36", "1.2.5"); None for every other file.

    Looked at are files with the DT_SONAME of a C library, and those with neither DT_SONAME nor DT_NEEDED: musl's
    libc.so is its loader too, and has no other name. Unknown for a C library that does not say.
    """
    if image.dynamic is None or (soname is None and needed):
        return NO_LIBC
    libc = libc_of_name(soname) if soname else None
    if soname is not None and libc is None:
        return NO_LIBC
    for load in image.loads[:MOST_SEGMENTS]:
        raw = image.source.view(load.offset, min(load.filesz, MOST_BYTES))
        found = _glibc(raw) if libc == GLIBC else _musl(raw)
        if found is not None:
            proof = Evidence("release text", load.offset + found.start(1), found[1], found[1].decode("ascii"))
            return Fact(found[1].decode("ascii"), Certainty.DERIVED, (proof,))
    return UNKNOWN if libc else NO_LIBC


def _glibc(raw: bytes) -> re.Match[bytes] | None:
    return GLIBC_BANNER.search(raw)


def _musl(raw: bytes) -> re.Match[bytes] | None:
    """Return the one text that can be a release in a segment with musl's banner; None where several can."""
    if MUSL_BANNER not in raw:
        return None
    found = list(islice(MUSL_VERSION.finditer(raw), MOST_TEXTS))
    return found[0] if len({match[1] for match in found}) == 1 else None
