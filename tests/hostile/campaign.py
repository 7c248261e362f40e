"""Many mutants through every public accessor: `make hostile ARGS="--count 100000 --seed 1"`.

A child works off a share of them; one that dies or waits is replaced, and the mutant it had in hand is what it died of.
Prints a table, and exits with 1 where a bound is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.hostile.confined import SECONDS, bound, outcome_of
from tests.hostile.headers import Differences
from tests.hostile.mutants import mutant
from tests.hostile.workout import STEPS, Subject, gives_an_image, with_one_parser

BATCH: Final = 500  # mutants that readelf is asked for at once, and after which a child is replaced
SLOW: Final = 1.0  # seconds of CPU that one file may take, all steps together
IMAGES: Final = 0.95  # share of the mutants with an intact identification that give an Image
WORST: Final = ("hang", "crash", "oom", "output", "untyped", "refused", "ok")


class Row(NamedTuple):
    """What became of one mutant: the worst outcome of all steps, the steps that were not ok, seconds of all."""

    number: int
    name: str
    intact: bool
    image: bool
    outcome: str
    details: dict[str, str]
    seconds: float
    slowest: str


def work_off(run: int, numbers: list[int], folder: Path, writing: int) -> None:
    """Put each mutant through every step, and write what came of it; a line that is not ended is the one in hand."""
    with os.fdopen(writing, "w", encoding="utf-8", errors="backslashreplace") as out:
        for number in numbers:
            out.write(f"{number} ")
            out.flush()
            out.write(json.dumps(_row(run, number, folder)) + "\n")
            out.flush()


def _row(run: int, number: int, folder: Path) -> Row:
    made = mutant(run, number)
    (folder / str(number)).write_bytes(made.content)  # for readelf
    own = folder / "own"  # with one file at a time: some steps read the folder
    own.mkdir(exist_ok=True)
    subject = Subject(made.content, own / "input", own)
    subject.path.write_bytes(made.content)
    image = gives_an_image(made.content)
    outcomes, took = {}, {}
    for step in STEPS:
        start = time.process_time()
        outcomes[step] = outcome_of(step, subject)
        took[step] = time.process_time() - start
    worst = min((outcome for outcome, _ in outcomes.values()), key=WORST.index)
    details = {step: f"{outcome}: {detail}" for step, (outcome, detail) in outcomes.items() if outcome != "ok"}
    total = sum(took.values())
    slowest = max(took, key=lambda step: took[step])
    # refused is a file that gives no Image: what rebuild refuses of an Image is an answer
    outcome = worst if worst != "refused" else "ok" if image else "refused"
    kept = details if outcome not in ("ok", "refused") else {}
    return Row(number, made.name, made.intact, image is not None, outcome, kept, round(total, 4), slowest)


def rows_of(run: int, numbers: list[int], folder: Path) -> Iterator[Row]:
    """Yield a row for every number, whatever happens to the children."""
    left = list(numbers)
    while left:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            _child(run, left, folder, writing)
        os.close(writing)
        said, outcome = _listen(reading, child)
        *lines, rest = said.decode().split("\n")
        for line in lines:
            yield Row(*json.loads(line.partition(" ")[2]))
        left = left[len(lines) :]
        if left and rest.strip():
            name = mutant(run, left[0]).name
            yield Row(left[0], name, intact=True, image=True, outcome=outcome, details={}, seconds=SECONDS, slowest="")
            left = left[1:]


def _child(run: int, numbers: list[int], folder: Path, writing: int) -> None:
    code = 1
    try:
        bound()
        work_off(run, numbers, folder, writing)
        code = 0
    finally:
        os._exit(code)


def _listen(reading: int, child: int) -> tuple[bytes, str]:
    """Return all that a child says, and what ended it: a child that is silent for long is stopped."""
    said, outcome = b"", "crash"
    with os.fdopen(reading, "rb") as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], SECONDS)
            if not ready:
                os.kill(child, signal.SIGKILL)
                outcome = "hang"
                break
            raw = os.read(pipe.fileno(), 1 << 16)
            if not raw:
                break
            said += raw
    os.waitpid(child, 0)
    return said, outcome


class Tally:
    """The figures of a run, and every mutant that passed a bound."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.intact = 0
        self.images = 0
        self.bad: list[Row] = []
        self.slow: list[Row] = []

    def add(self, row: Row) -> None:
        self.outcomes[row.outcome] += 1
        self.seconds.append(row.seconds)
        self.intact += row.intact
        self.images += row.intact and row.image
        if row.outcome not in ("ok", "refused"):
            self.bad.append(row)
        if row.seconds > SLOW:
            self.slow.append(row)

    def figures(self) -> dict[str, Any]:
        """The table's one row."""
        times = sorted(self.seconds)
        share = {name: times[min(int(len(times) * part), len(times) - 1)] for name, part in PARTS.items()}
        counted = {name: self.outcomes[name] for name in ("ok", "refused", "untyped", "crash", "hang", "oom", "output")}
        spans = {name: f"{seconds * 1000:.0f} ms" for name, seconds in share.items()}
        images = f"{100 * self.images / max(self.intact, 1):.2f} %"
        return {"tried": len(times), **counted, **spans, "intact": self.intact, "of these an Image": images}


PARTS: Final = {"p50": 0.5, "p99": 0.99, "max": 1.0}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="hostile", description=__doc__)
    parser.add_argument("--count", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--show", type=int, default=20, help="most mutants named that passed a bound")
    parser.add_argument("--no-readelf", action="store_true", help="do not compare header fields with readelf's")
    arguments = parser.parse_args(words)
    tally, differences = Tally(), Differences()
    with_one_parser()
    end = arguments.first + arguments.count
    for start in range(arguments.first, end, BATCH):
        with tempfile.TemporaryDirectory(prefix="elfkit-", dir=_in_memory()) as name:
            folder = Path(name)
            numbers = list(range(start, min(start + BATCH, end)))
            for row in rows_of(arguments.seed, numbers, folder):
                tally.add(row)
            if not arguments.no_readelf:
                differences.compare([folder / str(number) for number in numbers])
        if sys.stderr.isatty():
            print(f"\r{len(tally.seconds):,}", end="", file=sys.stderr, flush=True)
    return report(tally, differences, most=arguments.show)


def _in_memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def report(tally: Tally, differences: Differences, *, most: int) -> int:
    """Print the figures and what passed a bound; return the exit code."""
    for name, value in tally.figures().items():
        print(f"{name:<20} {value:>12,}" if isinstance(value, int) else f"{name:<20} {value:>12}")
    print(f"{'readelf answers':<20} {differences.compared:>12,}")
    print(f"{'fields that differ':<20} {len(differences.found):>12,}")
    for row in [*tally.bad[:most], *tally.slow[:most]]:
        print(f"{row.outcome} {row.seconds:.2f} s {row.slowest} {row.name}")
        for step, detail in row.details.items():
            print(f"    {step}: {detail}")
    for line in differences.found[:most]:
        print(line)
    few = tally.images < IMAGES * tally.intact
    return 1 if tally.bad or tally.slow or differences.found or few else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
