"""How build attributes lie in bytes: the section that begins with 'A' (addenda32, "Encoding"; gABI has none).

'A', then subsections { length, vendor NTBS, { tag ULEB128, size, [numbers of sections or symbols, 0], attributes } }:
lengths are words of the file's byte order that count themselves. Records of no fixed size: no construct declaration
could give a reader for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elfkit.abi.attributes import BY_NAME, TAG_FILE, TAG_SECTION, TAG_SYMBOL, Vendor, parameter

VERSION = b"A"
WORD = 4
ULEB_BYTES = 10  # more hold no 64-bit number
MOST = 4096  # attributes of one section: linkers write some thirty


class Attribute(NamedTuple):
    """One attribute: its vendor and tag, what it is about (``TAG_FILE``...), its number and text.

    ``offset`` counts from the section's start, ``raw`` are the bytes of tag and parameter. Of the parts that a tag
    does not have, ``number`` is 0 and ``text`` is "".
    """

    vendor: str
    scope: int
    tag: int
    number: int
    text: str
    offset: int
    raw: bytes


class Broken(NamedTuple):
    """Where a section stops to be one of attributes, and why."""

    offset: int
    detail: str


class _BrokenError(Exception):
    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(offset, detail)
        self.broken = Broken(offset, detail)


def read_attributes(raw: bytes, order: str) -> tuple[tuple[Attribute, ...], Broken | None]:
    """Return the attributes of a section, and what ended the reading early; ``order`` is "little" or "big".

    Subsections of vendors that are not known here are passed over.
    """
    found: list[Attribute] = []
    try:
        for attribute in _section(raw, order):
            if len(found) == MOST:
                raise _BrokenError(attribute.offset, f"more than {MOST} attributes")
            found.append(attribute)
    except _BrokenError as error:
        return tuple(found), error.broken
    return tuple(found), None


def _section(raw: bytes, order: str) -> Iterator[Attribute]:
    if raw[:1] != VERSION:
        raise _BrokenError(0, f"begins with {raw[:1].hex() or 'nothing'}, not with 'A'")
    place = 1
    while place < len(raw):
        end = _end(raw, place, place, len(raw), order)
        name, inside = _text(raw, place + WORD, end)
        vendor = BY_NAME.get(name)
        if vendor is not None:
            yield from _subsection(raw, inside, end, order, vendor)
        place = end


def _subsection(raw: bytes, place: int, end: int, order: str, vendor: Vendor) -> Iterator[Attribute]:
    while place < end:
        scope, at = _uleb(raw, place, end)
        stop = _end(raw, at, place, end, order)
        at += WORD
        if scope in (TAG_SECTION, TAG_SYMBOL):
            number = 1
            while number:  # of the sections or symbols that it is about
                number, at = _uleb(raw, at, stop)
        elif scope != TAG_FILE:
            raise _BrokenError(place, f"a part of kind {scope}, neither file nor section nor symbol")
        while at < stop:
            attribute, at = _attribute(raw, at, stop, vendor, scope)
            yield attribute
        place = stop


def _attribute(raw: bytes, place: int, end: int, vendor: Vendor, scope: int) -> tuple[Attribute, int]:
    tag, at = _uleb(raw, place, end)
    has_number, has_text = parameter(vendor, tag)
    number, text = 0, ""
    if has_number:
        number, at = _uleb(raw, at, end)
    if has_text:
        text, at = _text(raw, at, end)
    return Attribute(vendor.name, scope, tag, number, text, place, raw[place:at]), at


def _end(raw: bytes, at: int, start: int, limit: int, order: str) -> int:
    """Return the end of what begins at ``start`` and has its length at ``at``; it lies behind the length."""
    length = int.from_bytes(raw[at : at + WORD], "little" if order == "little" else "big")
    end = start + length
    if at + WORD > limit or not at + WORD <= end <= limit:
        raise _BrokenError(at, f"a length of {length} where {limit - start} bytes are left")
    return end


def _uleb(raw: bytes, place: int, end: int) -> tuple[int, int]:
    value = 0
    for count, byte in enumerate(raw[place : min(end, place + ULEB_BYTES)]):
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, place + count + 1
    raise _BrokenError(place, "a number (ULEB128) without an end")


def _text(raw: bytes, place: int, end: int) -> tuple[str, int]:
    stop = raw.find(b"\0", place, end)
    if stop < 0:
        raise _BrokenError(place, "text that no NUL ends")
    return raw[place:stop].decode("utf-8", "surrogateescape"), stop + 1
