"""The same files through elfkit and its peers: who answers, who refuses, who dies. `make scoreboard`.

Files as they are (the fixtures), mutants of them, and bombs. One process a file with 10 s of CPU, 1 GiB of addresses,
and its output read through a pipe up to a cap, so that nothing fills the disk. Peers walk what `readelf -a` shows.
"""

from __future__ import annotations

import argparse
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.processes import REPOSITORY, machine, versions

SECONDS: Final = 10
ADDRESSES: Final = 1 << 30
OUTPUT: Final = 64 << 20
PEERS: Final = REPOSITORY / "benchmarks" / "peers"
FIGURES: Final = REPOSITORY / "benchmarks" / "scoreboard.md"


def _consumer(name: str) -> tuple[str, ...]:
    return (sys.executable, str(PEERS / f"{name}.py"))


TOOLS: Final = {
    "elfkit (library)": _consumer("elfkit_consume"),
    "elfkit check": (sys.executable, "-m", "elfkit_cli", "check", "--exit-zero", "--select", "EK"),
    "elfkit info -v": (sys.executable, "-m", "elfkit_cli", "info", "-v"),
    "pyelftools": _consumer("pyelftools_consume"),
    "LIEF": _consumer("lief_consume"),
    "readelf -aW": ("readelf", "-aW"),
    "eu-readelf -a": ("eu-readelf", "-a"),
}
TIERS: Final = ("fixtures", "mutants", "bombs")
OUTCOMES: Final = ("ok", "refused", "untyped", "crash", "hang", "oom", "output")
UNTYPED: Final = 70  # what a consumer exits with where an exception is not its library's own
EMPTY: Final = 71  # where it runs out of memory


class Ran(NamedTuple):
    """One file through one tool."""

    outcome: str
    seconds: float
    memory: int
    output: int


HEAD: Final = """\
# Scoreboard

Written by `make scoreboard`; nothing here is edited. *fixtures* are the files of `fixtures/` as they are, *mutants*
damaged copies of them, *bombs* files that ask for the work of days (`tests/hostile/bombs.py`). One process a file, with
10 s of CPU, 1 GiB of addresses, at most 64 MiB of output. *refused* is a typed error, or an exit code other than 0;
*untyped* an exception that is not the library's own. `ok` says nothing of what the answer is worth.

"""


def limits() -> None:
    """Run in the child, before it becomes the tool."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def once(command: Sequence[str], path: Path) -> Ran:
    """Run a tool over a file, its output counted and thrown away; stopped where it says more than the cap."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [*command, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=limits,  # noqa: PLW1509 - one thread
    )
    assert child.stdout is not None
    output, last, stopped = _drained(child, start)
    _, status, usage = os.wait4(child.pid, 0)
    child.stdout.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    outcome = stopped or _outcome(child.returncode, last)
    return Ran(outcome, seconds, usage.ru_maxrss * 1024, output)


def _drained(child: subprocess.Popen[bytes], start: float) -> tuple[int, bytes, str]:
    """Return how much the child says, the end of it, and why it was stopped; "" if it ended by itself."""
    assert child.stdout is not None
    output, last = 0, b""
    while True:
        left = start + 3 * SECONDS - time.perf_counter()
        ready = left > 0 and select.select([child.stdout], [], [], left)[0]
        raw = os.read(child.stdout.fileno(), 1 << 16) if ready else b""
        if not ready or output > OUTPUT:
            child.kill()
            return output, last, "hang" if not ready else "output"
        if not raw:
            return output, last, ""
        output += len(raw)
        last = (last + raw)[-4096:]


def _outcome(code: int, last: bytes) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "hang"
    if code == EMPTY or b"MemoryError" in last or b"emory exhausted" in last or b"out of memory" in last.lower():
        return "oom"
    if code < 0:
        return "crash"
    if code == UNTYPED or b"internal error" in last or b"Traceback (most recent" in last:
        return "untyped"
    return "ok" if code == 0 else "refused"


def tiers(count: int, folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield each tier with its files, `count` of the first two at most.

    They are written by another process: a child's ru_maxrss begins at what its parent holds, so this one holds little.
    """
    child = os.fork()
    if not child:
        code = 1
        try:
            _write(count, folder)
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the files could not be written")
    for tier in TIERS:
        yield tier, sorted(folder.glob(f"{tier}-*"))


def _write(count: int, folder: Path) -> None:
    from tests.hostile.bombs import BOMBS
    from tests.hostile.mutants import mutant
    from tests.hostile.structures import seeds

    contents = (
        [seed.content for seed in seeds()[:count]],
        [mutant(1, number).content for number in range(count)],
        [bomb() for bomb in BOMBS],
    )
    for tier, files in zip(TIERS, contents, strict=True):
        for number, content in enumerate(files):
            (folder / f"{tier}-{number:05}").write_bytes(content)


def table(runs: dict[str, list[Ran]]) -> str:
    """The rows of one tier."""
    head = "| tool | tried | " + " | ".join(OUTCOMES) + " | p50 | p99 | max | most memory | most output |"
    lines = [head, "| --- |" + " ---: |" * (len(OUTCOMES) + 6)]
    for tool, found in runs.items():
        counted = Counter(run.outcome for run in found)
        times = sorted(run.seconds for run in found)
        parts = [times[min(int(len(times) * part), len(times) - 1)] for part in (0.5, 0.99, 1.0)]
        cells = [str(len(found)), *[str(counted[name]) for name in OUTCOMES]]
        cells += [f"{seconds * 1000:,.0f} ms" for seconds in parts]
        cells += [f"{max(run.memory for run in found) / 2**20:,.0f} MiB", _size(max(run.output for run in found))]
        lines.append(f"| {tool} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _size(count: int) -> str:
    if count > OUTPUT:
        return f"> {OUTPUT >> 20} MiB"
    return f"{count / 2**20:,.1f} MiB" if count > 1 << 20 else f"{count / 1024:,.0f} KiB"


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scoreboard", description=__doc__)
    parser.add_argument("--count", type=int, default=2400, help="most files of a tier (default: 2400)")
    parser.add_argument("--tool", action="append", help="this tool alone; may be repeated")
    parser.add_argument("--dry-run", action="store_true", help="print the figures and keep those in the file")
    arguments = parser.parse_args(words)
    tools = {name: command for name, command in TOOLS.items() if not arguments.tool or name in arguments.tool}
    parts, bad = [f"{machine()}; {versions('numpy', 'lief', 'pyelftools')}; {_programs()}."], 0
    with tempfile.TemporaryDirectory(prefix="elfkit-") as folder:
        for tier, paths in tiers(arguments.count, Path(folder)):
            runs = {name: [once(command, path) for path in paths] for name, command in tools.items()}
            ours = [run for name, found in runs.items() if name.startswith("elfkit") for run in found]
            bad += sum(run.outcome not in ("ok", "refused") for run in ours)
            parts.append(f"**{tier}**\n\n{table(runs)}")
    text = "\n\n".join(parts)
    print(text)
    if not arguments.dry_run:
        FIGURES.write_text(HEAD + text + "\n", encoding="utf-8")
    return 1 if bad else 0


def _programs() -> str:
    found = []
    for name in ("readelf", "eu-readelf"):
        done = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
        found.append(f"{name} {done.stdout.splitlines()[0].split()[-1]}")
    return ", ".join(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
