"""What starting costs beyond Python itself: ``python -m benchmarks.startup``. Exit 1 where a bar is missed."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.figures import table, write
from benchmarks.processes import REPOSITORY, Series, elfkit, interleaved, machine, versions

BARE: Final = "python -c pass"
BARS: Final = {"elfkit --version": 0.040, "elfkit --help": 0.040, "elfkit check FILE": 0.150}
"""Seconds more than bare Python."""


def small_file() -> Path:
    """The smallest ELF file among the fixtures of machines."""
    found = [path for path in (REPOSITORY / "fixtures" / "machines").rglob("*") if path.is_file()]
    elf = [path for path in found if path.read_bytes()[:4] == b"\x7fELF"]
    return min(elf, key=lambda path: (path.stat().st_size, str(path)))


def rows(measured: Mapping[str, Series]) -> list[list[str]]:
    bare = measured[BARE].seconds
    return [
        [
            name,
            f"{series.seconds * 1000:.1f} ms",
            f"{(series.seconds - bare) * 1000:+.1f} ms",
            f"{BARS[name] * 1000:.0f} ms" if name in BARS else "",
        ]
        for name, series in measured.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="The start-up of elfkit beside bare Python.")
    parser.add_argument("--rounds", type=int, default=21, help="counted runs of each (default: 21)")
    parser.add_argument("--dry-run", action="store_true", help="leave benchmarks/README.md as it is")
    options = parser.parse_args()
    commands = {
        BARE: (sys.executable, "-c", "pass"),
        "elfkit --version": elfkit("--version"),
        "elfkit --help": elfkit("--help"),
        "elfkit check FILE": elfkit("check", str(small_file())),
    }
    measured = interleaved(commands, options.rounds)
    head = ["whole process", "median", "beyond Python", "bar"]
    lead = f"{machine()}; {versions('elfkit', 'numpy')}. Warm, interleaved, {options.rounds} runs each."
    text = f"{lead}\n\n{table(head, rows(measured))}"
    print(text)
    bare = measured[BARE].seconds
    missed = [name for name, bar in BARS.items() if measured[name].seconds - bare > bar]
    failed = [name for name, series in measured.items() if any(run.status not in {0, 1} for run in series.runs)]
    print("".join(f"{name}: over its bar\n" for name in missed), end="")
    print("".join(f"{name}: did not run\n" for name in failed), end="")
    if not options.dry_run:
        write("startup", text)
    return 1 if missed or failed else 0


if __name__ == "__main__":
    sys.exit(main())
