"""`elfkit check ROOT` against what other libraries need to read the same files: ``python -m benchmarks.check_tree``.

The root is the foreign mipsel root of `tests/real/fetch.py`. LIEF's loop is the bar: it parses the same ELF files and
touches the names of their dynamic symbols, and judges nothing. Ten copies of the root in one must cost at most eleven
times as much; where symbols are not bound, each further ELF file must take little memory: to bind them, the tables of
all files are held at once, and what that takes is shown. Of several processes ru_maxrss tells of the largest alone.
Exit 1 where a bar is missed.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import table, write
from benchmarks.processes import Series, elfkit, interleaved, machine, said, versions
from elfkit.checks.registry import RULES
from elfkit.facts.facts import LINKAGE
from tests.real import fetch

PEERS: Final = Path(__file__).with_name("peers")
BINDING: Final = ",".join([rule.id for rule in RULES if LINKAGE in rule.needs])
# of LIEF's time, and bytes: without the rules about symbols, and with them
BARS: Final = {"elfkit check, symbols not bound": (0.5, 100_000_000), "elfkit check": (1.0, 150_000_000)}
BAR_GROWTH: Final = {"elfkit check, symbols not bound": 15_000}  # bytes an ELF file more
COPIES: Final = 10
MOST_ROUNDS: Final = 5
BAR_COPIES: Final = 11.0
ALONE = ", by one process"
UNBOUND, ELFKIT, LIEF, LEAN, PYELFTOOLS, SCANELF = (
    *BARS,
    "LIEF loop",
    "LIEF loop, dynamic symbols alone",
    "pyelftools loop, dynamic tags alone",
    "scanelf -R -n -i -e -t -r",
)


def commands(root: Path) -> dict[str, Sequence[str]]:
    peers: dict[str, Sequence[str]] = {
        UNBOUND: elfkit("check", "--ignore", BINDING, str(root)),
        ELFKIT: elfkit("check", str(root)),
        UNBOUND + ALONE: elfkit("check", "--jobs", "1", "--ignore", BINDING, str(root)),
        ELFKIT + ALONE: elfkit("check", "--jobs", "1", str(root)),
        LIEF: (sys.executable, str(PEERS / "lief_loop.py"), str(root)),
        LEAN: (sys.executable, str(PEERS / "lief_loop.py"), str(root), "--lean"),
        PYELFTOOLS: (sys.executable, str(PEERS / "pyelftools_loop.py"), str(root)),
    }
    if shutil.which("scanelf"):
        peers[SCANELF] = ("scanelf", "-R", "-n", "-i", "-e", "-t", "-r", str(root))
    return peers


def rows(measured: Mapping[str, Series]) -> list[list[str]]:
    bar = measured[LIEF].seconds
    return [
        [
            name,
            f"{series.seconds * 1000:,.0f} ms",
            f"{series.fastest * 1000:,.0f} ms",
            f"{series.seconds / bar:.2f}",
            series.memory_text,
        ]
        for name, series in measured.items()
    ]


def verdict(measured: Mapping[str, Series]) -> list[str]:
    """The bars that were missed, in words; empty where all hold."""
    lief = measured[LIEF].seconds
    missed = []
    for name, (ratio, memory) in BARS.items():
        ours = measured[name]
        if any(run.status not in {0, 1} for run in ours.runs):
            missed.append(f"{name} ended with {sorted({run.status for run in ours.runs})}")
        if ours.seconds > ratio * lief:
            missed.append(f"{name} takes {ours.seconds / lief:.2f} of LIEF's time, the bar is {ratio}")
        if ours.memory >= memory:
            missed.append(f"{name} holds {ours.memory / 1e6:.0f} MB, the bar is {memory / 1e6:.0f} MB")
    return missed


def copied(root: Path, folder: Path) -> Path:
    """The root with copies of itself below srv/, as real files: hard links would be read once."""
    ten = folder / "ten"
    (ten / "srv").mkdir(parents=True)
    for place in (ten, *[ten / f"srv/copy{number}" for number in range(1, COPIES)]):
        place.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", f"{root}/.", str(place)], check=True)
    return ten


def ten_copies(root: Path, rounds: int) -> tuple[str, list[str]]:
    """What the copies cost, and the bars that were missed."""
    with tempfile.TemporaryDirectory(dir=fetch.cache()) as folder:
        ten = copied(root, Path(folder))
        roots = {"one root": root, f"{COPIES} copies of it in one": ten}
        measured = interleaved(
            {f"{name}, {place}": commands(path)[name] for name in BARS for place, path in roots.items()}, rounds
        )
        files = len(list(fetch.elf_files(ten))) - len(list(fetch.elf_files(root)))
    shown, missed = [], []
    for name in BARS:
        one, all_of_them = (measured[f"{name}, {place}"] for place in roots)
        times = all_of_them.seconds / one.seconds
        grown = (all_of_them.memory - one.memory) / files
        missed += [f"{name}: ten copies take {times:.1f} times one"] if times > BAR_COPIES else []
        missed += [f"{name}: an ELF file more takes {grown:,.0f} bytes"] if grown > BAR_GROWTH.get(name, grown) else []
        cost = [f"{all_of_them.seconds * 1000:,.0f} ms", f"{times:.1f}", all_of_them.memory_text]
        shown.append([name, f"{one.seconds * 1000:,.0f} ms", *cost, f"{max(grown, 0) / 1000:,.1f} kB"])
    text = f"{COPIES} copies of the root in one: {files:,} ELF files more; {rounds} runs each.\n\n"
    head = ["whole process, median", "one root", f"{COPIES} copies", "of one", "ru_maxrss", "an ELF file more"]
    return text + table(head, shown), missed


def main() -> int:
    parser = argparse.ArgumentParser(description="elfkit check against LIEF on a real mipsel root.")
    parser.add_argument("--rounds", type=int, default=7, help="counted runs of each (default: 7)")
    parser.add_argument("--dry-run", action="store_true", help="leave benchmarks/README.md as it is")
    options = parser.parse_args()
    try:
        root = fetch.obtain(next(row for row in fetch.ROWS if row.name == "root-mipsel")).path
    except fetch.UnavailableError as reason:
        print(f"check_tree: not measured: {reason}")
        return 1
    peers = commands(root)
    scope = f"{said(peers[LIEF])} in LIEF's loop; {said(peers[PYELFTOOLS])} in pyelftools'"
    measured = interleaved(peers, options.rounds)
    head = ["whole process", "median", "fastest", "of LIEF", "ru_maxrss"]
    copies, missed_copies = ten_copies(root, min(options.rounds, MOST_ROUNDS))
    text = "\n\n".join(
        [
            f"{machine()}; {versions('elfkit', 'lief', 'pyelftools', 'numpy')}.",
            f"Foreign mipsel root: {scope}. Warm, interleaved, {options.rounds} runs each.",
            table(head, rows(measured)),
            copies,
        ]
    )
    print(text)
    missed = [*verdict(measured), *missed_copies]
    print("\n".join(missed) or "the bars hold")
    if not options.dry_run:
        write("check_tree", text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
