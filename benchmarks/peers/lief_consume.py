"""Everything that LIEF tells of one file: sections, segments, symbols, dynamic entries, relocations, notes, hashes."""

import sys

import lief


def consume(path: str) -> int | None:
    binary = lief.ELF.parse(path)
    if binary is None:
        return None
    seen = sum(len(section.name) for section in binary.sections)
    seen += sum(segment.physical_size for segment in binary.segments)
    seen += sum(len(symbol.name) for symbol in binary.dynamic_symbols)
    seen += sum(len(symbol.name) for symbol in binary.symtab_symbols)
    seen += sum(len(str(entry)) for entry in binary.dynamic_entries)
    seen += sum(relocation.address for relocation in binary.relocations)
    seen += sum(len(note.description) for note in binary.notes)
    seen += sum(1 for _ in binary.symbols_version) + sum(1 for _ in binary.symbols_version_requirement)
    return seen


def main() -> int:
    lief.logging.disable()
    try:
        found = consume(sys.argv[1])
    except MemoryError:
        return 71
    except Exception as error:  # noqa: BLE001 - not its own: that is what is counted
        print(type(error).__name__, error)
        return 70
    return 1 if found is None else 0


sys.exit(main())
