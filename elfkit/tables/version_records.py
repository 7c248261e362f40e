"""Needed and defined symbol versions, read with the standard library alone (LSB, "Symbol Versioning").

The tables of nearly all files are a few hundred bytes and their chains go forward; whatever is not so is left to
`tables.versions`, which tells what is wrong with it.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.dynamic import DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM
from elfkit.abi.symbols import VERSYM_VERSION
from elfkit.image.image import Image

MOST_BYTES = 1 << 14  # of a table that is read at once
LONGEST = 4_096  # bytes of a name


class NeededName(NamedTuple):
    """A version that ``file`` must define; ``number`` is what DT_VERSYM calls it by, its hidden bit left out.

    ``place`` is where its name stands in the dynamic string table.
    """

    file: str
    name: str
    number: int
    flags: int
    place: int = 0


class DefinedName(NamedTuple):
    """A version that the image defines."""

    name: str
    number: int
    flags: int


Records = tuple[tuple[NeededName, ...], tuple[DefinedName, ...], bool]


def version_records(image: Image, strings: bytes) -> Records:
    """Return the needed and defined versions whose names can be read, and whether that is all there are.

    ``strings`` is the dynamic string table.
    """
    values = image.dynamic.values if image.dynamic else {}
    if DT_VERNEED not in values and DT_VERDEF not in values:
        return (), (), True
    needed = _needed(image, values, strings)
    defined = _defined(image, values, strings)
    if needed is None or defined is None:
        return _carefully(image)
    return tuple(needed), tuple(defined), True


def _table(image: Image, values: dict[int, int], tag: int, count_tag: int) -> tuple[bytes, int]:
    extent = image.extent_of(values[tag]) if tag in values else None
    if extent is None:
        return b"", 0 if tag not in values else 1
    return image.source.view(extent.offset, min(extent.size, MOST_BYTES)), values.get(count_tag, 0)


def _name(strings: bytes, place: int) -> str | None:
    end = strings.find(b"\0", place)
    return str(strings[place:end], "utf-8", "surrogateescape") if place <= end <= place + LONGEST else None


def _needed(image: Image, values: dict[int, int], strings: bytes) -> list[NeededName] | None:
    """Return the records of DT_VERNEED; None where they are not as linkers write them."""
    raw, count = _table(image, values, DT_VERNEED, DT_VERNEEDNUM)
    head, aux = image.layout.verneed.reader, image.layout.vernaux.reader
    last, most = len(raw) - aux.size, len(raw) // aux.size
    found: list[NeededName] = []
    place = 0
    for left in range(count, 0, -1):
        if place > last:
            return None
        _, aux_count, file_place, step, following = head.unpack_from(raw, place)
        file = _name(strings, file_place)
        at = place + step
        for _ in range(aux_count):
            if at > last or len(found) > most:
                return None
            _, flags, number, name_place, aux_step = aux.unpack_from(raw, at)
            name = _name(strings, name_place)
            if file is None or name is None:
                return None
            found.append(NeededName(file, name, number & VERSYM_VERSION, flags, name_place))
            at += aux_step
        if left > 1 and following < head.size:
            return None
        place += following
    return found


def _defined(image: Image, values: dict[int, int], strings: bytes) -> list[DefinedName] | None:
    """Return the records of DT_VERDEF; None where they are not as linkers write them."""
    raw, count = _table(image, values, DT_VERDEF, DT_VERDEFNUM)
    head, aux = image.layout.verdef.reader, image.layout.verdaux.reader
    found: list[DefinedName] = []
    place = 0
    for left in range(count, 0, -1):
        if place > len(raw) - head.size:
            return None
        _, flags, number, _, _, step, following = head.unpack_from(raw, place)
        if place + step > len(raw) - aux.size:
            return None
        name = _name(strings, aux.unpack_from(raw, place + step)[0])
        if name is None or (left > 1 and following < head.size):
            return None
        found.append(DefinedName(name, number & VERSYM_VERSION, flags))
        place += following
    return found


def _carefully(image: Image) -> Records:
    from elfkit.tables.versions import read_versions  # here: only odd or large tables come here

    versions = read_versions(image, 0)
    needed = [
        NeededName(row.file, row.name, row.number & VERSYM_VERSION, row.flags)
        for row in versions.needed
        if row.file is not None and row.name is not None
    ]
    defined = [
        DefinedName(row.name, row.number & VERSYM_VERSION, row.flags)
        for row in versions.defined
        if row.name is not None
    ]
    whole = not versions.anomalies and len(needed) == len(versions.needed) and len(defined) == len(versions.defined)
    return tuple(needed), tuple(defined), whole
