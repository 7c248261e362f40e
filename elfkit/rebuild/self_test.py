"""How much of a table would be found again: an intact file is cut in memory, planned, and held against itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any

from elfkit.abi.sections import SHF_ALLOC, SHT_NOBITS, section_type_name
from elfkit.errors import RefusedError
from elfkit.image.image import Image, load
from elfkit.image.sections import Section
from elfkit.rebuild.existing import table_trust
from elfkit.rebuild.numbering import FILLER
from elfkit.rebuild.plan import plan_sections
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.section_names import section_names
from elfkit.rebuild.write import NAMES

SCHEMA = "elfkit.self-test/1"
POINTERS = ("e_shoff", "e_shentsize", "e_shnum", "e_shstrndx")
PLACE = ("addr", "offset", "size")
FIELDS = ("type", "flags", *PLACE, "link", "info", "addralign", "entsize")


@unique
class Found(Enum):
    """What became of a row of the real table, or that a planned one is no row of it."""

    EXACT = "exact"  # every field is the real one, sh_addralign apart: linkers choose it, and no byte states it
    ALTERED = "altered"  # name, address, offset and size are
    MOVED = "moved"  # the name is
    MISSING = "missing"
    SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class Compared:
    """One row: ``real`` or ``planned`` is None where there is none; links, and infos that are links, are names.

    ``differing`` names the fields that are not equal; ``index_kept`` is whether the row has its old number.
    """

    name: str
    found: Found
    real: dict[str, int | str] | None
    planned: dict[str, int | str] | None
    differing: tuple[str, ...] = ()
    index_kept: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "name": self.name,
            "found": self.found.value,
            "differing": list(self.differing),
            "index_kept": self.index_kept,
            "real": self.real,
            "planned": self.planned,
        }


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The rows of one file; ``untold`` are the real ones that lie in no segment and that nothing tells of."""

    path: str
    rows: tuple[Compared, ...]
    untold: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {"path": self.path, "rows": [row.to_dict() for row in self.rows], "untold": list(self.untold)}


def self_test(image: Image) -> SelfTest:
    """Return how much of the section header table of ``image`` a plan without it finds again.

    RefusedError where that table contradicts the program headers: then it is no truth to test against.
    """
    trust = table_trust(image)
    if not trust.whole:
        raise RefusedError(image.source.name, f"nothing to test against: {trust.why}")
    with load(cut(image)) as bare:
        planned = [row for row in plan_sections(bare).sections if row.name != FILLER.name]
    real = _real_rows(image)
    wanted = {row.name for row in planned}
    told = [row for row in real if int(row.fields["flags"]) & SHF_ALLOC or row.name in wanted]
    untold = [row.name for row in real if row not in told and row.name != NAMES]
    return SelfTest(image.source.name, tuple(_compared(told, _planned_rows(image, planned))), tuple(untold))


def cut(image: Image) -> bytes:
    """Return the file as a vendor leaves it: the ELF header points to no table, nothing is behind the segments."""
    end = max([segment.offset + segment.filesz for segment in image.segments], default=0)
    raw = bytearray(image.source.start(max(end, image.layout.ehdr.size), "a file without its table"))
    for field in POINTERS:
        offset, width = image.layout.ehdr.spans[field]
        raw[offset : offset + width] = bytes(width)
    return bytes(raw)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of either table in the same words."""

    index: int
    name: str
    fields: dict[str, int | str]


def _real_rows(image: Image) -> list[_Row]:
    rows, names = image.sections.rows, section_names(image)
    return [_Row(index, names[index], _fields(image, row, names)) for index, row in enumerate(rows) if index]


def _fields(image: Image, row: Section, names: Sequence[str]) -> dict[str, int | str]:
    found: dict[str, int | str] = {field: getattr(row, field) for field in FIELDS}
    found["type"] = section_type_name(row.type, image.header.machine)
    found["link"] = names[row.link] if row.link < len(names) else row.link
    return found


def _planned_rows(image: Image, sections: Iterable[PlannedSection]) -> list[_Row]:
    names = section_names(image)
    rows = []
    for section in sections:
        found: dict[str, int | str] = {field: getattr(section, field) for field in FIELDS}
        found["type"] = section_type_name(section.type, image.header.machine)
        if isinstance(section.info, str):  # the real one is a number: that of the row with this name
            found["info"] = names.index(section.info) if section.info in names else section.info
        rows.append(_Row(section.index or 0, section.name, found))
    return rows


def _compared(real: list[_Row], planned: list[_Row]) -> list[Compared]:
    """Return the rows in the order of the real table, then what is surplus; of one name, equal addresses meet first."""
    left = list(planned)
    pairs: dict[int, _Row] = {}
    for same_address in (True, False):
        for row in real:
            if row.index in pairs:
                continue
            fitting = [at for at, other in enumerate(left) if _meets(row, other, same_address=same_address)]
            if fitting:
                pairs[row.index] = left.pop(fitting[0])
    found = [_judged(row, pairs.get(row.index)) for row in real]
    return found + [Compared(row.name, Found.SURPLUS, None, row.fields) for row in left]


def _meets(row: _Row, other: _Row, *, same_address: bool) -> bool:
    return row.name == other.name and (not same_address or row.fields["addr"] == other.fields["addr"])


def _judged(real: _Row, planned: _Row | None) -> Compared:
    if planned is None:
        return Compared(real.name, Found.MISSING, real.fields, None)
    empty = real.fields["type"] == section_type_name(SHT_NOBITS, 0)  # it has no bytes: linkers differ in sh_offset
    differing = [field for field in FIELDS if real.fields[field] != planned.fields[field]]
    differing = [field for field in differing if not (empty and field == "offset")]
    found = Found.EXACT
    if set(differing) - {"addralign"}:
        found = Found.MOVED if set(differing) & set(PLACE) else Found.ALTERED
    return Compared(
        real.name, found, real.fields, planned.fields, tuple(differing), index_kept=real.index == planned.index
    )
