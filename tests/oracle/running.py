"""What really happens: the root is laid out, the program runs in it, and its loader's words are taken apart."""

import re
import shutil
from pathlib import Path
from typing import Final, NamedTuple

from fixtures.run_tree import run_in_tree
from tests.oracle.building import built
from tests.oracle.libcs import libc_files
from tests.oracle.parts import Scenario
from tests.oracle.targets import Target

RUNS: Final = "runs"
# The first of a loader's messages, with the name it is about. glibc: elf/dl-load.c, dl-lookup.c, dl-version.c.
# musl: ldso/dynlink.c.
MESSAGES: Final = (
    ("version", re.compile(r"version `([^']+)' not found \(required by")),
    ("symbol", re.compile(r"symbol lookup error: .*undefined symbol: ([^\s,]+)")),
    ("symbol", re.compile(r"relocation error: .*symbol (\S+) version \S+ not defined in file")),
    ("symbol", re.compile(r"Error relocating \S+: (\S+): symbol not found")),
    ("relocation", re.compile(r"Error relocating (\S+): unsupported relocation type")),
    ("assertion", re.compile(r"Inconsistency detected by (ld)\.so")),
    ("library", re.compile(r"error while loading shared libraries: ([^:]+): ")),
    ("library", re.compile(r"Error loading shared library ([^:]+): ")),
    ("symbol", re.compile(r"undefined symbol: ([^\s,]+)")),  # dlerror
    ("library", re.compile(r"^plugin: (?!Error |.*undefined symbol)([^:\n]+): ", re.MULTILINE)),  # dlerror of glibc
)


class Observed(NamedTuple):
    """How a program ended, in the words of `Scenario.glibc` and `Scenario.musl`, and what its loader printed."""

    ending: str
    message: str


def lay_out(scenario: Scenario, target: Target, root: Path) -> None:
    """Write the scenario's root, without the emulator."""
    for path, file in {**libc_files(target), **built(scenario, target)}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
        place.chmod(0o755)
    for path, content in scenario.files.items():
        place = root / path.format(arch=target.arch or "none", triplet=target.triplet)
        place.parent.mkdir(parents=True, exist_ok=True)
        ready = content(target) if callable(content) else content
        if ready == "directory":
            place.mkdir()
        else:
            place.write_bytes(ready.encode() if isinstance(ready, str) else ready)
    for path, to in scenario.links.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(to)


def observe(scenario: Scenario, target: Target, root: Path) -> Observed:
    """Run the program as the scenario says."""
    names = frozenset({scenario.opens, *(part.name for part in scenario.parts)})
    ending, message = _run(root, target, [scenario.run], names)
    if ending == RUNS and scenario.called:
        late, message = _run(root, target, [scenario.run, "call"], names)
        ending = RUNS if late == RUNS else late.replace("start", "call", 1)
    return Observed(ending, message)


def _run(root: Path, target: Target, command: list[str], names: frozenset[str]) -> Observed:
    done = run_in_tree(root, command, qemu=target.qemu, environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    words = (done.stdout + done.stderr).strip()
    said = done.stdout.split("\n")
    if done.returncode == 0 and "done" in said:
        told = [line for line in said if line.startswith("with ")]
        return Observed(" ".join([RUNS, *told]), words)
    stage = "plugin" if any(line.startswith("plugin: ") for line in said) else "start"
    if stage == "start" and "started" in said:
        stage = "call"
    hits = [(hit.start(), what, hit[1]) for what, pattern in MESSAGES if (hit := pattern.search(words))]
    if hits:
        _, what, name = min(hits)
        # of a file that it took and cannot use, glibc tells the path
        return Observed(f"{stage} {what} {name if name in names else name.rpartition('/')[2]}", words)
    crash = done.returncode < 0 or done.returncode > 128 or "uncaught target signal" in words
    return Observed(f"{stage} {'crash' if crash else 'unknown'}", f"{done.returncode} {words}")
