"""Whether relocations write to what is mapped, and name symbols that there are (gABI, "Relocation")."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_ANDROID_REL, DT_ANDROID_RELA, DT_JMPREL, DT_REL, DT_RELA, DT_RELR
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.image import Image
from elfkit.tables.counts import SymbolCount
from elfkit.tables.relocations import Relocations, read_relocations

TAGS = {
    "DT_REL": DT_REL,
    "DT_RELA": DT_RELA,
    "DT_JMPREL": DT_JMPREL,
    "DT_RELR": DT_RELR,
    "DT_ANDROID_REL": DT_ANDROID_REL,
    "DT_ANDROID_RELA": DT_ANDROID_RELA,
}


def verify_relocations(image: Image, count: SymbolCount) -> tuple[Anomaly, ...]:
    """Return what is wrong with the tables of relocations: one anomaly for each table and sort of damage.

    R_*_NONE (type 0) writes nothing and may stand anywhere. Of a file with only bounds of its symbol count the
    upper one is held against it.
    """
    found: list[Anomaly] = []
    most = count.total if count.total is not None else count.high
    starts, ends = _mapped(image)
    for table in read_relocations(image):
        found += table.anomalies
        acts = np.ones(len(table.offset), np.bool_) if table.table == "DT_RELR" else table.type != 0
        place = np.searchsorted(starts, table.offset, side="right")
        inside = (place > 0) & (table.offset < ends[place - 1]) if len(starts) else np.zeros(len(acts), np.bool_)
        found += _told(image, table, np.flatnonzero(acts & ~inside), "write to an address that no PT_LOAD maps")
        if most is not None:
            beyond = np.flatnonzero(table.symbol >= max(most, 1))
            found += _told(image, table, beyond, f"name a symbol beyond the {most:,} that there are")
    return tuple(found)


def _mapped(image: Image) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return start and end of everything that is mapped, ascending and apart; ends beyond 64 bits are the last."""
    spans: list[tuple[int, int]] = []
    for start, size in sorted((load.vaddr, load.memsz) for load in image.loads):
        end = min(start + size, (1 << 64) - 1)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return np.array([start for start, _ in spans], np.uint64), np.array([end for _, end in spans], np.uint64)


def _told(image: Image, table: Relocations, rows: npt.NDArray[np.intp], what: str) -> list[Anomaly]:
    if not len(rows):
        return []
    first = int(rows[0])
    pointer = image.dynamic_evidence(TAGS[table.table])[-1]
    address, symbol = int(table.offset[first]), int(table.symbol[first])
    detail = f"{len(rows)} of {len(table.offset)} entries of {table.table} {what}"
    shown = f"the first, number {first}, is for address {address:#x} and symbol {symbol}"
    proof = Evidence(pointer.source, pointer.offset, pointer.raw, pointer.value)
    return [Anomaly(Damage.RELOCATIONS, proof, f"{detail}; {shown}", "a loader crashes or writes elsewhere")]
