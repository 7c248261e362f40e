"""What tests of rebuilding share: files that lost their section headers, and small libraries made for one question."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import elfkit
from benchmarks.fidelity_tables import Form, Table, read_table, without_table
from elfkit.abi.segments import PT_LOAD, PT_TLS
from elfkit.formats.segments import phdr
from elfkit.image.image import Image
from elfkit.rebuild.anchors import Anchor
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.plan import SectionPlan
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.report import RebuildReport
from tests.elfwriter import BASE, Elf, Sym, Written, patch, write
from tests.image.proofs import FIXTURES

PROGRAMS = ("hello", "hello-pie", "libgreet.so", "static", "static-pie")
WHOLE = tuple(sorted(path for path in FIXTURES.glob("*/*") if path.name in PROGRAMS))
DYNAMIC = tuple(path for path in WHOLE if path.name != "static")
STATIC = tuple(path for path in WHOLE if path.name == "static")
LIBRARY = FIXTURES / "x86_64" / "libgreet.so"
FUNCTION = 16  # bytes of code that each symbol of `library` has
RW = 6


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@cache
def table_of(path: Path) -> Table:
    """The section table of a whole fixture, as pyelftools reads it."""
    return read_table(path)


@cache
def cut(path: Path, form: Form = Form.STRIPPED) -> bytes:
    """The fixture without section headers."""
    return without_table(path.read_bytes(), table_of(path), form)


class Rebuilt(NamedTuple):
    """What rebuilding gave: the report, the file, and its section table as pyelftools reads it."""

    report: RebuildReport
    path: Path
    table: Table

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()


def rebuilt(content: bytes, folder: Path, **wishes: object) -> Rebuilt:
    """Rebuild bytes into a file of `folder`."""
    target = folder / "rebuilt"
    report = elfkit.rebuild_sections(content, target, **wishes)  # type: ignore[arg-type]  # of any type
    return Rebuilt(report, target, read_table(target))


def gathered(content: bytes) -> Gathered:
    """The evidence of a file in memory; nothing has to be closed."""
    return Gathered(elfkit.load(content))


def image(content: bytes) -> Image:
    return elfkit.load(content)


class Dynsym(NamedTuple):
    """A dynamic symbol as it lies in the file, by the gABI alone."""

    value: int
    size: int
    info: int
    shndx: int


def dynsyms(content: bytes, table: Table) -> list[Dynsym]:
    """The dynamic symbols of a file with that table."""
    row = table.named(".dynsym")
    if row is None:
        return []
    raw = content[row.offset : row.offset + row.size]
    if table.elf_class == 32:
        found = struct.iter_unpack(f"{table.order}4xIIBxH", raw)
        return [Dynsym(value, size, info, shndx) for value, size, info, shndx in found]
    found = struct.iter_unpack(f"{table.order}4xBxHQQ", raw)
    return [Dynsym(value, size, info, shndx) for info, shndx, value, size in found]


def in_a_section(symbol: Dynsym) -> bool:
    return 0 < symbol.shndx < 0xFF00


@dataclass(frozen=True, slots=True)
class Extra:
    """Bytes behind everything else, with a program header for them."""

    type: int
    raw: bytes = b""
    flags: int = RW
    more: int = 0  # bytes of memory behind those of the file
    align: int = 8
    shares: bool = False  # the bytes are those of the extra before


def library(*indices: int, extras: tuple[Extra, ...] = (), elf: Elf | None = None) -> Written:
    """A library with a function of FUNCTION bytes for each index: f0, f1... in the order of their addresses."""
    shape = replace(elf or Elf(sysv_words=4), code=b"\xc3" * FUNCTION * max(len(indices), 1))
    start = write(shaped(shape, indices, 0)).blobs["code"][0] + BASE
    return with_segments(write(shaped(shape, indices, start)), extras)


def shaped(elf: Elf, indices: tuple[int, ...], start: int) -> Elf:
    made = [
        Sym(b"f%d" % number, start + number * FUNCTION, FUNCTION, shndx=index) for number, index in enumerate(indices)
    ]
    return replace(elf, symbols=(*elf.symbols, *made))


def with_segments(built: Written, extras: tuple[Extra, ...]) -> Written:
    """The file with more program headers, in the room that the writer left, and what they hold at its end."""
    record = phdr(built.types)
    offset, size = built.place("Ehdr", "e_phnum")
    order = "little" if built.order == 1 else "big"
    count = int.from_bytes(built.data[offset : offset + size], order)  # type: ignore[arg-type]  # one of the two
    first = built.blobs["Phdrs"][0]
    data, places, start = built.data, dict(built.places), 0
    for number, extra in enumerate(extras):
        if not extra.shares:
            data += bytes(-len(data) % extra.align)
            start = len(data)
            data += extra.raw
        values = {"p_type": extra.type, "p_flags": extra.flags, "p_offset": start, "p_align": extra.align}
        values |= {"p_vaddr": BASE + start, "p_paddr": BASE + start, "p_filesz": len(extra.raw)}
        place = first + (count + number) * record.sizeof()
        places[f"extra {number}"] = (place, phdr)
        data = patch(data, place, record.build(values | {"p_memsz": len(extra.raw) + extra.more}))
    made = replace(built, data=data, places=places)
    return made.also("Ehdr", "e_phnum", count + len(extras))


def thread_local(raw: bytes, more: int = 0, align: int = 8) -> tuple[Extra, Extra]:
    """A PT_TLS, and a PT_LOAD that holds what it holds."""
    return Extra(PT_LOAD, raw, align=align), Extra(PT_TLS, raw, 4, more, align, shares=True)


def data_segment(raw: bytes, more: int = 0, flags: int = RW) -> Extra:
    return Extra(PT_LOAD, raw, flags, more)


def planned(name: str, addr: int, size: int, **fields: object) -> PlannedSection:
    """A loaded section for tests of what becomes of sections."""
    values: dict[str, object] = {"type": 1, "flags": 2, "offset": addr, "because": "the test says so"}
    return PlannedSection(name=name, addr=addr, size=size, **(values | fields))  # type: ignore[arg-type]  # of any type


def anchor(number: int, first: int, last: int = 0, **fields: object) -> Anchor:
    """An anchor of one symbol at `first`, or of symbols from there to `last`, a byte long each."""
    values = {"symbols": 1, "largest": 1, "code": False, "thread": False, "exact": False}
    values |= {"number": number, "first": first, "last": max(first, last), "end": max(first, last) + 1}
    return Anchor(**(values | fields))  # type: ignore[arg-type]  # of any type


def with_row(name: str, **fields: Any) -> Callable[[SectionPlan], SectionPlan]:  # noqa: ANN401  # of any type
    """The change that plans one section otherwise."""

    def change(plan: SectionPlan) -> SectionPlan:
        rows = [replace(row, **fields) if row.name == name else row for row in plan.sections]
        return replace(plan, sections=tuple(rows))

    return change


def row(plan: SectionPlan, name: str) -> PlannedSection:
    return next(section for section in plan.sections if section.name == name)
