"""Program headers: the loader's view of the file (gABI, "Program Header")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from elfkit.abi.header import ET_DYN, ET_EXEC, PN_XNUM
from elfkit.abi.segments import (
    PT_DYNAMIC,
    PT_GNU_RELRO,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    PT_TLS,
    segment_name,
)
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.formats.layout import Layout
from elfkit.image.header import Opened, header_evidence


class Segment(NamedTuple):
    """The fields of Phdr, named without their ``p_``; ``number`` is the place in the table."""

    number: int
    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int


FIELDS = ("p_type", "p_flags", "p_offset", "p_vaddr", "p_paddr", "p_filesz", "p_memsz", "p_align")
MOST_NUMBERS = 8  # of program headers that a sentence lists
HOLDS_BYTES = (PT_LOAD, PT_INTERP, PT_DYNAMIC)

# What there may be one of, and who goes by which of several: Linux fs/binfmt_elf.c, glibc elf/dl-load.c and elf/rtld.c,
# musl ldso/dynlink.c.
UNIQUE = {
    PT_INTERP: "the kernel goes by the first",
    PT_DYNAMIC: "loaders go by the last",
    PT_TLS: "loaders go by the last",
    PT_GNU_STACK: "kernel and loaders go by the last",
    PT_GNU_RELRO: "loaders go by the last",
}


@cache
def _picker(records: Layout) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    declared = list(records.phdr.codes)
    return itemgetter(*(declared.index(field) for field in FIELDS))


def program_header_count(opened: Opened) -> int:
    """Return e_phnum, or where it is PN_XNUM what sh_info of section header 0 says (gABI, "e_phnum")."""
    source, records, header = opened
    if header.phnum != PN_XNUM or not header.shoff:
        return header.phnum
    raw = source.view(header.shoff, records.shdr.size)
    if len(raw) < records.shdr.size:
        return header.phnum
    count = dict(zip(records.shdr.codes, records.shdr.reader.unpack(raw), strict=True))["sh_info"]
    return int(count) or header.phnum


def read_segments(opened: Opened) -> tuple[tuple[Segment, ...], list[Anomaly]]:
    """Return the program headers that lie in the file, and what is wrong with the table."""
    source, records, header = opened
    count = program_header_count(opened)
    if not count:
        return (), _missing(opened)
    size = records.phdr.size
    raw = source.view(header.phoff, count * size)
    whole = len(raw) // size
    rows = map(_picker(records), records.phdr.reader.iter_unpack(raw[: whole * size]))
    make = tuple.__new__  # what Segment's own constructor calls, at a third of its cost: it makes most of an image
    segments = tuple([make(Segment, (number, *row)) for number, row in enumerate(rows)])
    if whole == count:
        return segments, []
    proof = header_evidence(opened, "e_phoff")
    detail = f"the table of {count} program headers needs bytes up to {header.phoff + count * size:#x}, "
    detail += f"the file has {source.size:#x}"
    return segments, [Anomaly(Damage.PROGRAM_HEADERS, proof, detail, f"the first {whole} are used")]


def _missing(opened: Opened) -> list[Anomaly]:
    if opened.header.type not in (ET_EXEC, ET_DYN):
        return []
    proof = header_evidence(opened, "e_phnum")
    return [Anomaly(Damage.PROGRAM_HEADERS, proof, "a program or library without program headers", "no segments")]


def segment_evidence(opened: Opened, segment: Segment, field: str, name: str = "") -> Evidence:
    """Return the bytes of one field (``p_flags``) of a segment's program header as evidence."""
    _, records, header = opened
    within, size = records.phdr.spans[field]
    offset = header.phoff + segment.number * records.phdr.size + within
    label = name or f"{segment_name(segment.type, header.machine)} {field}"
    value = getattr(segment, field[2:])
    raw = value.to_bytes(size, "little" if records.data == 1 else "big")  # as it was unpacked: not read again
    return Evidence(label, offset, raw, value)


def by_type(segments: tuple[Segment, ...]) -> dict[int, list[Segment]]:
    """Return the segments of each type, in the order of the table."""
    found: dict[int, list[Segment]] = {}
    for segment in segments:
        found.setdefault(segment.type, []).append(segment)
    return found


def truncation(opened: Opened, segments: tuple[Segment, ...]) -> list[Anomaly]:
    """Return one anomaly for each segment whose file bytes go past the end of the file."""
    size = opened.source.size
    found = []
    for segment in segments:
        end = segment.offset + segment.filesz
        if end <= size or segment.type not in HOLDS_BYTES or not segment.filesz:
            continue
        proof = segment_evidence(opened, segment, "p_filesz")
        name = segment_name(segment.type, opened.header.machine)
        detail = f"{name} ends at {end:#x}, the file at {size:#x}: {end - max(size, segment.offset)} bytes are missing"
        found.append(Anomaly(Damage.TRUNCATED, proof, detail, "the bytes that are there"))
    return found


def duplicates(opened: Opened, of_type: Mapping[int, Sequence[Segment]]) -> list[Anomaly]:
    """Return one anomaly for each type of segment that a file may have once and has several times."""
    found = []
    for p_type, used in UNIQUE.items():
        same = of_type.get(p_type, ())
        if len(same) > 1:
            name = segment_name(p_type, opened.header.machine)
            numbers = ", ".join([str(segment.number) for segment in same[:MOST_NUMBERS]])
            numbers += ", ..." if len(same) > MOST_NUMBERS else ""
            detail = f"{len(same)} program headers are {name} (numbers {numbers}), there may be one: {used}"
            proof = segment_evidence(opened, same[1], "p_type", name)
            found.append(Anomaly(Damage.DUPLICATE_SEGMENTS, proof, detail, used))
    return found
