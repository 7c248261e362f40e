"""One ELF file as a value: what its headers say, a view of its bytes, and where they contradict the ABI."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fsdecode
from typing import IO, TYPE_CHECKING

from elfkit.abi.dynamic import DT_STRSZ, DT_STRTAB
from elfkit.abi.segments import PT_LOAD
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.dynamic import (
    Dynamic,
    Extent,
    dynamic_anomalies,
    dynamic_segment,
    entry_evidence,
    extent_of,
    read_dynamic,
)
from elfkit.image.header import header_anomalies, header_evidence, read_header
from elfkit.image.sections import SectionTable, read_sections
from elfkit.image.segments import Segment, by_type, duplicates, read_segments, segment_evidence, truncation
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from elfkit.image.attributes import Attributes


class Image:
    """One ELF file. A handle: it keeps its source open until it is closed; a context manager.

    ``header``, ``segments`` (all program headers), ``loads`` (those of PT_LOAD), ``dynamic`` (None without
    PT_DYNAMIC) and ``anomalies`` are read at once, ``sections`` and ``attributes`` when first asked for.
    """

    __slots__ = (
        "_attributes",
        "_by_type",
        "_names",
        "_names_left",
        "_sections",
        "_string_extent",
        "_strings",
        "anomalies",
        "dynamic",
        "dynamic_segment",
        "header",
        "layout",
        "loads",
        "opened",
        "segments",
        "source",
    )

    def __init__(self, source: Source) -> None:
        """Parse what ``source`` holds; FormatError if it is no ELF file or ends inside the ELF header."""
        opened = read_header(source)
        self.opened = opened
        self.source, self.layout, self.header = opened
        self.segments, damaged = read_segments(opened)
        self._by_type = by_type(self.segments)
        self.loads = tuple(self._by_type.get(PT_LOAD, ()))
        anomalies = [*header_anomalies(opened), *damaged, *truncation(opened, self.segments)]
        anomalies += duplicates(opened, self._by_type)
        self.dynamic: Dynamic | None = None
        self.dynamic_segment = dynamic_segment(self._by_type)
        if self.dynamic_segment is not None:
            extent = extent_of(self.loads, self.dynamic_segment.vaddr)
            self.dynamic = read_dynamic(opened, self.dynamic_segment, extent)
            anomalies += dynamic_anomalies(opened, self.dynamic, self.dynamic_segment, self.loads, extent)
        self.anomalies: tuple[Anomaly, ...] = tuple(anomalies)
        self._attributes: Attributes | None = None
        self._sections: SectionTable | None = None
        self._strings: bytes | None = None
        self._string_extent = self._find_strings()
        self._names: dict[int, str | None] = {}
        self._names_left = self._most_names()

    @property
    def sections(self) -> SectionTable:
        """The section header table, read when first asked for."""
        if self._sections is None:
            self._sections = read_sections(self.opened)
        return self._sections

    @property
    def attributes(self) -> Attributes:
        """The build attributes of the file as a whole, read when first asked for."""
        if self._attributes is None:
            from elfkit.image.attributes import read_attribute_places  # here: many files tell all without them

            self._attributes = read_attribute_places(self.opened, self.segments)
        return self._attributes

    def attribute_anomalies(self) -> tuple[Anomaly, ...]:
        """Return what is wrong with the build attributes, if anybody asked for them."""
        return self._attributes.anomalies if self._attributes is not None else ()

    def of_type(self, p_type: int) -> Sequence[Segment]:
        """Return the segments of one type, in the order of the table."""
        return self._by_type.get(p_type, ())

    def extent_of(self, vaddr: int) -> Extent | None:
        """Return file offset and remaining bytes of what is mapped at ``vaddr``; None if the file has none.

        A segment may claim more bytes than there are: they end where the file does.
        """
        extent = extent_of(self.loads, vaddr)
        if extent is None:
            return None
        left = self.source.size - extent.offset
        if extent.size <= left:
            return extent
        return Extent(extent.offset, left) if left > 0 else None

    def string(self, offset: int) -> str | None:
        """Return the string at ``offset`` of the dynamic string table, decoded with ``surrogateescape``.

        None if there is no such table, the offset is beyond it, or no NUL ends the string within the limits. Names may
        overlap: when they have taken twice the bytes of the table, none is given that was not asked for before.
        """
        names = self._names
        if offset not in names:
            name = self._read_name(offset)
            self._names_left -= len(name or "")
            names[offset] = name if self._names_left >= 0 else None
        return names[offset]

    def _most_names(self) -> int:
        extent, floor = self._string_extent, self.source.limits.string_table_bytes
        return max(2 * extent.size, floor) if extent else floor

    def _read_name(self, offset: int) -> str | None:
        extent = self._string_extent
        if extent is None or not 0 <= offset < extent.size or self._names_left < 0:
            return None
        table = self.string_table
        if table:
            end = table.find(b"\0", offset)
            name = table[offset:end] if offset <= end <= offset + self.source.limits.string_bytes else None
        else:
            name = self._read_string(extent.offset + offset)
        return None if name is None else name.decode("utf-8", "surrogateescape")

    def string_offset(self, offset: int) -> int | None:
        """Return the file offset of the string at ``offset`` of the dynamic string table; None if outside."""
        extent = self._string_extent
        return extent.offset + offset if extent and 0 <= offset < extent.size else None

    def _find_strings(self) -> Extent | None:
        """Return where the dynamic string table lies: DT_STRTAB, at most DT_STRSZ bytes of it."""
        if self.dynamic is None:
            return None
        vaddr = self.dynamic.values.get(DT_STRTAB)
        extent = None if vaddr is None else self.extent_of(vaddr)
        if extent is None:
            return None
        size = self.dynamic.values.get(DT_STRSZ, extent.size)
        return extent if extent.size <= size else Extent(extent.offset, size)

    @property
    def string_table(self) -> bytes:
        """The dynamic string table, read when first asked for; empty where it is too large to be read at once."""
        if self._strings is None:
            extent = self._string_extent
            small = extent is not None and extent.size <= self.source.limits.string_table_bytes
            self._strings = self.source.view(*extent) if extent and small else b""
        return self._strings

    def _read_string(self, place: int) -> bytes | None:
        raw = self.source.view(place, self.source.limits.string_bytes + 1)
        end = raw.find(b"\0")
        return raw[:end] if end >= 0 else None

    def header_evidence(self, field: str) -> Evidence:
        """Return a header field, named as in the specification (``e_flags``), as evidence."""
        return header_evidence(self.opened, field)

    def segment_evidence(self, segment: Segment, field: str, name: str = "") -> Evidence:
        """Return a field of a program header (``p_flags``) as evidence."""
        return segment_evidence(self.opened, segment, field, name)

    def dynamic_evidence(self, tag: int) -> tuple[Evidence, ...]:
        """Return each entry of the dynamic section with ``tag`` as evidence; empty if there is none."""
        dynamic = self.dynamic
        if dynamic is None or tag not in dynamic.values:
            return ()
        found = [index for index, (entry_tag, _) in enumerate(dynamic.entries) if entry_tag == tag]
        return tuple([entry_evidence(self.opened, dynamic, index) for index in found])

    def last_entry(self, tag: int) -> tuple[Evidence, ...]:
        """Return the last entry of the dynamic section with ``tag``, the one loaders use; empty if there is none."""
        dynamic = self.dynamic
        if dynamic is None or tag not in dynamic.places:
            return ()
        return (entry_evidence(self.opened, dynamic, dynamic.places[tag]),)

    def string_evidence(self, name: str, offset: int) -> Evidence:
        """Return a string of the dynamic string table as evidence: its bytes where they lie in the file."""
        text = self.string(offset)
        raw = b"" if text is None else text.encode("utf-8", "surrogateescape")
        return Evidence(name, self.string_offset(offset), raw[:64], text)

    def limit_anomalies(self) -> tuple[Anomaly, ...]:
        """Return what was left unread because the file asked for more work than the limits allow."""
        found: list[Anomaly] = []
        if self.source.budget.exhausted:
            limit = self.source.limits.bytes_read
            proof = Evidence("bytes read", None, b"", limit)
            detail = f"reading it takes more than {limit} bytes"
            found.append(Anomaly(Damage.LIMIT, proof, detail, "what was read so far"))
        if self._names_left < 0:
            proof = self.dynamic_evidence(DT_STRTAB)[-1]
            detail = f"names overlap: together they take more than {self._most_names()} bytes"
            found.append(Anomaly(Damage.LIMIT, proof, detail, "the names read so far"))
        return tuple(found)

    def close(self) -> None:
        """Close the file; facts drawn from the image stay valid."""
        self.source.close()

    def __enter__(self) -> Image:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        bits = self.layout.word_size * 8
        return f"Image({self.source.name!r}, {bits}-bit, {len(self.segments)} segments)"


def load(
    origin: str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes], *, limits: Limits = DEFAULT_LIMITS
) -> Image:
    """Return the ELF file at a path, in bytes, or in an open binary file.

    FormatError if it is no ELF file or ends inside the ELF header; ReadError if it cannot be read.
    Bytes are never taken for a path.
    """
    if isinstance(origin, (bytes, bytearray, memoryview)):
        source = Source.of_bytes(bytes(origin), limits=limits)
    elif isinstance(origin, (str, PathLike)):
        source = Source.open(fsdecode(origin), limits=limits)
    else:
        source = Source.of_file(origin, limits=limits)
    try:
        return Image(source)
    except BaseException:
        source.close()
        raise
