"""All benchmarks, one after the other, each in a process of its own: ``make bench``. Exit 1 where a bar is missed.

Arguments are handed to each of them (``--rounds N``, ``--dry-run``).
"""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = ("startup", "hash_walk", "check_tree", "fidelity", "rebuild_speed")


def main() -> int:
    repository = Path(__file__).resolve().parents[1]
    missed = []
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        if subprocess.run(command, cwd=repository, check=False).returncode != 0:
            missed.append(name)
    print(f"missed: {', '.join(missed)}" if missed else "all bars hold")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
