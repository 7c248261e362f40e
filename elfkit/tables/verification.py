"""Whether a hash table leads to every symbol it should: buckets, chains, bloom filter, all symbols at once.

A loader that follows a broken table misses symbols that are there, or runs off the table's end.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_HASH
from elfkit.abi.sections import SHN_UNDEF
from elfkit.abi.symbols import STB_LOCAL
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.image import Image
from elfkit.tables.counts import unusable
from elfkit.tables.hashes import GnuHash, SysvHash, gnu_tag, read_gnu_hash, read_sysv_hash
from elfkit.tables.hashing import FEW, Index, sysv_hashes
from elfkit.tables.lookup import Names, bloom_passes, hashes_of, names_in
from elfkit.tables.symbols import SymbolTable

SHOWN = 3  # symbols named in one anomaly


def verify_hashes(image: Image, symbols: SymbolTable) -> tuple[Anomaly, ...]:
    """Return what is wrong with the hash tables of ``image``; empty if each leads to every symbol it should.

    One anomaly for each table and sort of damage, with the number of symbols and the first of them.
    """
    names = names_in(symbols.strings, symbols.name_offsets)
    found: list[Anomaly] = []
    gnu, sysv = read_gnu_hash(image), read_sysv_hash(image)
    if gnu is not None:
        proof = Evidence(gnu.head.name, gnu.head.offset, gnu.head.raw, None)
        if gnu.buckets.any() and not len(gnu.chains):
            detail = f"the last chain of {gnu.head.name} has no end"
            found.append(Anomaly(Damage.HASHES, proof, detail, "no symbol is found"))
        found += _verify_gnu(image, gnu, proof, symbols, names)
    if sysv is not None:
        proof = Evidence("DT_HASH", sysv.offset, image.source.view(sysv.offset, 2 * sysv.word_size), None)
        found += _verify_sysv(sysv, proof, symbols, names)
    values = image.dynamic.values if image.dynamic else {}
    tables = ((DT_HASH, sysv), (gnu_tag(image), gnu))
    found += [unusable(image, tag) for tag, table in tables if tag in values and table is None]
    return tuple(found)


def _told(symbols: SymbolTable, rows: Index, table: str, proof: Evidence, what: str) -> list[Anomaly]:
    if not len(rows):
        return []
    shown = ", ".join(f"{symbols.names[row]!r}" for row in rows[:SHOWN].tolist())
    more = ", ..." if len(rows) > SHOWN else ""
    detail = f"{table}: {what} for {len(rows)} of {len(symbols)} symbols ({shown}{more})"
    return [Anomaly(Damage.HASHES, proof, detail, "a loader does not find them")]


def _verify_gnu(image: Image, table: GnuHash, proof: Evidence, symbols: SymbolTable, names: Names) -> list[Anomaly]:
    rows = table.symbols[table.symbols < len(symbols)]
    chains = table.chains[: len(rows)]
    if not len(chains):
        return []
    name = table.head.name
    hashes = hashes_of(Names(names.table, names.starts[rows], names.ends[rows]))
    found = _told(symbols, rows[((chains ^ hashes) >> np.uint32(1)) != 0], name, proof, "a wrong hash")
    found += _told(symbols, rows[~_reached(table, chains, hashes)], name, proof, "the wrong bucket")
    found += _told(symbols, rows[~bloom_passes(table, hashes)], name, proof, "the bloom filter says no")
    return found + _unended(image, table)


def _unended(image: Image, table: GnuHash) -> list[Anomaly]:
    """Return an anomaly where a bucket begins within the chain of another: the end of that one is missing."""
    starts = np.unique(table.buckets[table.buckets != 0]).astype(np.intp) - table.head.symoffset
    starts = starts[(starts > 0) & (starts < len(table.chains))]
    open_ends = starts[(table.chains[starts - 1] & np.uint32(1)) == 0] - 1
    if not len(open_ends):
        return []
    offset = table.head.chain_words.offset + 4 * int(open_ends[0])
    proof = Evidence(f"{table.head.name} chain", offset, image.source.view(offset, 4), int(table.chains[open_ends[0]]))
    detail = f"{len(open_ends)} chains of {table.head.name} have no end: each runs on into the next"
    return [Anomaly(Damage.HASHES, proof, detail, "a loader searches longer")]


def _reached(table: GnuHash, chains: npt.NDArray[np.uint32], hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Return whether the bucket of each hashed symbol begins in the symbol's own chain, at or before it."""
    places = np.arange(len(chains), dtype=np.intp)
    ends = (chains & np.uint32(1)).astype(bool)
    chain = np.concatenate([[0], np.cumsum(ends)[:-1]])  # the number of each word's chain
    start = table.buckets[hashes % np.uint32(len(table.buckets))].astype(np.intp) - table.head.symoffset
    inside = (start >= 0) & (start <= places)
    reached: npt.NDArray[np.bool_] = inside & (chain[np.where(inside, start, 0)] == chain)
    return reached


def _verify_sysv(table: SysvHash, proof: Evidence, symbols: SymbolTable, names: Names) -> list[Anomaly]:
    count = min(len(table.chains), len(symbols))
    owner, cyclic = _owners(table)
    judged = (names.ends - names.starts)[:count] <= symbols.longest_name  # or names that overlap cost their square
    starts, again = np.unique(names.starts[:count], return_inverse=True)
    hashes = sysv_hashes(names.table, starts.astype(np.uint32), symbols.longest_name)[again]
    expected = (hashes % np.uint32(len(table.buckets))).astype(np.intp)
    exported = (symbols.section[:count] != SHN_UNDEF) & (symbols.binding[:count] != STB_LOCAL)
    exported[:1] = False
    rows = np.flatnonzero(exported & judged & (owner[:count] != expected))
    found = _told(symbols, rows, "DT_HASH", proof, "no way from the bucket")
    if cyclic:
        detail = "chains of DT_HASH run into each other or into themselves"
        found.append(Anomaly(Damage.HASHES, proof, detail, "each symbol is taken once"))
    return found


def _owners(table: SysvHash) -> tuple[Index, bool]:
    """Return the bucket whose chain leads to each symbol (-1 for none), and whether a chain met a symbol twice.

    All chains are walked one step at a time, the last few of them one by one; as each symbol is taken once, the walk
    ends whatever the table says.
    """
    chains = table.chains.astype(np.intp)
    owner = np.full(len(chains), -1, np.intp)
    here = table.buckets.astype(np.intp)
    bucket = np.arange(len(here), dtype=np.intp)
    cyclic = False
    while True:
        alive = here != 0
        here, bucket = here[alive], bucket[alive]
        if len(here) < FEW:
            return owner, _follow(chains, owner, here, bucket) or cyclic
        _, first = np.unique(here, return_index=True)
        fresh = first[owner[here[first]] < 0]
        cyclic = cyclic or len(fresh) < len(here)
        here, bucket = here[fresh], bucket[fresh]
        owner[here] = bucket
        here = chains[here]


def _follow(chains: Index, owner: Index, starts: Index, buckets: Index) -> bool:
    """Take each chain to its end and set ``owner``; return whether one met a symbol that was taken."""
    met = False
    for here, bucket in zip(starts.tolist(), buckets.tolist(), strict=True):
        place = here
        while place and owner[place] < 0:
            owner[place] = bucket
            place = int(chains[place])
        met = met or place != 0
    return met
