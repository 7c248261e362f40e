"""Where the structures of a sound file lie: every field of every record, and every boundary between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from elfkit.abi import dynamic as dt
from elfkit.abi.segments import PT_NOTE
from elfkit.errors import ElfkitError
from elfkit.formats.layout import Record
from elfkit.image.image import Image, load
from elfkit.image.segments import Segment
from tests.elfwriter import LAYOUTS, Elf, Sym
from tests.image.samples import sample
from tests.tables.relocationwriter import with_table

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
MOST = 400  # records of one sort: those that follow are like them
HEAD = 16  # e_ident


class Field(NamedTuple):
    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Structures:
    """A seed: its bytes, its fields by the sort of record, and the offsets at which one begins or ends."""

    name: str
    content: bytes
    fields: dict[str, tuple[Field, ...]]
    boundaries: tuple[int, ...]


@cache
def fixtures() -> tuple[Path, ...]:
    """Every ELF file among the fixtures, each once, in the order of their paths."""
    found: dict[bytes, Path] = {}
    for path in sorted(FIXTURES.rglob("*")):
        made = any(part.startswith(".") for part in path.parts)  # a compiler's cache is no fixture
        if path.is_file() and not path.is_symlink() and not made:
            content = path.read_bytes()
            if content[:4] == b"\x7fELF" and len(content) >= 64:
                found.setdefault(content, path)
    if len(found) < 100:
        raise FileNotFoundError(FIXTURES)
    return tuple(found.values())


def written() -> Iterator[tuple[str, bytes]]:
    """Yield what the fixtures have little of: notes and versions, and relocations in every packing."""
    # APS2, 2 relocations from 0x10 on: a group of 2 with the step 8 and the info 3 shared, then their addends 1, 2
    packed = b"APS2" + bytes([2, 0x10, 2, 0b1011, 8, 3, 1, 2])
    for where in LAYOUTS:
        word = 8 if where[0] == 2 else 4
        relr = b"".join(n.to_bytes(word, "little" if where[1] == 1 else "big") for n in (0x400000, 0x55, 0x400100, 3))
        tables: dict[str, dict[int, int | None]] = {
            "relr": {dt.DT_RELR: None, dt.DT_RELRSZ: len(relr), dt.DT_RELRENT: word},
            "packed": {dt.DT_ANDROID_RELA: None, dt.DT_ANDROID_RELASZ: len(packed)},
        }
        yield f"sample{where}", sample(*where).data
        for name, tags in tables.items():
            raw = relr if name == "relr" else packed
            yield f"{name}{where}", with_table(raw, tags, Elf(*where, symbols=(Sym(b"greet"),))).data


@cache
def seeds() -> tuple[Structures, ...]:
    """The structures of every seed."""
    found = [structures("/".join(path.parts[-3:]), path.read_bytes()) for path in fixtures()]
    return (*found, *[structures(*seed) for seed in written()])


@cache
def having() -> dict[str, tuple[Structures, ...]]:
    """The seeds that have records of each sort."""
    sorts = sorted({sort for seed in seeds() for sort in seed.fields})
    return {sort: tuple(seed for seed in seeds() if sort in seed.fields) for sort in sorts}


def structures(name: str, content: bytes) -> Structures:
    """The structures of a file; of one that elfkit refuses, the ELF header's bytes alone."""
    found: dict[str, list[Field]] = {"e_ident": [Field(f"e_ident[{at}]", at, 1) for at in range(4, HEAD)]}
    try:
        with load(content) as image:
            for sort, record, offsets in _records(image):
                rows = [_fields(sort, record, offset) for offset in offsets[:MOST]]
                found[sort] = [field for row in rows for field in row if field.offset + field.size <= len(content)]
            for sort, width, start, count in _words(image):
                places = range(start, min(start + count * width, len(content) - width + 1), width)
                found[sort] = [Field(sort, place, width) for place in places[:MOST]]
    except ElfkitError:
        found["Ehdr"] = [Field("Ehdr", place, 2) for place in range(HEAD, 64, 2)]
    kept = {sort: tuple(fields) for sort, fields in found.items() if fields}
    edges = {edge for fields in kept.values() for field in fields for edge in (field.offset, field.offset + field.size)}
    return Structures(name, content, kept, tuple(sorted(edge for edge in edges if edge <= len(content))))


def _fields(sort: str, record: Record, offset: int) -> list[Field]:
    spans = record.spans.items()
    return [Field(f"{sort} {name}", offset + at, size) for name, (at, size) in spans if name != "e_ident"]


def _evenly(start: int, size: int, count: int) -> list[int]:
    return list(range(start, start + size * count, size))


def _records(image: Image) -> Iterator[tuple[str, Record, list[int]]]:
    """Yield each sort of record with the offsets of all of them."""
    layout, header = image.layout, image.header
    yield "Ehdr", layout.ehdr, [0]
    yield "Phdr", layout.phdr, _evenly(header.phoff, layout.phdr.size, len(image.segments))
    yield "Shdr", layout.shdr, _evenly(header.shoff, layout.shdr.size, len(image.sections.rows))
    notes = [place for segment in image.segments if segment.type == PT_NOTE for place in _notes(image, segment)]
    yield "Nhdr", layout.nhdr, notes
    if image.dynamic is None:
        return
    values = image.dynamic.values
    yield "Dyn", layout.dyn, _evenly(image.dynamic.offset, layout.dyn.size, len(image.dynamic.entries) + 1)
    for tag, size_tag, record, sort in (
        (dt.DT_REL, dt.DT_RELSZ, layout.rel, "Rel"),
        (dt.DT_RELA, dt.DT_RELASZ, layout.rela, "Rela"),
        (dt.DT_JMPREL, dt.DT_PLTRELSZ, layout.rela if values.get(dt.DT_PLTREL) == dt.DT_RELA else layout.rel, "Plt"),
        (dt.DT_HASH, None, layout.sysv_hash, "Hash"),
        (dt.DT_GNU_HASH, None, layout.gnu_hash, "Gnu hash"),
    ):
        extent = image.extent_of(values[tag]) if tag in values else None
        if extent is not None:
            yield sort, record, _evenly(extent.offset, record.size, values[size_tag] // record.size if size_tag else 1)
    extent = image.extent_of(values.get(dt.DT_SYMTAB, 0))
    if extent is not None:
        yield "Sym", layout.sym, _evenly(extent.offset, layout.sym.size, min(extent.size // layout.sym.size, 64))
    yield from _versions(image)


def _versions(image: Image) -> Iterator[tuple[str, Record, list[int]]]:
    layout = image.layout
    for tag, sort, head, aux in (
        (dt.DT_VERNEED, "vn", layout.verneed, layout.vernaux),
        (dt.DT_VERDEF, "vd", layout.verdef, layout.verdaux),
    ):
        values = image.dynamic.values if image.dynamic else {}
        extent = image.extent_of(values[tag]) if tag in values else None
        if extent is None:
            continue
        heads, auxes, place = [], [], extent.offset
        for _ in range(16):
            raw = image.source.view(place, head.size)
            if len(raw) < head.size:
                break
            row = dict(zip(head.codes, head.reader.unpack(raw), strict=True))
            heads.append(place)
            auxes.append(place + row[f"{sort}_aux"])
            if not row[f"{sort}_next"]:
                break
            place += row[f"{sort}_next"]
        yield f"{sort} record", head, heads
        yield f"{sort}a record", aux, auxes


def _notes(image: Image, segment: Segment) -> list[int]:
    found: list[int] = []
    place = segment.offset
    record = image.layout.nhdr
    while place + record.size <= min(segment.offset + segment.filesz, image.source.size) and len(found) < 16:
        found.append(place)
        namesz, descsz, _ = record.reader.unpack(image.source.view(place, record.size))
        place += record.size + (namesz + 3 & ~3) + (descsz + 3 & ~3)
    return found


def _words(image: Image) -> Iterator[tuple[str, int, int, int]]:
    """Yield each table of plain words: name, width, offset, count; more words than there are do no harm."""
    values = image.dynamic.values if image.dynamic else {}
    wide = image.layout.word_size
    for tag, sort, width, count in (
        (dt.DT_HASH, "Hash words", 4, 64),
        (dt.DT_GNU_HASH, "Gnu hash words", 4, 64),
        (dt.DT_VERSYM, "Versym", 2, 64),
        (dt.DT_RELR, "Relr", wide, values.get(dt.DT_RELRSZ, 0) // wide),
        (dt.DT_ANDROID_REL, "Packed", 1, values.get(dt.DT_ANDROID_RELSZ, 0)),
        (dt.DT_ANDROID_RELA, "Packed", 1, values.get(dt.DT_ANDROID_RELASZ, 0)),
    ):
        extent = image.extent_of(values[tag]) if tag in values else None
        if extent is not None:
            yield sort, width, extent.offset, min(count, extent.size // width)
