"""Roots whose programs a real loader starts: the cross compilers' glibc under qemu, in a chroot."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elfkit.facts.facts import LINKAGE
from elfkit.firmware.bind import bind
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.prediction import Prediction, predict
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import read_tree
from fixtures.run_tree import run_in_tree

TOOL, PLAIN = "bin/tool", "lib/libplain.so"


@dataclass(frozen=True, slots=True)
class Machine:
    """A triplet with its qemu, and the path that its programs ask for as their loader."""

    triplet: str
    qemu: str
    loader: str


MACHINES = (
    Machine("mipsel-linux-gnu", "qemu-mipsel-static", "lib/ld.so.1"),
    Machine("s390x-linux-gnu", "qemu-s390x-static", "lib/ld64.so.1"),
)


@dataclass(frozen=True, slots=True)
class Library:
    """libplain.so: its source, and the version script it is linked with."""

    source: str
    script: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A program, the library it is linked with, and the one that it finds."""

    name: str
    program: str
    linked: Library
    found: Library
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a start printed, and how it ended."""

    status: int
    output: str
    errors: str


class Workshop:
    """Builds the root of one case for one machine."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.folder = folder
        self.machine = machine
        self.root = folder / "root"

    def build(self, case: Case) -> Path:
        home = Path(f"/usr/{self.machine.triplet}/lib")
        (self.root / "bin").mkdir(parents=True)
        (self.root / "lib").mkdir()
        for path in (self.machine.loader, "lib/libc.so.6"):
            shutil.copy(home / Path(path).name, self.root / path)
        linked = self.library(case.linked, self.folder / "sdk")
        self.library(case.found, self.root / "lib")
        source = self.folder / "tool.c"
        source.write_text(case.program)
        self.compile(source, self.root / TOOL, *case.flags, str(linked))
        return self.root

    def library(self, library: Library, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        source, script = self.folder / "plain.c", self.folder / "plain.map"
        source.write_text(library.source)
        script.write_text(library.script)
        flags = [f"-Wl,--version-script={script}"] if library.script else []
        place = folder / "libplain.so"
        self.compile(source, place, "-shared", "-fPIC", "-Wl,-soname,libplain.so", *flags)
        return place

    def compile(self, source: Path, place: Path, *arguments: str) -> None:
        command = [f"{self.machine.triplet}-gcc", "-O1", "-w", "-o", str(place), str(source), *arguments]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)

    def start(self) -> Outcome:
        """What the machine's own loader makes of the program."""
        done = run_in_tree(self.root, [f"/{TOOL}"], qemu=self.machine.qemu)
        return Outcome(done.returncode, done.stdout, done.stderr)


def predicted(root: Path, path: str = TOOL) -> tuple[Prediction, Bindings]:
    """What elfkit says of the same program."""
    tree = read_tree(str(root), needs=frozenset({LINKAGE}))
    resolution = resolve(tree, find_platforms(tree))
    bindings = bind(tree, resolution)
    return predict(tree, resolution, bindings, path), bindings
