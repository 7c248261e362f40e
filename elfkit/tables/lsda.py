"""The language specific data area of a function: how far it goes (Itanium C++ ABI, "Exception Handling Tables").

Header, call sites, actions, then addresses of types that grow down to a base and lists of types that grow up from it.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.dwarf import DW_EH_PE_indirect, DW_EH_PE_omit, encoded_width
from elfkit.formats.layout import Layout
from elfkit.tables.dwarf_bytes import DwarfBytes, UnreadableError

BEGIN = b"\xff"  # how an LSDA of gcc and clang begins: landing pads count from the function's start
TYPE_ALIGN = 4  # of an LSDA with types, on most machines
AREA_BYTES = 1 << 18  # of one LSDA are looked at
MOST_SITES = 1 << 16
MOST_ACTIONS = 1 << 16
LISTS_BYTES = 32  # of lists of types that no call site asks for
MOST_AREAS = 1 << 12  # that follow each other without one that points to them


class Lsda(NamedTuple):
    """The bytes an LSDA takes, and the width of its addresses of types: 0 where it has none."""

    size: int
    type_width: int


class _Header(NamedTuple):
    types: int | None  # where the base of the types lies
    type_encoding: int
    site_encoding: int
    sites: int  # where the call sites begin
    actions: int  # and the actions, behind them


def read_lsda(raw: bytes, vaddr: int, layout: Layout) -> Lsda | None:
    """Return how far the LSDA goes that begins with ``raw``; None if it is none, or is not there as a whole."""
    reading = DwarfBytes(raw, vaddr, layout)
    try:
        header = _header(reading)
        if header.types is None:
            end, width = _actions(reading, header)[0], 0
        else:
            width = encoded_width(header.type_encoding & ~DW_EH_PE_indirect, layout.word_size) or 0
            end, filters = _actions(reading, header)
            filters += _unused_filters(reading, header, width)
            end = max(end, header.types, _filters(reading, header.types, filters))
    except UnreadableError:
        return None
    return Lsda(end, width) if end <= len(raw) else None


def lsdas_end(raw: bytes, vaddr: int, layout: Layout) -> int | None:
    """Return the end of the LSDA that begins with ``raw``, and of those right behind it; None if it is none.

    A linker that drops a function leaves its LSDA where it is, with nothing to point to it.
    """
    end = None
    place = 0
    for _ in range(MOST_AREAS):
        # each is looked at in a view of its own: what it refers to lies behind its start
        found = read_lsda(raw[place : place + AREA_BYTES], vaddr + place, layout)
        if found is None:
            break
        end = place = place + found.size
        padding = -(vaddr + place) % TYPE_ALIGN
        if raw[place : place + 1] != BEGIN and raw[place : place + padding] == bytes(padding):
            place += padding
        if raw[place : place + 1] != BEGIN:
            break
    return end


def _header(reading: DwarfBytes) -> _Header:
    start_encoding = reading.unsigned(1)
    if start_encoding != DW_EH_PE_omit:
        reading.number(start_encoding)
    type_encoding = reading.unsigned(1)
    types = None
    if type_encoding != DW_EH_PE_omit:
        distance = reading.uleb128()
        types = reading.place + distance
    site_encoding = reading.unsigned(1)
    size = reading.uleb128()
    return _Header(types, type_encoding, site_encoding, reading.place, reading.place + size)


def _actions(reading: DwarfBytes, header: _Header) -> tuple[int, list[int]]:
    """Return the end of the actions that call sites ask for, and the lists of types that these actions name.

    An action is a list of types (negative) or a type, and how far from there its next action is; 0 ends the chain.
    """
    seen: set[int] = set()
    filters = []
    end = header.actions
    for first in _first_actions(reading, header):
        place = header.actions + first - 1
        while place not in seen and len(seen) < MOST_ACTIONS:
            seen.add(place)
            reading.place = place
            named = reading.sleb128()
            if named < 0:
                filters.append(named)
            here = reading.place
            onward = reading.sleb128()
            end = max(end, reading.place)
            if not onward:
                break
            place = here + onward
            if place < header.actions:
                raise UnreadableError
    return end, filters


def _first_actions(reading: DwarfBytes, header: _Header) -> list[int]:
    """Return the actions of the call sites: each has start, length and landing pad before its own."""
    found: set[int] = set()
    reading.place = header.sites
    for _ in range(MOST_SITES):
        if reading.place >= header.actions:
            break
        for _field in range(3):
            reading.number(header.site_encoding)
        found.add(reading.uleb128())
    return sorted(found - {0})


def _unused_filters(reading: DwarfBytes, header: _Header, width: int) -> list[int]:
    """Return the lists of types that any action names, asked for or not, reading them up to the types."""
    filters, types = [], 0
    reading.place = header.actions
    for _ in range(MOST_ACTIONS):
        if header.types is None or reading.place + 1 >= header.types - width * types:
            break
        named = reading.sleb128()
        reading.sleb128()
        types = max(types, named)
        filters += [named] if named < 0 else []
    # types that are taken for actions name lists far away
    return [named for named in filters if -named <= LISTS_BYTES]


def _filters(reading: DwarfBytes, base: int, filters: list[int]) -> int:
    """Return the end of the lists of types behind ``base``: each is numbers up to a 0, so the furthest ends last."""
    if not filters:
        return base
    end = reading.raw.find(b"\0", base - min(filters) - 1)
    if end < 0:
        raise UnreadableError
    return end + 1
