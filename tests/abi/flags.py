"""The rows of flags.csv: what was given to a compiler, and what its file says of the ABI, whole and cut."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Final, NamedTuple

import elfkit
from benchmarks.fidelity_tables import Form, read_table, without_table

HERE: Final = Path(__file__).parent
WORKERS: Final = 2
LINK: Final = ("-O2", "-fPIC", "-shared", "-nostdlib")
NANS: Final = {None: "", False: "legacy", True: "2008"}


class Told(NamedTuple):
    """What a file says, in the words of flags.csv; of `isa` the order of extensions does not count."""

    variant: str
    float_abi: str
    fp_mode: str
    nan2008: str
    isa: str


@dataclass(frozen=True, slots=True)
class Row:
    """A compiler, its flags, and what is to be told."""

    compiler: str
    flags: str
    whole: Told
    cut: Told

    @property
    def name(self) -> str:
        return f"{self.compiler} {self.flags}".strip()

    @property
    def machine(self) -> str:
        """What the compiler's triplet begins with."""
        return self.compiler.split()[-1].partition("-")[0]

    @property
    def command(self) -> tuple[str, ...]:
        words = self.compiler.split()
        start = (sys.executable, "-m", "ziglang", "cc", "-target", words[1]) if words[0] == "zig" else (words[0],)
        return (*start, *LINK, *self.flags.split())

    def lost(self, field: str) -> bool:
        """Whether a field is another without section headers."""
        return bool(getattr(self.whole, field) != getattr(self.cut, field))


def rows() -> tuple[Row, ...]:
    """All rows, in the file's order."""
    with (HERE / "flags.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.strip() and not line.startswith("#")]
    return tuple(_row(fields) for fields in csv.DictReader(lines))


def lacking(wanted: Iterable[Row]) -> dict[str, str]:
    """The compilers of rows that are not here, each with the package that brings it."""
    names = sorted({row.compiler for row in wanted})
    gcc = {name: f"gcc-{name.removesuffix('-gcc').replace('_', '-')}" for name in names if name.endswith("-gcc")}
    zig = {name: "PyPI's ziglang" for name in names if name.startswith("zig ") and not find_spec("ziglang")}
    return {name: package for name, package in gcc.items() if not which(name)} | zig


def _row(fields: dict[str, str]) -> Row:
    values = {name: fields[name] for name in Told._fields}
    values["fp_mode"] = values["fp_mode"] or "unknown"
    whole = Told(**values)
    changes = dict(part.strip().split("=") for part in fields["cut"].split(";") if part)
    return Row(fields["compiler"], fields["flags"], _sorted(whole), _sorted(whole._replace(**changes)))


def _sorted(told: Told) -> Told:
    base, *extensions = told.isa.split(" + ")
    return told._replace(isa=" + ".join([base, *sorted(extensions)]))


def told(content: bytes) -> Told:
    """What elfkit tells of a file."""
    with elfkit.load(content) as image:
        facts = elfkit.inspect(image)
    assert facts.isa is not None
    variant, mode, nan = facts.abi_variant.value, facts.fp_mode.value, NANS[facts.nan2008.value]
    return _sorted(Told(variant, facts.float_abi.value, mode, nan, str(facts.isa.value)))


class Compiled(NamedTuple):
    """A file of a row, and the same without its section headers."""

    whole: bytes
    cut: bytes


def compiled(wanted: Iterable[Row], folder: Path) -> dict[str, Compiled]:
    """The files of rows, by their names; CalledProcessError where a compiler refuses."""
    chosen = tuple(wanted)
    with ThreadPoolExecutor(WORKERS) as pool:
        made = pool.map(lambda at: _compiled(chosen[at], folder, folder / f"{at}.so"), range(len(chosen)))
        return {row.name: content for row, content in zip(chosen, made, strict=True)}


def _compiled(row: Row, folder: Path, target: Path) -> Compiled:
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(folder), "ZIG_LOCAL_CACHE_DIR": str(folder)}
    command = [*row.command, "-o", str(target), str(HERE / "flags.c")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **caches, "LC_ALL": "C"}
    )
    assert done.returncode == 0, f"{row.name}: {done.stderr}"
    whole = target.read_bytes()
    return Compiled(whole, without_table(whole, read_table(target), Form.STRIPPED))
