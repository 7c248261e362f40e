"""Everything that elfkit's library tells of one file."""

import sys

import elfkit
from elfkit.errors import ElfkitError
from elfkit.tables.relocations import read_relocations
from elfkit.tables.verification import verify_hashes


def consume(path: str) -> int:
    with elfkit.load(path) as image:
        facts = elfkit.inspect(image)
        symbols = elfkit.symbols(image)
        verify_hashes(image, symbols)
        rows = sum(len(table.offset) for table in read_relocations(image))
        return rows + len(list(symbols)) + len(image.sections.rows) + len(facts.to_dict())


def main() -> int:
    try:
        consume(sys.argv[1])
    except ElfkitError as error:
        print(error)
        return 1
    except MemoryError:
        return 71
    except Exception as error:  # noqa: BLE001 - not its own: that is what is counted
        print(type(error).__name__, error)
        return 70
    return 0


sys.exit(main())
