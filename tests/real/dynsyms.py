"""What GNU readelf and others say of dynamic symbols, as values: a witness, and the peers that miss some."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import lief
from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from elfkit.tables.symbols import Symbol
from tests.real.readelf import readelf, split

BATCH: Final = 60  # files: Debian's largest say 20 MB
TABLE: Final = re.compile(r"^Symbol table '\.dynsym' contains (\d+) entr.*\n.*\n((?: +\d+: .*\n?)*)", re.MULTILINE)
IMAGE: Final = re.compile(r"^Symbol table for image contains (\d+) entr", re.MULTILINE)
ROW: Final = re.compile(r" +\d+: [0-9a-f]+ +\S+ (\S+) +(\S+) +\w+ +(?:\[[^]]*\] +)?\S+ ?(.*)")
BINDINGS: Final = {"LOCAL": 0, "GLOBAL": 1, "WEAK": 2, "UNIQUE": 10}
STT_SECTION: Final = 3


class Row(NamedTuple):
    """One symbol: the name with its version as readelf writes it, and its binding."""

    name: str
    binding: int


def witnessed(paths: Sequence[Path]) -> Iterator[tuple[Path, list[Row]]]:
    """The rows of each file's .dynsym by its section header; none where it has none."""
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        for path, block in zip(batch, _asked(batch, ("--dyn-syms", "-W")), strict=True):
            found = TABLE.search(block)
            rows = [row_of(line) for line in found[2].splitlines()] if found else []
            if found and len(rows) != int(found[1]):
                msg = f"{path}: {len(rows)} rows were read of readelf's {found[1]}"
                raise ValueError(msg)
            yield path, rows


def row_of(line: str) -> Row:
    """One line of readelf's. Of a section's symbol, which bears no name, it shows the section's."""
    found = ROW.fullmatch(line)
    if found is None:
        raise ValueError(line)
    name = re.sub(r" \(\d+\)$", "", found[3])
    return Row("" if found[1] == "SECTION" and "@" not in name else name, BINDINGS[found[2]])


def stated(symbol: Symbol) -> Row:
    """What elfkit states, in the same words."""
    name = symbol.name
    if symbol.type == STT_SECTION and symbol.version is None:
        return Row("", symbol.binding)
    if symbol.version not in (None, name):
        name += f"{'@@' if symbol.default else '@'}{symbol.version}"
    return Row(name, symbol.binding)


def _asked(paths: Sequence[Path], options: Sequence[str]) -> list[str]:
    return split(readelf(paths, options), [str(path) for path in paths])


def readelf_counts(paths: Sequence[Path]) -> list[int | None]:
    """How many symbols `readelf -D -s` sees in each file."""
    counts: list[int | None] = []
    for start in range(0, len(paths), BATCH):
        found = [IMAGE.search(block) for block in _asked(paths[start : start + BATCH], ("-D", "-s", "-W"))]
        counts += [int(count[1]) if count else None for count in found]
    return counts


def nm_counts(paths: Sequence[Path]) -> list[int | None]:
    """How many symbols `nm -D` lists of each file."""
    counts: list[int | None] = []
    for path in paths:
        listed = readelf([path], ("-D",), program="nm").splitlines()
        counts.append(len(listed) or None)
    return counts


def pyelftools_count(path: Path) -> int | None:
    """How many symbols pyelftools sees by the program headers."""
    with path.open("rb") as file:
        try:
            segments = [segment for segment in ELFFile(file).iter_segments() if isinstance(segment, DynamicSegment)]
            return sum(1 for _ in segments[0].iter_symbols()) if segments else 0
        except (ELFError, AttributeError, IndexError, KeyError, TypeError, ValueError, AssertionError):
            return None


def lief_count(path: Path) -> int | None:
    """How many symbols LIEF sees."""
    parsed = lief.ELF.parse(str(path))
    return len(parsed.dynamic_symbols) if isinstance(parsed, lief.ELF.Binary) else None
