"""Counting, hashing, finding, verifying dynamic symbols, each alone: ``python -m benchmarks.hash_walk``.

In one process, as each of them takes microseconds. Synthetic libraries of 100 to 1,000,000 symbols, and libc, libstdc++
and libLLVM of Debian, beside pyelftools, LIEF, the definition of the hash in plain Python, and what numpy takes to run
over the same bytes once. Exit 1 where a bar is missed.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import IO, Final, NamedTuple

import lief
import numpy as np
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.hash import GNUHashTable

import elfkit
from benchmarks import synthetic
from benchmarks.figures import table, write
from benchmarks.processes import machine, versions
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.tables.counts import symbol_count
from elfkit.tables.hashing import gnu_hash, gnu_hashes, prefixes
from elfkit.tables.symbols import SymbolTable
from elfkit.tables.verification import verify_hashes
from tests.real import fetch

SIZES: Final = (100, 1000, 10_000, 100_000, 1_000_000)
REAL: Final = ("libc.so.6", "libstdc++.so.6", "libLLVM-14.so.1")
LARGE: Final = "libLLVM-14.so.1"
SAMPLE: Final = 2000  # names that the slow ones are asked for
SHORT: Final = 0.01  # seconds: what takes less is measured many times over

Calls = Mapping[str, Callable[[], object]]
Figures = dict[str, float]


class Subject(NamedTuple):
    """One library."""

    name: str
    path: Path
    symbols: SymbolTable

    @property
    def hashable(self) -> bool:
        """Whether its string table is long enough for a bar on each byte."""
        return len(self.symbols.strings) > 100_000


def timed(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def interleaved(calls: Calls, rounds: int) -> Figures:
    """Seconds of each call: the median of `rounds` rounds in which all take turns."""
    times = {}
    for name, call in calls.items():
        once = min(timed(call, 1) for _ in range(3))  # the first warms up
        times[name] = max(1, int(SHORT / once))
    measured: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            measured[name].append(timed(call, times[name]))
    return {name: median(series) for name, series in measured.items()}


def by_segment(file: IO[bytes]) -> DynamicSegment:
    """pyelftools' view of the dynamic section without section headers."""
    return next(segment for segment in ELFFile(file).iter_segments() if isinstance(segment, DynamicSegment))


def counting(subject: Subject, file: IO[bytes]) -> Calls:
    descriptor = file.fileno()

    def ours() -> int | None:
        return symbol_count(Image(Source.of_descriptor(descriptor, subject.name))).total

    def pyelftools() -> int:
        found: int = by_segment(file).num_symbols()
        return found

    def lief_default() -> int:
        parsed = lief.ELF.parse(str(subject.path))
        assert parsed is not None
        return len(parsed.dynamic_symbols)

    calls: dict[str, Callable[[], object]] = {"elfkit": ours, "pyelftools": pyelftools, "LIEF": lief_default}
    assert ours() == pyelftools() == len(subject.symbols)
    if lief_default() != len(subject.symbols):  # it sees none in some synthetic libraries
        del calls["LIEF"]
    return calls


def hashing(subject: Subject) -> Calls:
    strings, offsets = subject.symbols.strings, subject.symbols.name_offsets
    sample = offsets[:: max(1, len(offsets) // SAMPLE)].tolist()
    values = np.frombuffer(strings, np.uint8)

    def scalar() -> list[int]:
        return [gnu_hash(strings[start : strings.index(b"\0", start)]) for start in sample]

    assert gnu_hashes(strings, np.array(sample, np.uint32)).tolist() == scalar()
    return {
        "elfkit": lambda: gnu_hashes(strings, offsets),
        "prefixes": lambda: prefixes(strings),
        "scalar": scalar,
        "cumsum": lambda: np.cumsum(values, dtype=np.uint32),
        "copy": values.copy,
    }


def bytes_hashed(subject: Subject) -> float:
    """How many bytes of names the scalar twin went over, for each that the string table has."""
    offsets = subject.symbols.name_offsets
    sample = len(offsets[:: max(1, len(offsets) // SAMPLE)])
    return len(offsets) / sample


def finding(subject: Subject, file: IO[bytes]) -> Calls:
    wanted = [name for name, defined in zip(subject.symbols.names, subject.symbols.defined, strict=True) if defined]
    sample = wanted[:: max(1, len(wanted) // SAMPLE)]
    segment = by_segment(file)
    offset = next(iter(segment.iter_tags("DT_GNU_HASH")))["d_ptr"]
    hashes = GNUHashTable(segment.elffile, next(segment.elffile.address_offsets(offset)), segment)
    assert [hashes.get_symbol(name) is not None for name in sample[:50]] == [True] * len(sample[:50])
    assert (subject.symbols.find(wanted) > 0).all()

    def pyelftools() -> None:
        for name in sample:
            hashes.get_symbol(name)

    def ours() -> object:
        return subject.symbols.find(wanted)

    return {f"elfkit {len(wanted)}": ours, f"pyelftools {len(sample)}": pyelftools}


def judged(subject: Subject, rounds: int) -> Figures:
    """All figures of one library, in seconds, of the hashes in seconds a byte, of lookups a name."""
    figures: Figures = {}
    size = len(subject.symbols.strings)
    with subject.path.open("rb") as file, elfkit.load(subject.path) as image:
        for name, seconds in interleaved(counting(subject, file), rounds).items():
            figures[f"count {name}"] = seconds
        for name, seconds in interleaved(hashing(subject), rounds).items():
            figures[f"hash {name}"] = seconds * (bytes_hashed(subject) if name == "scalar" else 1) / size
        for name, seconds in interleaved(finding(subject, file), rounds).items():
            figures[f"find {name.split()[0]}"] = seconds / int(name.split()[1])
        assert verify_hashes(image, subject.symbols) == ()
        calls: Calls = {"verify": lambda: verify_hashes(image, subject.symbols)}
        figures |= interleaved(calls, rounds)
    return figures


def subjects(folder: Path, largest: int) -> list[Subject]:
    """The libraries that can be had here; those that cannot are named."""
    paths = []
    for count in (size for size in SIZES if size <= largest):
        paths.append(folder / f"{count:,}")
        paths[-1].write_bytes(synthetic.library(count))
    try:
        root = fetch.obtain(next(row for row in fetch.LIBRARIES if row.name == "large")).path
        found = {path.name: path for path in fetch.elf_files(root)}
        links = {path.name: path.resolve() for path in root.rglob("lib*.so*") if path.is_symlink() and path.exists()}
        named = [(links | found).get(name) for name in REAL]
        paths += [path for path in named if path is not None]
    except fetch.UnavailableError as reason:
        print(f"not measured: {', '.join(REAL)}: {reason}")
    loaded = []
    for path in paths:
        with elfkit.load(path) as image:
            loaded.append(Subject(path.name, path, elfkit.symbols(image)))
    return loaded


def ratio(figures: Figures, one: str, other: str) -> str:
    return f"{figures[one] / figures[other]:,.0f}x" if one in figures else "no answer"


COUNTING: Final = """\
Count, a new Image each time, from an open descriptor; pyelftools by its DynamicSegment, LIEF as it parses by default \
(no answer: it sees another number):"""
HASHING: Final = """\
Hash of every name, in ns for each byte of the string table: from (bytes, st_name column) to the column of hashes; the \
prefix pass in it alone; one cumulative sum of numpy's over the bytes; one copy of them; the definition in plain \
Python in times of the first:"""
FINDING: Final = """\
Look up every defined name in its own library, for each name; verify the whole table, and for each symbol:"""


def tables(measured: Mapping[str, Figures], subjects: list[Subject]) -> str:
    count, hashes, rest = [], [], []
    for subject in subjects:
        figures, symbols = measured[subject.name], len(subject.symbols)
        head = [subject.name, f"{symbols:,}"]
        others = [ratio(figures, f"count {name}", "count elfkit") for name in ("pyelftools", "LIEF")]
        count.append([*head, f"{figures['count elfkit'] * 1e6:.0f} us", *others])
        cells = [f"{figures[f'hash {name}'] * 1e9:.2f}" for name in ("elfkit", "prefixes", "cumsum", "copy")]
        plain = ratio(figures, "hash scalar", "hash elfkit")
        hashes.append([*head, f"{len(subject.symbols.strings):,}", *cells, plain])
        found = [f"{figures['find elfkit'] * 1e9:,.0f} ns", ratio(figures, "find pyelftools", "find elfkit")]
        verified = figures["verify"]
        rest.append([*head, *found, f"{verified * 1e3:.2f} ms", f"{verified / symbols * 1e9:,.0f} ns"])
    return "\n\n".join(
        [
            COUNTING,
            table(["library", "symbols", "elfkit", "pyelftools", "LIEF"], count),
            HASHING,
            table(["library", "symbols", "bytes", "hashes", "prefixes", "cumsum", "copy", "plain Python"], hashes),
            FINDING,
            table(["library", "symbols", "look up", "pyelftools", "verify", "a symbol"], rest),
        ]
    )


class Bar(NamedTuple):
    """What was measured against what it must not pass, or, with `least`, must reach."""

    name: str
    value: float
    limit: float
    least: bool = False

    @property
    def missed(self) -> bool:
        return self.value < self.limit if self.least else self.value > self.limit


def bars(subject: Subject, figures: Figures) -> list[Bar]:
    found = []
    if subject.name == LARGE:
        found.append(Bar("count in us", figures["count elfkit"] * 1e6, 100))
        for peer in ("pyelftools", "LIEF"):
            times = figures[f"count {peer}"] / figures["count elfkit"]
            found.append(Bar(f"count, times {peer}", times, 500, least=True))
    if subject.hashable:
        times = figures["hash scalar"] / figures["hash elfkit"]
        found.append(Bar("hashing, ns a byte", figures["hash elfkit"] * 1e9, 2.5))
        found.append(Bar("hashing, times plain Python", times, 25, least=True))
    if subject.name in REAL:
        times = figures["find pyelftools"] / figures["find elfkit"]
        found.append(Bar("looking up, times pyelftools", times, 30, least=True))
    return [bar._replace(name=f"{subject.name}: {bar.name}") for bar in found]


def growth(measured: Mapping[str, Figures]) -> list[Bar]:
    """For ten times the symbols ten times the time, and no more than twice that: memory is further away."""
    if "1,000,000" not in measured:
        return []
    many, few = measured["1,000,000"], measured["100,000"]
    times = {name: many[name] / few[name] for name in ("hash elfkit", "find elfkit")}
    times["verify"] = many["verify"] / few["verify"] / 10
    return [Bar(f"growth of {name}", value, 2) for name, value in times.items()]


def main() -> int:
    parser = argparse.ArgumentParser(description="The hash walk beside pyelftools, LIEF, plain Python and numpy.")
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds of each (default: 7)")
    parser.add_argument("--dry-run", action="store_true", help="leave benchmarks/README.md as it is")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="symbols of the largest synthetic library")
    options = parser.parse_args()
    lief.logging.disable()
    gc.disable()  # as timeit does
    with tempfile.TemporaryDirectory() as folder:
        chosen = subjects(Path(folder), options.largest)
        measured = {subject.name: judged(subject, options.rounds) for subject in chosen}
    lead = f"{machine()}; {versions('elfkit', 'lief', 'pyelftools', 'numpy')}. Warm, interleaved, median of"
    text = f"{lead} {options.rounds} rounds.\n\n{tables(measured, chosen)}"
    print(text)
    judgement = [bar for subject in chosen for bar in bars(subject, measured[subject.name])] + growth(measured)
    missed = [f"{bar.name}: {bar.value:.4g}, the bar is {bar.limit:g}" for bar in judgement if bar.missed]
    print("\n".join(missed) or f"the {len(judgement)} bars hold")
    if not options.dry_run:
        write("hash_walk", text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
