"""The table a file already has: whether it can be trusted, held against what the loader goes by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHT_DYNAMIC, SHT_NOBITS, SHT_NULL, SHT_STRTAB
from elfkit.abi.segments import PT_TLS
from elfkit.image.image import Image
from elfkit.image.sections import Section, SectionHeaders
from elfkit.rebuild.coverage import first_nonzero, loaded_gaps, sound_loads
from elfkit.rebuild.plan import SectionPlan, plan_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.stated_rows import Contradiction, contradictions
from elfkit.tables.counts import symbol_count

NAME_OF_DYNAMIC = b".dynamic\0"  # ld.bfd finds it by its name


class Trust(NamedTuple):
    """Whether the section header table agrees with the program headers; ``why`` not, as a clause."""

    whole: bool
    why: str


def table_trust(image: Image) -> Trust:
    """Return whether the section headers of ``image`` can stay as they are.

    A row that differs from what a field states stays if a rebuilt table would have the same: in a damaged file not
    every field can be met, and what was rebuilt needs no rebuilding.
    """
    table = image.sections
    if table.state is SectionHeaders.ABSENT:
        return Trust(whole=False, why="it has no section headers")
    if table.state is SectionHeaders.DAMAGED:
        return Trust(whole=False, why=table.anomalies[0].detail)
    found = list(_contradictions(image, table.rows, table.names))
    if not found:
        return Trust(whole=True, why="")
    plan = None if found[0].unusable else plan_sections(image)
    why = next(
        (item.why for item in found if item.unusable or plan is None or not _as_planned(plan, table.rows, item)), ""
    )
    return Trust(whole=not why, why=why)


def rows_against_the_loader(image: Image, rows: tuple[Section, ...], names: int) -> str:
    """Return where rows of a section header table contradict the file or its dynamic section; "" if nowhere."""
    return next((item.why for item in _contradictions(image, rows, names)), "")


def _contradictions(image: Image, rows: tuple[Section, ...], names: int) -> Iterator[Contradiction]:
    """Yield the contradictions, the gravest first: behind one that makes the table unusable come no more."""
    why = _outside_the_file(image, rows, names) or _misnamed(image, rows, names)
    if why:
        yield Contradiction(why, unusable=True)
        return
    if _detached(rows):
        return
    yield from contradictions(image, rows, symbol_count(image))
    yield from _misplaced(image, rows)
    if SHT_NULL in [row.type for row in rows[1:]]:
        yield from _inactive(image, rows)


def _outside_the_file(image: Image, rows: tuple[Section, ...], names: int) -> str:
    size = image.source.size
    if names >= len(rows) or rows[names].type != SHT_STRTAB:
        return f"row {names} is no string table of section names"
    for number, row in enumerate(rows[1:], 1):
        if row.type != SHT_NOBITS and row.offset + row.size > size:
            return f"row {number} ends at {row.offset + row.size:#x}, the file at {size:#x}"
        if row.link >= len(rows):
            return f"row {number} links to row {row.link} of {len(rows)}"
    return ""


def _misnamed(image: Image, rows: tuple[Section, ...], names: int) -> str:
    """Return what is wrong with the names: a string table begins and ends with a NUL (gABI, "String Table")."""
    table = rows[names]
    if max([row.name for row in rows]) >= table.size:
        beyond = next(number for number, row in enumerate(rows) if row.name >= table.size)
        return f"the name of row {beyond} begins at {rows[beyond].name:#x} of {table.size:#x} bytes of names"
    edges = image.source.unbudgeted(table.offset, 1) + image.source.unbudgeted(table.offset + table.size - 1, 1)
    if edges != b"\0\0":
        return f"row {names} holds no names: it does not begin and end with a NUL"
    for row in [row for row in rows if row.type == SHT_DYNAMIC]:
        if image.source.unbudgeted(table.offset + row.name, len(NAME_OF_DYNAMIC)) != NAME_OF_DYNAMIC:
            return f"row {rows.index(row)} is the dynamic section and is not called .dynamic"
    return ""


def _detached(rows: tuple[Section, ...]) -> bool:
    """Return whether it is the table of detached debug information: code and .dynamic have no bytes in the file."""
    if SHT_DYNAMIC in [row.type for row in rows]:
        return False
    code = [row.type for row in rows if row.flags & SHF_EXECINSTR and row.flags & SHF_ALLOC]
    return bool(code) and all(kind == SHT_NOBITS for kind in code)


def _misplaced(image: Image, rows: tuple[Section, ...]) -> Iterator[Contradiction]:
    """Yield a contradiction for each loaded row that is not where a segment has its address in the file."""
    places = [_Place(s.vaddr, s.vaddr + s.memsz, s.offset - s.vaddr, s.vaddr + s.filesz) for s in image.loads]
    templates = [(s.vaddr, s.vaddr + s.memsz) for s in image.segments if s.type == PT_TLS]
    if not places:
        return
    for number, (_, kind, flags, addr, offset, size, *_) in enumerate(rows):
        if not flags & SHF_ALLOC or not size:
            continue
        if kind == SHT_NOBITS and flags & SHF_TLS:  # a template, mapped nowhere
            if not any(low <= addr and addr + size <= high for low, high in templates):
                yield Contradiction(f"row {number} holds thread-local zeros at {addr:#x}, PT_TLS does not", number)
        elif not _placed(places, addr, size, None if kind == SHT_NOBITS else offset - addr):
            if not addr and not _in_the_file(places, offset, size):
                continue  # objcopy marks as loaded what no segment holds: nothing goes by that
            shift = next((place.shift for place in places if place.low <= addr < place.high), None)
            why = "does not load" if shift is None else f"loads from {addr + shift:#x}"
            said = f"row {number} lies at {offset:#x}, its address is {addr:#x}, which PT_LOAD {why}"
            yield Contradiction(said, number)


class _Place(NamedTuple):
    """The addresses of a PT_LOAD, ``shift`` from an address to its file offset, the end of what the file holds."""

    low: int
    high: int
    shift: int
    held: int


def _placed(places: list[_Place], addr: int, size: int, shift: int | None) -> bool:
    """Return whether a segment holds these addresses, at that distance from the file if they are in the file."""
    end = addr + size
    for low, high, at, held in places:  # a loop: this is asked of each row of every sound file
        if low <= addr and end <= (high if shift is None else held) and (shift is None or shift == at):
            return True
    return False


def _in_the_file(places: list[_Place], offset: int, size: int) -> bool:
    return any(offset < held + at and low + at < offset + size for low, _, at, held in places)


def _inactive(image: Image, rows: tuple[Section, ...]) -> Iterator[Contradiction]:
    """Yield a contradiction if bytes are loaded that no row holds, in a table with rows that are none."""
    loaded = [row for row in rows if row.flags & SHF_ALLOC and not (row.type == SHT_NOBITS and row.flags & SHF_TLS)]
    held = Sections(tuple(sorted([_bare(row) for row in loaded], key=lambda section: section.addr)))
    for load in sound_loads(image):
        for start, end in loaded_gaps(image, held, load):
            stray = first_nonzero(image, load.offset + start - load.vaddr, end - start)
            if stray is not None:
                yield Contradiction(f"the byte at {stray:#x} is loaded, and there are rows of no type", unusable=True)
                return


def _bare(row: Section) -> PlannedSection:
    return PlannedSection("", row.type, row.flags, row.addr, row.offset, row.size, "")


def _as_planned(plan: SectionPlan, rows: tuple[Section, ...], found: Contradiction) -> bool:
    """Return whether a rebuilt table would contradict the loader in the same way."""
    if not found.number:
        wanted = found.stated
        return wanted is None or not any((s.type, s.addr) == (wanted.type, wanted.addr) for s in plan.sections)
    row = rows[found.number]
    addresses = {section.name: section.addr for section in plan.sections}
    fields = (row.type, row.addr, row.offset, row.size, row.entsize, rows[row.link].addr)
    return any(
        (s.type, s.addr, s.offset, s.size, s.entsize, addresses.get(s.link, 0)) == fields
        for s in plan.sections
        if isinstance(s.info, str) or s.info == row.info
    )
