"""Whether symbol versions are what DT_VERSYM, DT_VERNEED and DT_VERDEF say together (LSB, "Symbol Versioning")."""

from __future__ import annotations

import numpy as np

from elfkit.abi.dynamic import DT_VERDEF, DT_VERNEED, DT_VERSYM
from elfkit.abi.symbols import VERSYM_VERSION
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.image import Image
from elfkit.tables.extents import table_extent
from elfkit.tables.hashing import sysv_hash
from elfkit.tables.symbols import SymbolTable
from elfkit.tables.versions import FIRST_NAMED, DefinedVersion, NeededVersion, read_versions

SHOWN = 3  # symbols and versions named in one anomaly


def verify_versions(image: Image, symbols: SymbolTable) -> tuple[Anomaly, ...]:
    """Return what is wrong with the tables of versions: broken chains, numbers that name none, wrong hashes.

    Where a chain is broken, what it does not lead to is not told again.
    """
    versions = read_versions(image, len(symbols))
    found = [anomaly for anomaly in versions.anomalies if anomaly.damage is Damage.VERSIONS]
    for tag, rows in ((DT_VERNEED, versions.needed), (DT_VERDEF, versions.defined)):
        found += _wrong_hashes(image, tag, rows)
    if not found:
        known = [row.number & VERSYM_VERSION for row in versions.needed]
        known += [row.number & VERSYM_VERSION for row in versions.defined]
        numbers = versions.versym & np.uint16(VERSYM_VERSION)
        odd = np.flatnonzero((numbers >= FIRST_NAMED) & ~np.isin(numbers, np.array(known, np.uint16)))
        extent = table_extent(image, DT_VERSYM)
        if len(odd) and extent is not None:
            place = extent.offset + 2 * int(odd[0])
            raw = image.source.view(place, 2)
            proof = Evidence("DT_VERSYM", place, raw, int(versions.versym[odd[0]]))
            names = ", ".join([repr(symbols.names[row]) for row in odd[:SHOWN].tolist()])
            more = ", ..." if len(odd) > SHOWN else ""
            detail = f"{len(odd)} of {len(symbols)} symbols have a version that nothing names ({names}{more})"
            found.append(Anomaly(Damage.VERSIONS, proof, detail, "they have no version"))
    return tuple(found)


def _wrong_hashes(
    image: Image, tag: int, rows: tuple[NeededVersion, ...] | tuple[DefinedVersion, ...]
) -> list[Anomaly]:
    """Return one anomaly for the versions of a table whose hash is not that of their name."""
    named = [(row.name, row.hash) for row in rows if row.name is not None]
    wrong = [name for name, value in named if sysv_hash(name.encode("utf-8", "surrogateescape")) != value]
    if not wrong:
        return []
    proof = image.dynamic_evidence(tag)[-1]
    more = ", ..." if len(wrong) > SHOWN else ""
    names = ", ".join([repr(name) for name in wrong[:SHOWN]])
    detail = f"{proof.source}: {len(wrong)} of {len(rows)} versions have another hash than their name ({names}{more})"
    return [Anomaly(Damage.VERSIONS, proof, detail, "a loader that compares hashes does not find them")]
