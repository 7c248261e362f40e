"""GNU symbol versions: DT_VERSYM, DT_VERNEED, DT_VERDEF (Linux Standard Base, "Symbol Versioning").

The chains of needed and defined versions go forward by offsets the file states: a step backwards or to itself ends
them, and they are never longer than the counts in the dynamic section or the bytes of their segment allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM, DT_VERSYM
from elfkit.abi.symbols import VERSYM_HIDDEN, VERSYM_VERSION
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.formats.layout import Record
from elfkit.image.image import Image
from elfkit.tables.extents import table_extent, words_at

HEAD_BYTES = 1 << 14  # read at once; the tables of most libraries are smaller
FIRST_NAMED = 2  # indices 0 (local) and 1 (global, no version) name none


class NeededVersion(NamedTuple):
    """One version that a library must define: ``number`` is what DT_VERSYM calls it by."""

    file: str | None
    name: str | None
    number: int
    hash: int
    flags: int


class DefinedVersion(NamedTuple):
    """One version that the image defines."""

    name: str | None
    number: int
    hash: int
    flags: int


class Versions(NamedTuple):
    """``versym`` is uint16, one for each symbol (shorter where the table is cut), hidden bit included."""

    versym: npt.NDArray[np.uint16]
    needed: tuple[NeededVersion, ...]
    defined: tuple[DefinedVersion, ...]
    anomalies: tuple[Anomaly, ...] = ()

    def names(self) -> dict[int, str]:
        """Return the name of each version index that has one."""
        rows = [(row.number, row.name) for row in self.needed] + [(row.number, row.name) for row in self.defined]
        named = {number & VERSYM_VERSION: name for number, name in rows if name is not None}
        return {number: name for number, name in named.items() if number >= FIRST_NAMED}

    def needed_numbers(self) -> list[int]:
        """Return the version indices that other files define; where a number is given twice, this image does."""
        own = {row.number & VERSYM_VERSION for row in self.defined}
        numbers = {row.number & VERSYM_VERSION for row in self.needed} - own
        return sorted(number for number in numbers if number >= FIRST_NAMED)

    def hidden(self) -> npt.NDArray[np.bool_]:
        """Return the mask of symbols that only a reference with their version finds ("@" instead of "@@")."""
        mask: npt.NDArray[np.bool_] = np.not_equal(self.versym & np.uint16(VERSYM_HIDDEN), 0)
        return mask


def read_versions(image: Image, symbol_count: int) -> Versions:
    """Return the versions of an image with ``symbol_count`` symbols; all empty where it has none."""
    versym = words_at(image, table_extent(image, DT_VERSYM), 2, symbol_count)
    needs, defs = _Chain(image, DT_VERNEED), _Chain(image, DT_VERDEF)
    needed = tuple(_needed(image, needs))
    defined = tuple(_defined(image, defs))
    anomalies = [anomaly for chain in (needs, defs) for anomaly in chain.anomalies]
    if image.dynamic and DT_VERSYM in image.dynamic.values and len(versym) < symbol_count:
        proof = image.dynamic_evidence(DT_VERSYM)[-1]
        detail = f"DT_VERSYM holds {len(versym)} versions, there are {symbol_count} symbols"
        anomalies.append(Anomaly(Damage.VERSIONS, proof, detail, "the others have no version"))
    return Versions(versym, needed, defined, tuple(anomalies))


class _Chain:
    """Records linked by forward offsets within one table; what breaks the chain is kept as an anomaly."""

    def __init__(self, image: Image, tag: int) -> None:
        self.image = image
        self.tag = tag
        extent = table_extent(image, tag)
        self.offset = extent.offset if extent else 0
        # what the segment claims to hold may be more than the file does
        self.size = max(min(extent.size, image.source.size - extent.offset), 0) if extent else 0
        self.head = image.source.view(self.offset, min(self.size, HEAD_BYTES))
        self.anomalies: list[Anomaly] = []

    def bytes_at(self, place: int, size: int) -> bytes:
        """Return up to ``size`` bytes of the table, whose end nobody states: only what records need is read."""
        if place + size <= len(self.head):
            return self.head[place : place + size]
        return self.image.source.view(self.offset + place, min(size, self.size - place))

    def records(self, record: Record, start: int, step_field: str, most: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (place, record) from ``start`` on, at most ``most``."""
        place = start
        for number in range(most):
            raw = self.bytes_at(place, record.size)
            if len(raw) < record.size:
                self.broken(place, f"record {number} of {most} lies beyond the table")
                return
            row = dict(zip(record.codes, record.reader.unpack(raw), strict=True))
            yield place, row
            if number + 1 == most:
                return
            if row[step_field] < record.size:
                self.broken(place, f"the chain ends after {number + 1} of {most} records")
                return
            place += row[step_field]

    def broken(self, place: int, detail: str) -> None:
        """Keep what is wrong at ``place``; one anomaly a table: the first break explains the rest."""
        if self.anomalies:
            return
        source = "DT_VERNEED" if self.tag == DT_VERNEED else "DT_VERDEF"
        proof = Evidence(source, self.offset + place, self.bytes_at(place, 16), None)
        self.anomalies.append(Anomaly(Damage.VERSIONS, proof, detail, "the versions read until then"))


def _count(image: Image, tag: int) -> int:
    return max(image.dynamic.values.get(tag, 0), 0) if image.dynamic else 0


def _needed(image: Image, chain: _Chain) -> Iterator[NeededVersion]:
    if not chain.size:
        return
    budget = chain.size // image.layout.vernaux.size  # as many as there is room for: records that are shared end it
    for place, need in chain.records(image.layout.verneed, 0, "vn_next", _count(image, DT_VERNEEDNUM)):
        file = image.string(need["vn_file"])
        for _, aux in chain.records(image.layout.vernaux, place + need["vn_aux"], "vna_next", need["vn_cnt"]):
            budget -= 1
            if budget < 0:
                chain.broken(place, "the files that are needed share their records of versions")
                return
            name = image.string(aux["vna_name"])
            yield NeededVersion(file, name, aux["vna_other"], aux["vna_hash"], aux["vna_flags"])


def _defined(image: Image, chain: _Chain) -> Iterator[DefinedVersion]:
    if not chain.size:
        return
    for place, row in chain.records(image.layout.verdef, 0, "vd_next", _count(image, DT_VERDEFNUM)):
        first = next(
            chain.records(image.layout.verdaux, place + row["vd_aux"], "vda_next", min(row["vd_cnt"], 1)), None
        )
        name = image.string(first[1]["vda_name"]) if first else None
        yield DefinedVersion(name, row["vd_ndx"], row["vd_hash"], row["vd_flags"])


def version_table_size(image: Image, tag: int) -> int:
    """Return the bytes of the table at DT_VERNEED or DT_VERDEF, up to the end of its last record; 0 if there is none.

    No field states it: records may stand in any order, so it is the end of the one that lies last.
    """
    chain, layout = _Chain(image, tag), image.layout
    if not chain.size:
        return 0
    head, aux, prefix = (
        (layout.verneed, layout.vernaux, "vn") if tag == DT_VERNEED else (layout.verdef, layout.verdaux, "vd")
    )
    budget = chain.size // aux.size
    most = _count(image, DT_VERNEEDNUM if tag == DT_VERNEED else DT_VERDEFNUM)
    end = 0
    for place, row in chain.records(head, 0, f"{prefix}_next", most):
        end = max(end, place + head.size)
        for at, _ in chain.records(aux, place + row[f"{prefix}_aux"], f"{prefix}a_next", row[f"{prefix}_cnt"]):
            end = max(end, at + aux.size)
            budget -= 1
            if budget < 0:
                return end
    return end
