"""How many dynamic symbols there are: no field says so, the tables that index them do.

Evidence is ranked. Exact witnesses, heaviest first: DT_MIPS_SYMTABNO, the chain count of DT_HASH, the walk of
DT_GNU_HASH, the symoffset of a GNU table that gold, lld or mold wrote for no exports. bfd writes such a table with
symoffset 1: that is a lower bound only. Then, and where exact witnesses disagree, the dear ones are asked too: the
largest symbol index in any relocation bounds from below, the extents of DT_SYMTAB and DT_VERSYM from above. Linkers
leave no room behind the symbol table: where what follows it lies a whole number of entries away, and every entry up
to there is one that a linker writes, that is the count.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_MIPS
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence
from elfkit.image.dynamic import Dynamic, Extent
from elfkit.image.image import Image
from elfkit.tables.extents import records_at, table_extent
from elfkit.tables.hashes import (
    GnuHead,
    SysvHead,
    gnu_tag,
    read_gnu_head,
    read_sysv_hash,
    read_sysv_head,
    walked_end,
)
from elfkit.tables.relocations import read_relocations

# Whatever the loader is told the address of may follow the symbol table.
POINTERS = frozenset(
    {
        *(dt.DT_STRTAB, dt.DT_HASH, dt.DT_GNU_HASH, dt.DT_MIPS_XHASH, dt.DT_VERSYM, dt.DT_VERDEF, dt.DT_VERNEED),
        *(dt.DT_REL, dt.DT_RELA, dt.DT_JMPREL, dt.DT_RELR, dt.DT_ANDROID_REL, dt.DT_ANDROID_RELA, dt.DT_ANDROID_RELR),
        *(dt.DT_INIT, dt.DT_FINI, dt.DT_INIT_ARRAY, dt.DT_FINI_ARRAY, dt.DT_PREINIT_ARRAY, dt.DT_PLTGOT),
    }
)
BINDINGS = (0, 1, 2, 10, 13)  # local, global, weak, GNU unique, and 13 as some processors use it
TYPES = (0, 1, 2, 3, 4, 5, 6, 10, 13)


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


class _Witness(NamedTuple):
    """One statement about the count."""

    symbols: int
    certainty: Certainty
    proof: Evidence


class _Bounds(NamedTuple):
    """What the dear witnesses prove: at least ``low``, at most ``high``."""

    low: int
    high: int
    proofs: tuple[Evidence, ...]


def symbol_count(image: Image, *, thorough: bool = False) -> SymbolCount:
    """Return how many dynamic symbols ``image`` has, and what says so; ``thorough`` asks the dear witnesses too."""
    dynamic = image.dynamic
    if dynamic is None or dt.DT_SYMTAB not in dynamic.values:
        return SymbolCount(0, 0, 0, Certainty.DERIVED)
    count = _counted(image, dynamic, thorough=thorough)
    overlaps = _overlaps(image, dynamic, count.low)
    return count._replace(anomalies=(*count.anomalies, *overlaps)) if overlaps else count


def _counted(image: Image, dynamic: Dynamic, *, thorough: bool) -> SymbolCount:
    extent = table_extent(image, dt.DT_SYMTAB)
    exact, lower, anomalies = _cheap(image, thorough=thorough)
    if extent is None:
        return SymbolCount(None, 0, None, Certainty.UNKNOWN, tuple(w.proof for w in exact), tuple(anomalies))
    most = extent.size // image.layout.sym.size
    anomalies += [_impossible(witness, most) for witness in exact if witness.symbols > most]
    exact = [witness for witness in exact if witness.symbols <= most]
    agreed = len({witness.symbols for witness in exact}) == 1
    if agreed and not thorough:
        return _known(exact[0], exact, anomalies)
    bounds = _dear(image, dynamic, extent, lower)
    if exact:
        return _settled(exact, bounds, anomalies)
    return _followed(image, dynamic, extent, bounds, anomalies)


def _cheap(image: Image, *, thorough: bool) -> tuple[list[_Witness], list[_Witness], list[Anomaly]]:
    """Return the exact witnesses, heaviest first, those that prove a lower bound, and tables that cannot be used."""
    values = image.dynamic.values if image.dynamic else {}
    exact: list[_Witness] = []
    lower: list[_Witness] = []
    if image.header.machine == EM_MIPS and dt.DT_MIPS_SYMTABNO in values:
        proof = image.dynamic_evidence(dt.DT_MIPS_SYMTABNO)[-1]
        exact.append(_Witness(values[dt.DT_MIPS_SYMTABNO], Certainty.STATED, proof))
    gnu = read_gnu_head(image)
    witness, is_exact = _gnu_witness(image, gnu) if gnu else (None, False)
    sysv = _sysv_witness(image, None if thorough or not is_exact else witness)
    if sysv:
        exact.append(sysv)
    tables = ((dt.DT_HASH, sysv), (gnu_tag(image), gnu))
    anomalies = [unusable(image, tag) for tag, table in tables if tag in values and not table]
    if gnu and witness:
        (exact if is_exact else lower).append(witness)
        if not is_exact and gnu.tag == dt.DT_GNU_HASH and gnu.buckets.any():
            detail = "the last chain of DT_GNU_HASH has no end, or begins before its symbols"
            anomalies.append(Anomaly(Damage.SYMBOLS, witness.proof, detail, "it proves a lower bound"))
    return exact, lower, anomalies


def _sysv_witness(image: Image, agreeing: _Witness | None) -> _Witness | None:
    """Return what DT_HASH says. Where another table says the same its head is enough, else all of it must be sound."""
    head = read_sysv_head(image)
    if head is None:
        return None
    if agreeing is None or head.chain_count != agreeing.symbols:
        table = read_sysv_hash(image)
        if table is None:
            return None
        raw = image.source.view(table.offset + table.word_size, table.word_size)
        head = SysvHead(table.offset, table.word_size, len(table.buckets), len(table.chains), raw)
    count = head.chain_count
    proof = Evidence("DT_HASH nchain", head.offset + head.word_size, head.raw, count)
    return _Witness(count, Certainty.STATED, proof)


def _gnu_witness(image: Image, table: GnuHead) -> tuple[_Witness, bool]:
    """Return what a GNU table says, and whether that is exact: of an empty one of bfd, or of XHASH, it is not."""
    walked = walked_end(image, table) if table.tag == dt.DT_GNU_HASH else None
    count = table.symoffset if walked is None else walked
    source = f"{table.name} symoffset" if walked is None else "DT_GNU_HASH walk"
    witness = _Witness(count, Certainty.DERIVED, Evidence(source, table.offset, table.raw, count))
    return witness, walked is not None or (not table.buckets.any() and table.symoffset > 1)


def _overlaps(image: Image, dynamic: Dynamic, count: int) -> list[Anomaly]:
    """Return one anomaly for each table that begins within the symbol table."""
    start = dynamic.values[dt.DT_SYMTAB]
    end = start + count * image.layout.sym.size
    inside = [tag for tag, value in dynamic.values.items() if start <= value < end and tag in POINTERS]
    proofs = [image.dynamic_evidence(tag)[-1] for tag in inside]
    return [
        Anomaly(Damage.SYMBOLS, proof, f"{proof.source} lies within the {count} entries of DT_SYMTAB", "both are read")
        for proof in proofs
    ]


def unusable(image: Image, tag: int) -> Anomaly:
    """Return the anomaly of a hash table that is not one."""
    proof = image.dynamic_evidence(tag)[-1]
    detail = f"the table of {proof.source} does not hold together or does not lie in the file"
    return Anomaly(Damage.HASHES, proof, detail, "it is not used")


def _impossible(witness: _Witness, most: int) -> Anomaly:
    detail = f"{witness.proof.source} says {witness.symbols} symbols, there is room for {most}"
    return Anomaly(Damage.SYMBOLS, witness.proof, detail, "it is not believed")


def _known(chosen: _Witness, witnesses: list[_Witness], anomalies: list[Anomaly]) -> SymbolCount:
    proofs = tuple([witness.proof for witness in witnesses])
    count = chosen.symbols
    return SymbolCount(count, count, count, chosen.certainty, proofs, tuple(anomalies))


def _settled(exact: list[_Witness], bounds: _Bounds, anomalies: list[Anomaly]) -> SymbolCount:
    """Return the heaviest exact witness that the bounds allow; the others are anomalies."""
    within = [witness for witness in exact if bounds.low <= witness.symbols <= bounds.high]
    chosen = (within or exact)[0]
    odd = [witness for witness in exact if witness.symbols != chosen.symbols]
    anomalies += [
        Anomaly(
            Damage.SYMBOLS,
            witness.proof,
            f"{witness.proof.source} says {witness.symbols} symbols, {chosen.proof.source} {chosen.symbols}",
            f"{chosen.symbols}",
        )
        for witness in odd
    ]
    known = _known(chosen, exact, anomalies)
    return known._replace(evidence=(*known.evidence, *bounds.proofs))


def _dear(image: Image, dynamic: Dynamic, extent: Extent, lower: list[_Witness]) -> _Bounds:
    """Return the bounds that relocations, DT_VERSYM and the end of the segment prove."""
    proofs = [witness.proof for witness in lower]
    low = max([witness.symbols for witness in lower], default=0)
    for table in read_relocations(image):
        index = table.largest_symbol()
        if index >= low:
            low = index + 1
            proofs.append(Evidence(f"largest symbol index in {table.table}", None, b"", index))
    high = extent.size // image.layout.sym.size
    for tag, width in ((dt.DT_SYMTAB, image.layout.sym.size), (dt.DT_VERSYM, 2)):
        start = dynamic.values.get(tag)
        follower = None if start is None else _follower(image, dynamic, start)
        if start is not None and follower is not None and (follower[0] - start) // width < high:
            high = (follower[0] - start) // width
            proofs.append(follower[1])
    return _Bounds(min(low, high), high, tuple(proofs))


def _follower(image: Image, dynamic: Dynamic, start: int) -> tuple[int, Evidence] | None:
    """Return the nearest known address behind ``start``, and what says that something begins or ends there."""
    pointers = [(value, tag) for tag, value in dynamic.values.items() if value > start and tag in POINTERS]
    edges = [(edge, s) for s in image.segments for edge in (s.vaddr, s.vaddr + s.filesz) if edge > start]
    segment = min(edges, key=lambda item: item[0], default=None)
    pointer = min(pointers, default=None)
    if pointer is not None and (segment is None or pointer[0] <= segment[0]):
        return pointer[0], image.dynamic_evidence(pointer[1])[-1]
    return None if segment is None else (segment[0], image.segment_evidence(segment[1], "p_vaddr"))


def _followed(image: Image, dynamic: Dynamic, extent: Extent, bounds: _Bounds, anomalies: list[Anomaly]) -> SymbolCount:
    """Return the count where what follows the table lies a whole number of sound entries behind it, else bounds."""
    start = dynamic.values[dt.DT_SYMTAB]
    follower = _follower(image, dynamic, start)
    size = image.layout.sym.size
    if follower is not None and (follower[0] - start) % size == 0:
        count = (follower[0] - start) // size
        if bounds.low <= count <= bounds.high and _sound(image, extent, bounds.low, count):
            return SymbolCount(count, count, count, Certainty.DERIVED, bounds.proofs, tuple(anomalies))
    if bounds.low == bounds.high:
        return SymbolCount(bounds.low, bounds.low, bounds.low, Certainty.DERIVED, bounds.proofs, tuple(anomalies))
    return SymbolCount(None, bounds.low, bounds.high, Certainty.BOUNDED, bounds.proofs, tuple(anomalies))


def _sound(image: Image, extent: Extent, low: int, count: int) -> bool:
    """Return whether the entries from ``low`` to ``count`` are such as linkers write behind entry 0."""
    rows = records_at(image, image.layout.sym, extent, count)[max(low, 1) :]
    strings = table_extent(image, dt.DT_STRTAB, dt.DT_STRSZ)
    if strings is None or not count:
        return False
    names = rows["st_name"]
    named = (names > 0) & (names < strings.size)
    section = (rows["st_info"] & 15) == 3  # STT_SECTION entries bear no name
    kinds = np.isin(rows["st_info"] >> 4, BINDINGS) & np.isin(rows["st_info"] & 15, TYPES)
    return bool(np.all((named | section) & kinds))
