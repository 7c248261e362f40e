"""How many dynamic symbols there are: no field says so, the tables that index them do.

Evidence, heaviest first: DT_MIPS_SYMTABNO, the chain count of DT_HASH, the walk of DT_GNU_HASH. A GNU table
without symbols proves only a lower bound; then the table that follows DT_SYMTAB, or the segment's end, is the upper.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from elfkit.abi.dynamic import (
    DT_GNU_HASH,
    DT_HASH,
    DT_MIPS_SYMTABNO,
    DT_STRTAB,
    DT_SYMTAB,
    DT_VERDEF,
    DT_VERNEED,
    DT_VERSYM,
)
from elfkit.abi.header import EM_MIPS
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence
from elfkit.image.dynamic import Dynamic
from elfkit.image.image import Image
from elfkit.tables.hashes import read_gnu_hash, read_sysv_hash, walked_count

FOLLOWERS = (DT_STRTAB, DT_HASH, DT_GNU_HASH, DT_VERSYM, DT_VERDEF, DT_VERNEED)


class SymbolCount(NamedTuple):
    """The number of entries of DT_SYMTAB, entry 0 included: ``total`` where ``low`` equals ``high``, else None.

    ``high`` is None where nothing bounds it. ``evidence`` are the witnesses, ``anomalies`` their contradictions.
    """

    total: int | None
    low: int
    high: int | None
    certainty: Certainty
    evidence: tuple[Evidence, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "count": self.total,
            "low": self.low,
            "high": self.high,
            "certainty": self.certainty.value,
            "evidence": [item.to_dict() for item in self.evidence],
        }


def symbol_count(image: Image) -> SymbolCount:
    """Return how many dynamic symbols ``image`` has, and what says so."""
    if image.dynamic is None or DT_SYMTAB not in image.dynamic.values:
        return SymbolCount(0, 0, 0, Certainty.DERIVED)
    exact, lower = _witnesses(image)
    if not exact:
        return _bounded(image, image.dynamic, lower)
    certainty, heaviest = exact[0]
    count = int(heaviest.value or 0)
    odd = [proof for _, proof in exact[1:] if proof.value != count]
    anomalies = tuple(
        Anomaly(
            Damage.SYMBOLS, proof, f"{proof.source} says {proof.value} symbols, {heaviest.source} {count}", f"{count}"
        )
        for proof in odd
    )
    return SymbolCount(count, count, count, certainty, tuple(proof for _, proof in exact), anomalies)


def _witnesses(image: Image) -> tuple[list[tuple[Certainty, Evidence]], list[Evidence]]:
    """Return the exact witnesses, heaviest first, and those that prove a lower bound."""
    exact: list[tuple[Certainty, Evidence]] = []
    lower: list[Evidence] = []
    if image.header.machine == EM_MIPS:
        exact += [(Certainty.STATED, proof) for proof in image.dynamic_evidence(DT_MIPS_SYMTABNO)[-1:]]
    sysv = read_sysv_hash(image)
    if sysv:
        offset = sysv.offset + sysv.word_size
        raw = image.source.view(offset, sysv.word_size)
        exact.append((Certainty.STATED, Evidence("DT_HASH nchain", offset, raw, sysv.nchain)))
    gnu = read_gnu_hash(image)
    if gnu:
        walked = walked_count(image, gnu)
        raw = image.source.view(gnu.offset, image.layout.gnu_hash.size)
        if walked is not None:
            exact.append((Certainty.DERIVED, Evidence("DT_GNU_HASH walk", gnu.offset, raw, walked)))
        elif gnu.symoffset > 1 and not gnu.buckets.any():
            exact.append((Certainty.DERIVED, Evidence("DT_GNU_HASH symoffset", gnu.offset, raw, gnu.symoffset)))
        else:
            lower.append(Evidence("DT_GNU_HASH symoffset", gnu.offset, raw, gnu.symoffset))
    return exact, lower


def _bounded(image: Image, dynamic: Dynamic, lower: list[Evidence]) -> SymbolCount:
    """Return bounds: from what the hash table proves up to where the next known table or the segment begins."""
    start = dynamic.values[DT_SYMTAB]
    extent = image.extent_of(start)
    low = max([int(proof.value or 0) for proof in lower], default=0)
    if extent is None:
        return SymbolCount(None, low, None, Certainty.UNKNOWN, tuple(lower))
    size = image.layout.sym.size
    followers = {tag: dynamic.values[tag] - start for tag in FOLLOWERS if tag in dynamic.values}
    gaps = {tag: gap for tag, gap in followers.items() if 0 < gap <= extent.size}
    nearest = min(gaps, key=gaps.__getitem__, default=None)
    high = (extent.size if nearest is None else gaps[nearest]) // size
    proofs = (*lower, *(image.dynamic_evidence(nearest)[-1:] if nearest is not None else ()))
    if low == high:
        return SymbolCount(low, low, low, Certainty.DERIVED, proofs)
    return SymbolCount(None, min(low, high), high, Certainty.BOUNDED, proofs)
