"""`elfkit check ROOT` against what other libraries need to read the same files: ``python -m benchmarks.check_tree``.

The root is the foreign mipsel root of `tests/real/fetch.py`. LIEF's loop is the bar: it parses the same ELF files and
touches the names of their dynamic symbols, and judges nothing. Ten copies of the root in one tree, their ELF files and
links, show how the work grows. Exit 1 where a bar is missed.
"""

import argparse
import os
import shutil
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
COPIES: Final = 10
BAR_COPIES: Final = 11.0
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


def copied(root: Path, place: Path) -> None:
    """The directories, links and ELF files of a root once more."""
    for folder, folders, names in os.walk(root):
        here = place / os.path.relpath(folder, root)
        here.mkdir(parents=True, exist_ok=True)
        for name in (*folders, *names):
            path = Path(folder, name)
            if path.is_symlink():
                (here / name).symlink_to(path.readlink())
            elif path.is_file() and is_elf(path):
                shutil.copy(path, here / name)


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def grown(root: Path, rounds: int) -> tuple[Series, Series]:
    """A check of one copy of the root, and of ten in one tree."""
    with tempfile.TemporaryDirectory(prefix="copies-") as scratch:
        one, ten = Path(scratch, "one"), Path(scratch, "ten")
        copied(root, one)
        for number in range(COPIES):
            copied(root, ten if not number else ten / f"srv/{number}")
        measured = interleaved({name: elfkit("check", str(tree)) for name, tree in (("1", one), ("10", ten))}, rounds)
    return measured["1"], measured["10"]


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
    one, ten = grown(root, max(options.rounds // 2, 1))
    factor = ten.seconds / one.seconds
    head = ["whole process", "median", "fastest", "of LIEF", "ru_maxrss"]
    text = "\n\n".join(
        [
            f"{machine()}; {versions('elfkit', 'lief', 'pyelftools', 'numpy')}.",
            f"Foreign mipsel root: {scope}. Warm, interleaved, {options.rounds} runs each.",
            table(head, rows(measured)),
            f"Ten copies of its ELF files in one tree: {factor:.1f} times the time of one, {ten.memory_text}.",
        ]
    )
    print(text)
    missed = verdict(measured)
    if factor > BAR_COPIES:
        missed.append(f"ten copies take {factor:.1f} times the time of one, the bar is {BAR_COPIES}")
    print("\n".join(missed) or "the bars hold")
    if not options.dry_run:
        write("check_tree", text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
