"""How much of a lost section table comes back, over all of Debian's cross libraries: ``python -m benchmarks.fidelity``.

Each file loses its section headers, is rebuilt, and is compared with what it had, read by pyelftools. To look closer:
``--sample 60``, ``--triplet mips-linux-gnu``, ``--worst`` for what differs most and where, ``--file PATH`` for the two
tables of one file side by side, ``--tables`` to leave out nm, eu-elflint and readelf. Exit 1 where a bar is missed.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final

from benchmarks import fidelity_summary as summary
from benchmarks.fidelity_compare import compare
from benchmarks.fidelity_measure import WITNESSES, Measured, RefusedError, Witness, attempted, by_elfkit, measure
from benchmarks.fidelity_tables import Form, Row, read_table, without_table
from benchmarks.fidelity_witnesses import asked
from benchmarks.figures import write
from benchmarks.processes import machine, versions
from tests.real import fetch

SHOWN: Final = 12


def triplet(path: Path, root: Path) -> str:
    """Whose library it is; of a folder that is no tree of cross libraries, the first part of the path."""
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "usr" and len(parts) > 2 else parts[0]


def in_turns(root: Path, triplets: Sequence[str]) -> list[Path]:
    """The ELF files of these triplets, or of all: one of each in turn, in an order that is the same on every run."""
    groups: defaultdict[str, list[Path]] = defaultdict(list)
    for path in fetch.elf_files(root):
        if not triplets or triplet(path, root) in triplets:
            groups[triplet(path, root)].append(path)
    for paths in groups.values():
        paths.sort(key=lambda path: hashlib.sha256(os.fsencode(path.relative_to(root))).digest())
    return [path for path in chain(*zip_longest(*groups.values())) if path is not None]


def measured(paths: Sequence[Path], most: int | None, witnesses: Mapping[str, Witness]) -> Iterator[Measured]:
    """Measure the files that can be, `most` of them."""
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        for path in paths:
            if count == most:
                break
            found = measure(path, Path(folder), witnesses=witnesses)
            if found is not None:
                count += 1
                yield found
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{count:,} files \r")


def worst(files: Sequence[Measured], root: Path) -> Iterator[str]:
    """What differs, most frequent first, and on which triplets."""
    refused = Counter((file.refused[:160], triplet(file.path, root)) for file in files if file.refused)
    yield from (f"refused: {count} x {where}: {why}" for (why, where), count in refused.most_common(SHOWN))
    groups: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    for file, verdict in summary.verdicts(files):
        if not verdict.right:
            name = verdict.kind.label if verdict.kind.label.startswith(".") else verdict.real.name
            groups[name, verdict.difference].append(file)
    for file in files:
        for row in file.comparison.surplus:
            groups[row.name, "not in the original"].append(file)
    for (name, difference), held in sorted(groups.items(), key=lambda group: -len(group[1])):
        where = Counter(triplet(file.path, root) for file in held).most_common(5)
        spread = ", ".join(f"{name} {count}" for name, count in where)
        yield f"{len(held):5}  {name}: {difference}\n       {spread}; {held[0].path.relative_to(root)}"
    for name in WITNESSES:
        yield f"\n{name}, complaints that are new, by files:"
        yield from (f"{count:5}  {line}" for line, count in summary.complaints(files, name).most_common(SHOWN))
        alike = [file for file in summary.judged(files, name) if file.judged[name].fresh]
        spread = ", ".join(f"{where} {n}" for where, n in Counter(triplet(f.path, root) for f in alike).most_common(8))
        yield f"       {spread}; {alike[0].path.relative_to(root)}" if alike else "       none"


def side_by_side(path: Path) -> Iterator[str]:
    """The two tables of one file: "=" right, "!" wrong, "-" missing, "+" not in the original."""
    with tempfile.TemporaryDirectory() as folder:
        real, target = read_table(path), Path(folder, "rebuilt")
        certainties = attempted(by_elfkit, without_table(path.read_bytes(), real, Form.STRIPPED), target)
        ours = read_table(target)
    comparison = compare(real, ours, certainties)
    for verdict in comparison.verdicts:
        mark = "-" if verdict.ours is None else "=" if verdict.right else "!"
        yield f"{mark} {_line(verdict.real)}  {verdict.certainty or verdict.renamed}"
        if mark == "!" and verdict.ours is not None:
            yield f"  {_line(verdict.ours)}  {verdict.difference}"
    yield from (f"+ {_line(row)}" for row in comparison.surplus)
    yield f"  {sum(1 for row in ours.rows if row.filler) - 1} rows that only take up an index"


def _line(row: Row) -> str:
    kind = str(row.type).removeprefix("SHT_")
    place = f"{row.addr:#10x} {row.offset:#9x} {row.size:#9x}"
    return (
        f"{row.position:3} {row.name:22.22} {kind:12.12} {row.flags:#5x} {place} {row.entsize:3} {row.link} {row.info}"
    )


def release(tool: str) -> str:
    """A tool with its version, as its first line has it."""
    first = asked((tool, "--version")).out.decode("utf-8", "replace").partition("\n")[0]
    return f"{tool} {first.split()[-1]}" if first else f"no {tool}"


def page(files: Sequence[Measured], root: Path) -> str:
    """The block of benchmarks/README.md."""
    tools = ", ".join(release(name) for name in ("nm", "eu-elflint", "readelf"))
    count = len({triplet(file.path, root) for file in files})
    return "\n\n".join(
        [
            f"{machine()}; {versions('elfkit', 'pyelftools', 'numpy')}; {tools}.",
            f"{len(files):,} dynamic files of {count} triplets.",
            summary.whole_files(files),
            summary.rows(files),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="How much of a lost section table comes back.")
    parser.add_argument("--sample", type=int, metavar="N", help="this many files, of all triplets in turn")
    parser.add_argument("--triplet", action="append", default=[], help="files of this triplet alone")
    parser.add_argument("--worst", action="store_true", help="what differs most, and where")
    parser.add_argument("--file", type=Path, help="the two tables of one file side by side")
    parser.add_argument("--tables", action="store_true", help="leave out nm, eu-elflint and readelf")
    parser.add_argument("--root", type=Path, help="another folder than that of the cross libraries")
    parser.add_argument("--dry-run", action="store_true", help="leave benchmarks/README.md as it is")
    parser.add_argument("--rounds", type=int, help="of no use here: nothing is timed")
    options = parser.parse_args()
    if options.file:
        try:
            print("\n".join(side_by_side(options.file)))
        except RefusedError as reason:
            print(f"refused: {reason}")
            return 1
        return 0
    try:
        root = options.root or fetch.obtain(fetch.LIBRARIES[0]).path
    except fetch.UnavailableError as reason:
        print(f"fidelity: not measured: {reason}")
        return 1
    paths = in_turns(root, options.triplet)
    files = list(measured(paths, options.sample, {} if options.tables else WITNESSES))
    text = page(files, root)
    print(text)
    if options.worst:
        print("\n".join(["", *worst(files, root)]))
    missed = summary.missed(files)
    print("\n".join(missed) or "the bars hold")
    if not (options.dry_run or options.sample or options.triplet or options.root or options.tables):
        write("fidelity", text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
