"""Whole processes, measured from outside: wall time and ru_maxrss, interleaved so that noise hits all of them."""

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package starts from its bytecode; so does a checkout, after the round that is not counted."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process from start to end: seconds of wall time, the most memory it held in bytes, its exit code."""

    seconds: float
    memory: int
    status: int


@dataclass(frozen=True, slots=True)
class Series:
    """The counted runs of one command."""

    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    @property
    def fastest(self) -> float:
        return min(run.seconds for run in self.runs)

    @property
    def memory(self) -> int:
        return max(run.memory for run in self.runs)

    @property
    def memory_text(self) -> str:
        """In MB; where the child held less than this process does, Linux reports this process: then an upper bound."""
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return f"{self.memory / 1e6:.0f} MB" if self.memory > own * 1.05 else f"< {own / 1e6:.0f} MB"


def elfkit(*arguments: str) -> tuple[str, ...]:
    """The command as a user starts it: the installed script beside this Python, else the module."""
    script = Path(sys.executable).with_name("elfkit")
    return (str(script), *arguments) if script.is_file() else (sys.executable, "-m", "elfkit_cli", *arguments)


def once(command: Sequence[str]) -> Run:
    """Run it to its end, its output thrown away.

    A child's ru_maxrss begins at what its parent holds when it forks: benchmarks import nothing large.
    """
    start = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)  # waited for here, not by Popen
    return Run(seconds, usage.ru_maxrss * 1024, child.returncode)


def interleaved(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Series]:
    """Every command in turn, `rounds` times, after one round that is not counted and warms caches and bytecode."""
    counted: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            run = once(command)
            if turn:
                counted[name].append(run)
    return {name: Series(tuple(runs)) for name, runs in counted.items()}


def said(command: Sequence[str]) -> str:
    """The last line a command prints: what it counted, or its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    lines = done.stdout.strip().splitlines()
    return lines[-1] if lines else f"nothing, exit {done.returncode}"


def machine() -> str:
    """The processor, its count and the system, without names that belong to one host."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def versions(*packages: str) -> str:
    """Python and the named packages as installed beside it."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)])
