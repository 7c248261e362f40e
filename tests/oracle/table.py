"""Every scenario on every target: what happened, what elfkit predicted. Exits 1 where any two differ.

python -m tests.oracle.table [--target WORD] [--kind WORD] [--name WORD]
"""

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from tests.oracle.building import BuildError
from tests.oracle.libcs import prepare
from tests.oracle.library_scenarios import LIBRARIES
from tests.oracle.parts import Scenario
from tests.oracle.predicted import predicted
from tests.oracle.running import RUNS, Observed, lay_out, observe
from tests.oracle.symbol_scenarios import SYMBOLS
from tests.oracle.targets import TARGETS, Target

SCENARIOS = (*LIBRARIES, *SYMBOLS)
WORKERS = 2


class Cell(NamedTuple):
    """One scenario on one target."""

    scenario: Scenario
    target: Target
    observed: Observed
    predicted: str

    @property
    def as_written(self) -> bool:
        """Whether the real loader did what the row says it does."""
        return _agree(self.scenario.ends(self.target), self.observed.ending)

    @property
    def foretold(self) -> bool:
        """Whether elfkit's answer is what happened."""
        return _agree(self.predicted, self.observed.ending)


def judge(scenario: Scenario, target: Target) -> tuple[Observed, str]:
    """Build the root, run the program, ask elfkit."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        root = Path(folder)
        try:
            lay_out(scenario, target, root)
        except BuildError as error:
            return Observed("not built", str(error)), ""
        return observe(scenario, target, root), predicted(scenario, root)


def _judge(pair: tuple[int, int]) -> tuple[Observed, str]:
    return judge(SCENARIOS[pair[0]], TARGETS[pair[1]])


def _agree(said: str, ending: str) -> bool:
    """Whether two endings are one. What a loader maps though it cannot use it ends in any of several ways."""
    stage, _, rest = said.partition(" ")
    if rest.startswith("unusable "):
        return ending.startswith((stage, "call"))
    if ending.endswith("assertion ld"):
        # of glibc: a version is asked of a library that has no versions; the message names neither
        return ending == said or said.startswith(f"{stage} version ")
    return said == ending


def main() -> int:
    options = _options()
    targets = [place for place, target in enumerate(TARGETS) if options.target in target.name]
    rows = [place for place, row in enumerate(SCENARIOS) if options.kind in row.kind and options.name in row.name]
    for place in targets:
        prepare(TARGETS[place])
    pairs = [(row, place) for row in rows for place in targets if SCENARIOS[row].suits(TARGETS[place])]
    # Processes: a thread that forks hands the emulator, still open for writing, to its child, and nobody can run it.
    with ProcessPoolExecutor(WORKERS, get_context("fork")) as pool:
        ends = list(pool.map(_judge, pairs))
    cells = [Cell(SCENARIOS[row], TARGETS[place], *end) for (row, place), end in zip(pairs, ends, strict=True)]
    for cell in cells:
        _print(cell, loud=options.verbose)
    return _summary(cells)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("target", "kind", "name"):
        parser.add_argument(f"--{name}", default="", metavar="WORD", help=f"only where the {name} holds this")
    parser.add_argument("--verbose", action="store_true", help="what the loader printed, too")
    return parser.parse_args()


def _print(cell: Cell, *, loud: bool) -> None:
    good = cell.as_written and cell.foretold
    mark = "  " if good else "! "
    print(
        f"{mark}{cell.target.name:16} {cell.scenario.kind:22} {cell.scenario.name:72.72}"
        f" {cell.observed.ending:30} {cell.predicted}"
    )
    if not cell.as_written:
        print(f"      the row says: {cell.scenario.ends(cell.target)}")
    if loud or not good:
        print("      " + "\n      ".join(cell.observed.message.splitlines()[:12]))


def _summary(cells: list[Cell]) -> int:
    wrong = [cell for cell in cells if not cell.foretold]
    odd = [cell for cell in cells if not cell.as_written]
    rows = {(cell.scenario.kind, cell.scenario.name) for cell in cells}
    failing = [cell for cell in cells if not cell.observed.ending.startswith(RUNS)]
    rows_failing = {(cell.scenario.kind, cell.scenario.name) for cell in failing}
    counted = Counter(cell.target.libc for cell in cells)
    targets = len({cell.target.name for cell in cells})
    runs = f"{counted['glibc']} runs with glibc, {counted['musl']} with musl"
    print(f"{len(rows)} scenarios on {targets} targets: {runs}.")
    print(f"{len(rows_failing)} scenarios, {len(failing)} runs fail for real.")
    print(f"{len(cells) - len(wrong)} of {len(cells)} foretold; {len(odd)} not as the table says.")
    return 1 if wrong or odd or not cells else 0


if __name__ == "__main__":
    sys.exit(main())
