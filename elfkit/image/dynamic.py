"""The dynamic section, found by PT_DYNAMIC and read as the loader reads it (gABI, "Dynamic Section")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from operator import itemgetter
from typing import NamedTuple

from elfkit.abi.dynamic import (
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    DT_SONAME,
    DT_STRSZ,
    DT_STRTAB,
    DT_SYMTAB,
    tag_name,
)
from elfkit.abi.segments import PT_DYNAMIC
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.header import Opened
from elfkit.image.segments import Segment, segment_evidence

STRING_TAGS = frozenset({DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH})
POINTER_TAGS = (DT_STRTAB, DT_SYMTAB)
TAG = itemgetter(0)  # of an entry; that of DT_NULL is 0, which ends the section
MOST_TOLD = 8  # anomalies of one sort: more of them say nothing new


class Extent(NamedTuple):
    """Where a mapped address lies in the file, and how many bytes of its segment follow there."""

    offset: int
    size: int


class Dynamic(NamedTuple):
    """The entries up to DT_NULL as (tag, value) in file order.

    Of a repeated tag ``values`` holds the last, which is the one loaders use, and ``places`` which entry that is.
    ``offset`` is the file offset of the first entry, ``entry_size`` the bytes of each.
    """

    offset: int
    entry_size: int
    entries: tuple[tuple[int, int], ...]
    values: dict[int, int]
    places: dict[int, int]
    terminated: bool

    def all(self, tag: int) -> list[int]:
        """Return the values of every entry with ``tag``, in file order."""
        return [value for entry_tag, value in self.entries if entry_tag == tag]


def extent_of(loads: tuple[Segment, ...], vaddr: int) -> Extent | None:
    """Return where the byte mapped at ``vaddr`` lies in the file; None if no PT_LOAD takes it from there."""
    for segment in loads:
        within = vaddr - segment.vaddr
        if 0 <= within < segment.filesz:
            return Extent(segment.offset + within, segment.filesz - within)
    return None


def dynamic_segment(of_type: Mapping[int, Sequence[Segment]]) -> Segment | None:
    """Return the last PT_DYNAMIC with bytes in the file, as loaders take it; detached debug files have none."""
    for segment in reversed(of_type.get(PT_DYNAMIC, ())):
        if segment.filesz:
            return segment
    return None


def read_dynamic(opened: Opened, segment: Segment, extent: Extent | None) -> Dynamic:
    """Return the entries at ``extent``, where the segment's address lies, or without one at its file offset."""
    source, records, _ = opened
    size = records.dyn.size
    offset = extent.offset if extent else segment.offset
    most = min(segment.filesz // size, source.limits.dynamic_entries)
    raw = source.view(offset, most * size)
    whole = len(raw) // size
    entries = tuple(takewhile(TAG, records.dyn.reader.iter_unpack(raw[: whole * size])))
    places = {tag: place for place, (tag, _) in enumerate(entries)}
    return Dynamic(offset, size, entries, dict(entries), places, len(entries) < whole)


def entry_evidence(opened: Opened, dynamic: Dynamic, index: int) -> Evidence:
    """Return one entry of the dynamic section as evidence: its bytes, named by its tag."""
    tag, value = dynamic.entries[index]
    raw = opened.layout.dyn.reader.pack(tag, value)  # the bytes it was unpacked from: reading them again costs more
    return Evidence(tag_name(tag, opened.header.machine), dynamic.offset + index * dynamic.entry_size, raw, value)


def dynamic_anomalies(
    opened: Opened, dynamic: Dynamic, segment: Segment, loads: tuple[Segment, ...], extent: Extent | None
) -> list[Anomaly]:
    """Return what keeps a loader from using the dynamic section as it stands; ``extent`` is as of `read_dynamic`."""
    found: list[Anomaly] = []

    def broken(proof: Evidence, detail: str, assumed: str) -> None:
        found.append(Anomaly(Damage.DYNAMIC, proof, detail, assumed))

    if extent is None:
        proof = segment_evidence(opened, segment, "p_vaddr")
        broken(proof, f"PT_DYNAMIC at address {segment.vaddr:#x} lies in no PT_LOAD", "its file offset is used")
    if not dynamic.terminated and len(dynamic.entries) == opened.source.limits.dynamic_entries:
        proof = segment_evidence(opened, segment, "p_filesz")
        detail = f"PT_DYNAMIC holds more than {len(dynamic.entries)} entries"
        found.append(Anomaly(Damage.LIMIT, proof, detail, f"the first {len(dynamic.entries)}"))
    elif not dynamic.terminated:
        proof = segment_evidence(opened, segment, "p_filesz")
        broken(proof, f"no DT_NULL within the {segment.filesz} bytes of PT_DYNAMIC", "the entries that are there")
    if extent is not None and extent.offset != segment.offset:
        proof = segment_evidence(opened, segment, "p_offset")
        detail = f"PT_DYNAMIC has p_offset {segment.offset:#x}, its address is mapped from {extent.offset:#x}"
        broken(proof, detail, "the address, as loaders go by it")
    for tag in POINTER_TAGS:
        value = dynamic.values.get(tag)
        if value is not None and extent_of(loads, value) is None:
            proof = entry_evidence(opened, dynamic, dynamic.places[tag])
            broken(
                proof,
                f"{proof.source} is address {value:#x}, which no PT_LOAD takes from the file",
                "its table is unknown",
            )
    return found + _names_beyond(opened, dynamic)


def _names_beyond(opened: Opened, dynamic: Dynamic) -> list[Anomaly]:
    """Return an anomaly for each entry that names a place behind the end of the string table, the first few."""
    limit = dynamic.values.get(DT_STRSZ)
    if limit is None:
        return []
    beyond = [place for place, (tag, value) in enumerate(dynamic.entries) if value >= limit and tag in STRING_TAGS]
    proofs = [entry_evidence(opened, dynamic, place) for place in beyond[:MOST_TOLD]]
    return [
        Anomaly(
            Damage.DYNAMIC,
            proof,
            f"{proof.source} is {proof.value:#x}, beyond the string table's {limit:#x} bytes",
            "the name is unknown",
        )
        for proof in proofs
    ]
