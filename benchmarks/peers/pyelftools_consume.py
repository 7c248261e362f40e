"""Everything that pyelftools tells of one file: sections, segments, symbols, tags, relocations, notes, versions."""

import sys
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection, DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.hash import ELFHashSection, GNUHashSection
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import NoteSection, SymbolTableSection
from elftools.elf.segments import NoteSegment


def consume(path: str) -> int:
    seen = 0
    with open(path, "rb") as file:
        elf = ELFFile(file)
        for section in elf.iter_sections():
            seen += len(section.name)
            seen += of_section(section)
        for segment in elf.iter_segments():
            if isinstance(segment, DynamicSegment):
                seen += sum(1 for _ in segment.iter_tags()) + sum(1 for _ in segment.iter_symbols())
                tables: Any = segment.get_relocation_tables()
                seen += sum(1 for table in tables.values() for _ in table.iter_relocations())
            elif isinstance(segment, NoteSegment):
                seen += sum(1 for _ in segment.iter_notes())
    return seen


def of_section(section: object) -> int:
    if isinstance(section, SymbolTableSection):
        return sum(len(symbol.name) for symbol in section.iter_symbols())
    if isinstance(section, DynamicSection):
        return sum(1 for _ in section.iter_tags())
    if isinstance(section, RelocationSection):
        return sum(1 for _ in section.iter_relocations())
    if isinstance(section, NoteSection):
        return sum(1 for _ in section.iter_notes())
    if isinstance(section, (GNUVerNeedSection, GNUVerDefSection)):
        return sum(1 for _, rows in section.iter_versions() for _ in rows)
    if isinstance(section, (ELFHashSection, GNUHashSection)):
        return int(section.get_number_of_symbols())
    return 0


def main() -> int:
    try:
        consume(sys.argv[1])
    except ELFError as error:
        print(error)
        return 1
    except MemoryError:
        return 71
    except Exception as error:  # noqa: BLE001 - not its own: that is what is counted
        print(type(error).__name__, error)
        return 70
    return 0


sys.exit(main())
