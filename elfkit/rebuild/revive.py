"""The old table, where only the ELF header lost it: found by the row that says what PT_DYNAMIC says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from elfkit.abi.dynamic import DT_STRTAB
from elfkit.abi.sections import SHT_DYNAMIC, SHT_NOBITS, SHT_NULL, SHT_STRTAB
from elfkit.evidence import Certainty, Evidence
from elfkit.image.image import Image
from elfkit.image.sections import Section
from elfkit.image.segments import Segment
from elfkit.rebuild.existing import rows_against_the_loader
from elfkit.rebuild.plan import SectionPlan
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.write import packed
from elfkit.tables.counts import symbol_count

NAME_OF_DYNAMIC = b".dynamic\0"
MOST_BEHIND = 64 << 20  # bytes behind the last segment that are searched
MOST_ROWS = 4096  # before and behind the row of .dynamic that are looked at
MOST_TRIED = 16  # places where a table could be that are judged: a hostile file offers as many as it has bytes


class OldTable(NamedTuple):
    """A section header table at ``offset`` of the file: its rows, row 0 included, and which holds their names."""

    offset: int
    rows: tuple[Section, ...]
    names: int


def find_old_table(image: Image) -> OldTable | None:
    """Return the section header table that still lies behind the segments; None unless it agrees with the loader.

    Its row of .dynamic has address, offset and size of PT_DYNAMIC, and links to the row of DT_STRTAB.
    """
    segment = image.dynamic_segment
    if segment is None or image.dynamic is None:
        return None
    start = max([load.offset + load.filesz for load in image.loads], default=0)
    raw = image.source.unbudgeted(start, max(min(image.source.size - start, MOST_BEHIND), 0))
    candidates = islice(_candidates(image, segment, raw, start), MOST_TRIED)
    return next((table for table in candidates if not rows_against_the_loader(image, table.rows, table.names)), None)


def _candidates(image: Image, segment: Segment, raw: bytes, start: int) -> Iterator[OldTable]:
    """Yield what could be the table in ``raw``, which begins at offset ``start``: its row of .dynamic is PT_DYNAMIC."""
    word = image.layout.word_size
    fields = (segment.vaddr, segment.offset, segment.filesz)
    pattern = b"".join([packed(image, value, word) for value in fields])
    within = image.layout.shdr.spans["sh_addr"][0]
    place = raw.find(pattern)
    for _ in range(MOST_TRIED):
        if place < 0:
            return
        if place >= within:
            yield from _tables_around(image, raw, start, place - within)
        place = raw.find(pattern, place + 1)


def _tables_around(image: Image, raw: bytes, start: int, place: int) -> Iterator[OldTable]:
    """Yield the tables whose row of .dynamic lies at ``place`` of ``raw``, the shortest first.

    It links to the row of DT_STRTAB: the distance between the two says where row 0 may be.
    """
    size = image.layout.shdr.size
    at = min(place // size, MOST_ROWS)
    first = place - at * size
    held = min((len(raw) - first) // size, at + MOST_ROWS)
    rows = [Section(*row) for row in image.layout.shdr.reader.iter_unpack(raw[first : first + held * size])]
    if at >= len(rows) or rows[at].type != SHT_DYNAMIC:
        return
    strings = image.dynamic.values.get(DT_STRTAB) if image.dynamic else None
    linked = rows[rows[at].link : rows[at].link + at]
    bases = [base for base, row in enumerate(linked) if row.addr == strings and rows[base].type == SHT_NULL]
    for base in bases[: -MOST_TRIED - 1 : -1]:
        whole = tuple(_plausible(image, rows[base:]))
        names = _names(image, whole, rows[at])
        if names is not None:
            yield OldTable(start + first + base * size, whole, names)


def _plausible(image: Image, rows: list[Section]) -> list[Section]:
    """Return the rows up to the first that no table of this file can have, without the zeros behind the last."""
    count = 0
    for number, row in enumerate(rows):
        beyond = row.type != SHT_NOBITS and row.offset + row.size > image.source.size
        if beyond or row.link >= len(rows):
            break
        if row.type != SHT_NULL:
            count = number + 1
    return rows[:count]


def _names(image: Image, rows: tuple[Section, ...], dynamic: Section) -> int | None:
    """Return the row of the string table in which ``dynamic`` is called .dynamic."""
    for number, row in enumerate(rows):
        within = row.type == SHT_STRTAB and dynamic.name + len(NAME_OF_DYNAMIC) <= row.size
        if within and image.source.unbudgeted(row.offset + dynamic.name, len(NAME_OF_DYNAMIC)) == NAME_OF_DYNAMIC:
            return number
    return None


def revived_plan(image: Image, old: OldTable) -> SectionPlan:
    """Return the rows of the old table as a plan: what the file will have, with where it was found."""
    limits = image.source.limits
    names = image.source.unbudgeted(old.rows[old.names].offset, min(old.rows[old.names].size, limits.bytes_read))
    titles = [
        names[row.name : max(names.find(b"\0", row.name, row.name + limits.string_bytes), row.name)].decode(
            "utf-8", "surrogateescape"
        )
        for row in old.rows
    ]
    size = image.layout.shdr.size
    sections = []
    for number, row in enumerate(old.rows[1:], 1):
        at = old.offset + number * size
        proof = Evidence("Shdr", at, image.source.unbudgeted(at, size)[:64], None)
        link = titles[row.link] if row.link else ""
        fields = (
            titles[number],
            row.type,
            row.flags,
            row.addr,
            row.offset,
            row.size,
            "the old table",
            Certainty.STATED,
        )
        sections.append(PlannedSection(*fields, (proof,), link, row.info, row.addralign, row.entsize, number))
    return SectionPlan(tuple(sections), (), symbol_count(image), image.header.machine)
