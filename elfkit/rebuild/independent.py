"""Independent witnesses: pyelftools and LIEF read the section header table, and must read what elfkit reads."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

from elfkit.errors import ElfkitError, UnverifiedError
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.rebuild.report import Check
from elfkit.rebuild.section_names import section_names
from elfkit.tables.symbols import read_symbols

SH_TYPE_MASK = 0xFFFFFFFF  # sh_type has 4 bytes


class Row(NamedTuple):
    """What every reader tells of a section."""

    name: str
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int


class Reading(NamedTuple):
    """What one reader makes of a file: its sections from row 0 on, and the names of its dynamic symbols."""

    rows: list[Row]
    symbols: list[str]


def judges() -> tuple[Callable[[Image], Check], ...]:
    """Return the witnesses as functions that confirm an image; ElfkitError where they are not installed."""
    try:
        import elftools  # noqa: F401  # is it there? It is imported where it is asked
        import lief  # noqa: F401  # likewise
    except ImportError as error:
        raise ElfkitError(f"no independent reader, {error.name} is missing: pip install elfkit[verify]") from None
    return (confirmed_by_pyelftools, confirmed_by_lief)


def confirmed_by_pyelftools(result: Image) -> Check:
    """Have pyelftools read the table and the symbols; UnverifiedError where it reads something else."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    try:
        with Source.open(result.source.name) as source:
            elf = ELFFile(BytesIO(source.whole("reading by pyelftools")))
        sections = list(elf.iter_sections())
        tables = [section for section in sections if isinstance(section, SymbolTableSection)]
        dynamic = [table for table in tables if table["sh_type"] == "SHT_DYNSYM"]
        symbols = [symbol.name for table in dynamic[:1] for symbol in table.iter_symbols()]
        types = _numbered_types(elf, len(sections))
        rows = [
            Row(section.name, kind, *[section[f"sh_{field}"] for field in Row._fields[2:]])
            for section, kind in zip(sections, types, strict=True)
        ]
    except (ELFError, KeyError, ValueError, UnicodeError) as error:
        raise UnverifiedError(f"pyelftools cannot read it: {error}") from None
    return _confirmed("pyelftools", result, Reading(rows, symbols))


def confirmed_by_lief(result: Image) -> Check:
    """Have LIEF read the table and the symbols; UnverifiedError where it reads something else."""
    import lief

    level = lief.logging.get_level()
    lief.logging.set_level(lief.logging.LEVEL.OFF)  # else it writes to standard error what it does not know
    try:
        binary = lief.ELF.parse(result.source.name)
    finally:
        lief.logging.set_level(level)
    if binary is None:
        raise UnverifiedError("LIEF cannot read it")
    rows = [
        Row(
            str(section.name),
            kind,
            int(section.flags),
            section.virtual_address,
            section.file_offset,
            section.size,
            section.link,
            section.information,
            section.alignment,
            section.entry_size,
        )
        for section, kind in zip(binary.sections, _lief_types(binary), strict=True)
    ]
    return _confirmed("LIEF", result, Reading(rows, [str(symbol.name) for symbol in binary.dynamic_symbols]))


def _numbered_types(elf: Any, count: int) -> list[int]:  # noqa: ANN401  # an ELFFile, which has no types
    """Return sh_type of each section by pyelftools' own layout of a section header: it shows names of its own."""
    elf.stream.seek(elf["e_shoff"])
    raw = elf.stream.read(elf["e_shentsize"] * count)
    fields = {field.name: field for field in elf.structs.Elf_Shdr.subcons}
    begin = fields["sh_name"].sizeof()
    size = elf["e_shentsize"]
    word = elf.structs.Elf_word("sh_type")
    return [int(word.parse(raw[number * size + begin :])) for number in range(count)]


def _lief_types(binary: Any) -> list[int]:  # noqa: ANN401  # a lief.ELF.Binary, imported when it is asked
    """Return sh_type of each section as LIEF reads it: it puts a number of its own above those of a processor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # types that it has no name for
        types = [section.type for section in binary.sections]
    return [int(getattr(kind, "value", kind)) & SH_TYPE_MASK for kind in types]


def _confirmed(witness: str, result: Image, reading: Reading) -> Check:
    own = Reading(_own_rows(result), list(read_symbols(result).names))
    if len(reading.rows) != len(own.rows):
        raise UnverifiedError(f"{witness} reads {len(reading.rows)} sections, elfkit {len(own.rows)}")
    for number, (row, expected) in enumerate(zip(reading.rows, own.rows, strict=True)):
        if row != expected:
            raise UnverifiedError(f"{witness} reads row {number} as {tuple(row)}, elfkit as {tuple(expected)}")
    if reading.symbols != own.symbols:
        raise UnverifiedError(f"{witness} reads {len(reading.symbols)} dynamic symbols otherwise than elfkit")
    return Check(witness, f"{witness} reads the same {len(own.rows)} rows and {len(own.symbols)} dynamic symbols")


def _own_rows(result: Image) -> list[Row]:
    rows = result.sections.rows
    names = section_names(result)
    return [
        Row(name, row.type, row.flags, row.addr, row.offset, row.size, row.link, row.info, row.addralign, row.entsize)
        for name, row in zip(names, rows, strict=True)
    ]
