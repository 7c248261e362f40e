"""Which types of relocation the file has: the loader must know each of them (gABI, "Relocation").

Read with the standard library alone: a type takes one or two bytes of r_info, taken out of a table as one column.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from typing import NamedTuple

from elfkit.abi.header import EM_MIPS, EM_SPARCV9
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.relocations import Table, chunks
from elfkit.image.image import Image

MOST_TYPES = 64  # told of one file: no loader knows as many
FEW_TYPES = 16  # most files have three or four
NONE: Fact[tuple[int, ...]] = Fact((), Certainty.DERIVED)


class Place(NamedTuple):
    """The bytes of a type within an entry: the low one, the next one (None where types take one byte)."""

    low: int
    high: int | None


def relocation_types_fact(image: Image, tables: Sequence[Table | None]) -> Fact[tuple[int, ...]]:
    """The types in DT_REL, DT_RELA and DT_JMPREL, sorted, without R_*_NONE; evidence is the first entry of each.

    64-bit MIPS packs three types into an entry: the number is that of r_type, with r_type2 and r_type3 above it as
    in r_info. BOUNDED where a table is not in the file.
    """
    if image.dynamic is None:
        return NONE
    found: dict[int, Evidence] = {}
    for table in tables:
        if table is not None and table.words > 1:  # DT_RELR has no types
            _add_types(image, table, found)
    types = tuple(sorted(found))
    complete = None not in tables and len(found) < MOST_TYPES
    certainty = Certainty.DERIVED if complete else Certainty.BOUNDED
    return Fact(types, certainty, tuple([found[number] for number in types]))


def _add_types(image: Image, table: Table, found: dict[int, Evidence]) -> None:
    width = image.layout.word_size
    entry = table.words * width
    place = _place(image, width)
    for start, raw in chunks(image, table, entry):
        for number, index in _first(raw, entry, place, found).items():
            if len(found) < MOST_TYPES:
                at = index * entry
                found[number] = Evidence(f"{table.name} r_info", start + at, raw[at : at + entry], number)


def _place(image: Image, width: int) -> Place:
    if image.layout.data == 1:
        mips = image.header.machine == EM_MIPS and width == 8
        return Place(2 * width - 1, 2 * width - 2) if mips else Place(width, width + 1 if width == 8 else None)
    if width == 4 or image.header.machine == EM_SPARCV9:  # above the type SPARC V9 keeps another addend
        return Place(2 * width - 1, None)
    return Place(2 * width - 1, 2 * width - 2)


def _first(raw: bytes, entry: int, place: Place, known: Container[int]) -> dict[int, int]:
    """Return the number of the first entry of each type that is not ``known``, of no more than can be told."""
    low = raw[place.low :: entry]
    high = raw[place.high :: entry] if place.high is not None else b"\0"
    if high and not high.strip(high[:1]):
        above = high[0] << 8
        return {above | least: low.index(least) for least in _distinct(low) if least and above | least not in known}
    pairs = list(zip(low, high, strict=True))
    types = {least | above << 8: (least, above) for least, above in dict.fromkeys(pairs)}
    new = [number for number in types if number and number not in known][:MOST_TYPES]
    return {number: pairs.index(types[number]) for number in new}


def _distinct(column: bytes) -> Collection[int]:
    """Return each byte of ``column`` once: a pass over it for each is faster than a set, as long as they are few."""
    found: list[int] = []
    rest = column
    while rest and len(found) < FEW_TYPES:
        found.append(rest[0])
        rest = rest.translate(None, rest[:1])
    return set(column) if rest else found
