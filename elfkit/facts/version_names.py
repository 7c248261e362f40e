"""The GLIBC_ABI_* versions: what a file needs of glibc's loader, and what a glibc says that its loader can do.

They name no symbols (glibc elf/Versions). A file with DT_RELR needs GLIBC_ABI_DT_RELR, so that a loader without it
stops instead of leaving the addresses wrong; libc.so.6 defines it since 2.36, or where a distribution added it.
"""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.dynamic import DT_STRSZ, DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.formats.layout import Record
from elfkit.image.image import Image

MOST_BYTES = 1 << 16  # of either table
GLIBC_ABI = "GLIBC_ABI_"
RAW_PREFIX = GLIBC_ABI.encode()
NONE: Fact[tuple[str, ...]] = Fact((), Certainty.DERIVED)


def glibc_abi_fact(image: Image) -> Fact[tuple[str, ...]]:
    """The versions that begin with GLIBC_ABI_, of DT_VERNEED and DT_VERDEF; the evidence says of which."""
    if not _may_name_any(image):
        return NONE
    layout = image.layout
    needed = _names(image, (DT_VERNEED, DT_VERNEEDNUM), (layout.verneed, 3, 4), (layout.vernaux, 3))
    defined = _names(image, (DT_VERDEF, DT_VERDEFNUM), (layout.verdef, 5, 6), (layout.verdaux, 0))
    found: dict[str, Evidence] = {}
    for source, places in (("DT_VERNEED", needed), ("DT_VERDEF", defined)):
        for place in places:
            name = image.string(place) or ""
            if name.startswith(GLIBC_ABI):
                found.setdefault(name, image.string_evidence(f"{source} version", place))
    return Fact(tuple(found), Certainty.DERIVED, tuple(found.values()))


def _may_name_any(image: Image) -> bool:
    """Return whether the string table holds such a name, or is too large for one look: most files are done then."""
    values = image.dynamic.values if image.dynamic else {}
    if DT_STRSZ not in values or (DT_VERNEED not in values and DT_VERDEF not in values):
        return False
    return not image.string_table or RAW_PREFIX in image.string_table


def _names(
    image: Image, tags: tuple[int, int], head: tuple[Record, int, int], aux: tuple[Record, int]
) -> Iterator[int]:
    """Yield the string offset of each version; what breaks a chain ends it.

    ``head`` is the record of a file or definition with the places of its fields "first aux" and "next", ``aux``
    that of a version with the place of its name; its last field is "next".
    """
    values = image.dynamic.values if image.dynamic else {}
    extent = image.extent_of(values[tags[0]]) if tags[0] in values else None
    if extent is None:
        return
    raw = image.source.view(extent.offset, min(extent.size, MOST_BYTES))
    (record, first, following), (named, name) = head, aux
    left = len(raw) // named.size  # versions: no more than there is room for
    place = 0
    for _ in range(min(max(values.get(tags[1], 0), 0), len(raw) // record.size)):
        if place + record.size > len(raw):
            return
        fields = record.reader.unpack_from(raw, place)
        at, step = place + fields[first], 1
        while step and left and at + named.size <= len(raw):
            version = named.reader.unpack_from(raw, at)
            yield version[name]
            step, left = version[-1], left - 1
            at += step
        if fields[following] < record.size:
            return
        place += fields[following]
