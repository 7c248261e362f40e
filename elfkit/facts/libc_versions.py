"""The C library that an image was linked with, by the symbol versions it needs (DT_VERNEED; LSB, "Symbol Versioning").

glibc calls its versions GLIBC_2.17 (the Versions files in its tree), bionic LIBC, LIBC_N... (libc.map.txt); musl and
uClibc have none. Read with the standard library alone: the first version of each file says all there is to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.dynamic import DT_VERNEED, DT_VERNEEDNUM
from elfkit.abi.libc import BIONIC, GLIBC
from elfkit.evidence import Certainty, Fact
from elfkit.formats.layout import Record
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image

MOST_BYTES = 1 << 14  # of the table: some 500 files, or fewer with many versions
VNA_NAME = 3  # its place in Vernaux
UNKNOWN: Fact[str] = Fact("unknown", Certainty.UNKNOWN)
LIBGCC = "libgcc_s"  # has versions named GLIBC_2.0 of its own, under every C library


def libc_versions_fact(image: Image) -> Fact[str]:
    """The C library whose versions the image needs, "unknown" where none tells; evidence is the version's name."""
    for file, place in _first_versions(image):
        version = image.string(place) or ""
        libc = _libc_of(file, version)
        if libc:
            return Fact(libc, Certainty.DERIVED, (image.string_evidence("DT_VERNEED vna_name", place),), file)
    return UNKNOWN


def _libc_of(file: str, version: str) -> str:
    if version.startswith("GLIBC_") and not file.startswith(LIBGCC):
        return GLIBC
    return BIONIC if file.startswith("libc.so") and (version == "LIBC" or version.startswith("LIBC_")) else ""


def _first_versions(image: Image) -> Iterator[tuple[str, int]]:
    """Yield the name of each file and vna_name of its first version; what breaks the chain ends it."""
    values = image.dynamic.values if image.dynamic else {}
    extent = image.extent_of(values[DT_VERNEED]) if DT_VERNEED in values else None
    if extent is None:
        return
    record = image.layout.verneed
    place = 0
    for _ in range(min(max(values.get(DT_VERNEEDNUM, 0), 0), MOST_BYTES // record.size)):
        head = _unpacked(image, extent, record, place)
        if not head:
            return
        _, _, vn_file, vn_aux, vn_next = head
        aux = _unpacked(image, extent, image.layout.vernaux, place + vn_aux)
        if not aux:
            return
        file = image.string(vn_file)
        if file is not None:
            yield file, aux[VNA_NAME]
        if vn_next < record.size:
            return
        place += vn_next


def _unpacked(image: Image, table: Extent, record: Record, place: int) -> tuple[int, ...]:
    """Return the record at ``place`` of the table, read alone, as the first mostly tells; () where it is not whole."""
    if place + record.size > min(table.size, MOST_BYTES):
        return ()
    raw = image.source.view(table.offset + place, record.size)
    return record.reader.unpack(raw) if len(raw) == record.size else ()
