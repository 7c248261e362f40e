"""Every dynamic symbol of every ELF file equals what readelf finds by the section table, also where that is gone.

The files are Debian's cross libraries of all machines and the foreign roots. How often others miss the symbols of
a file without section headers is printed beside it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import lief
import pytest

import elfkit
from elfkit.tables.symbols import SymbolTable
from tests.needs import needs
from tests.real import fetch
from tests.real.comparison import cut
from tests.real.dynsyms import (
    Row,
    lief_count,
    nm_counts,
    pyelftools_count,
    readelf_counts,
    stated,
    witnessed,
)
from tests.real.fetch import Root, elf_files

pytestmark = needs("readelf")

SHOWN = 30
PLACES = (fetch.LIBRARIES[0], *(row for row in fetch.ROWS if row.kind == "root"))


class Result(NamedTuple):
    """One tree's comparison: how many symbols, which files differ, which have bounds alone, and anomalies."""

    symbols: int
    wrong: list[str]
    bounded: list[str]
    anomalies: list[str]


@pytest.fixture(scope="module", params=PLACES, ids=[row.name for row in PLACES])
def place(request: pytest.FixtureRequest) -> Root:
    try:
        return fetch.obtain(request.param)
    except fetch.UnavailableError as reason:
        pytest.skip(f"{request.param.name}: {reason}")


@pytest.fixture(scope="module")
def told(place: Root) -> dict[Path, list[Row]]:
    return dict(witnessed(list(elf_files(place.path))))


@pytest.fixture
def copies(told: dict[Path, list[Row]], tmp_path: Path) -> Iterator[dict[Path, Path]]:
    """Copies without section headers of all files that have symbols."""
    made = {}
    for number, path in enumerate(path for path, rows in told.items() if rows):
        made[path] = tmp_path / f"{number:05}"
        made[path].write_bytes(cut(path.read_bytes()))
    yield made
    shutil.rmtree(tmp_path)


def compared(told: dict[Path, list[Row]], place: Root, files: dict[Path, Path]) -> Result:
    result = Result(0, [], [], [])
    for path, file in files.items():
        with elfkit.load(file) as image:
            table = elfkit.symbols(image)
        name = str(path.relative_to(place.path))
        result.anomalies.extend(f"{name}: {anomaly.detail}" for anomaly in table.anomalies)
        judge(result, name, table, told[path])
        result = result._replace(symbols=result.symbols + len(told[path]))
    return result


def judge(result: Result, name: str, table: SymbolTable, truth: list[Row]) -> None:
    """Note how one file's symbols differ from the truth. Where only bounds are known, it must lie within them."""
    found = [stated(symbol) for symbol in table]
    if table.count.total is None:
        low, high = table.count.low, len(found) if table.count.high is None else table.count.high
        result.bounded.append(f"{name}: {len(truth)} within {low} to {high}")
        if low <= len(truth) <= high and found[: len(truth)] == truth:
            return
    elif found == truth:
        return
    first = next((pair for pair in zip(found, truth, strict=False) if pair[0] != pair[1]), "none of those in both")
    result.wrong.append(f"{name}: {len(found)} symbols, readelf says {len(truth)}; first difference: {first}")


def conclude(result: Result) -> None:
    assert not result.wrong, "\n".join([*result.wrong[:SHOWN], f"... {len(result.wrong)} in all"])
    assert not result.anomalies, "\n".join([*result.anomalies[:SHOWN], f"... {len(result.anomalies)} in all"])


def test_symbols_equal_those_of_the_section_table(
    place: Root, told: dict[Path, list[Row]], report: Callable[[str], None]
) -> None:
    result = compared(told, place, {path: path for path in told})
    report(f"{place.name}, as it is: {len(told):,} files, {result.symbols:,} symbols, {len(result.wrong)} files differ")
    assert result.symbols
    conclude(result)


def test_symbols_without_section_headers_equal_those_of_the_uncut_file(
    place: Root, told: dict[Path, list[Row]], copies: dict[Path, Path], report: Callable[[str], None]
) -> None:
    result = compared(told, place, copies)
    report(f"{place.name}, cut: {len(copies):,} files, {result.symbols:,} symbols, {len(result.wrong)} files differ")
    for line in result.bounded:
        report(f"    only bounds: {line}")
    lief.logging.disable()
    cuts = list(copies.values())
    counts = [len(told[path]) for path in copies]
    unnamed = [sum(1 for row in told[path] if not row.name) for path in copies]
    listed = [count - none for count, none in zip(counts, unnamed, strict=True)]
    peers = {
        "readelf -D -s": (readelf_counts(cuts), counts),
        "nm -D": (nm_counts(cuts), listed),
        "pyelftools": ([pyelftools_count(path) for path in cuts], counts),
        "LIEF": ([lief_count(path) for path in cuts], counts),
    }
    missed = [
        f"{name} {sum(a != b for a, b in zip(found, truth, strict=True)):,}" for name, (found, truth) in peers.items()
    ]
    report(f"    files whose number of symbols others miss: {', '.join(missed)}")
    conclude(result)
