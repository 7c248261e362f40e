"""Independent witnesses: pyelftools and LIEF read the section header table, and must read what elfkit reads."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

from elfkit.errors import ElfkitError, UnverifiedError
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.rebuild.report import Check
from elfkit.rebuild.section_names import section_names
from elfkit.tables.symbols import read_symbols


class Row(NamedTuple):
    """What every reader tells of a section."""

    name: str
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
        import lief  # noqa: F401
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
            elf = ELFFile(BytesIO(source.unbudgeted(0, source.size)))
        sections = list(elf.iter_sections())
        tables = [section for section in sections if isinstance(section, SymbolTableSection)]
        dynamic = [table for table in tables if table["sh_type"] == "SHT_DYNSYM"]
        symbols = [symbol.name for table in dynamic[:1] for symbol in table.iter_symbols()]
        rows = [Row(section.name, *[section[f"sh_{field}"] for field in Row._fields[1:]]) for section in sections]
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
            int(section.flags),
            section.virtual_address,
            section.file_offset,
            section.size,
            section.link,
            section.information,
            section.alignment,
            section.entry_size,
        )
        for section in binary.sections
    ]
    return _confirmed("LIEF", result, Reading(rows, [str(symbol.name) for symbol in binary.dynamic_symbols]))


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
        Row(name, row.flags, row.addr, row.offset, row.size, row.link, row.info, row.addralign, row.entsize)
        for name, row in zip(names, rows, strict=True)
    ]
