"""What nm, eu-elflint and readelf say of the file as it was and as it was rebuilt, each run bounded."""

import os
import re
import resource
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

OUTPUT: Final = 64 << 20  # bytes a run may write
MEMORY: Final = 2 << 30
SECONDS: Final = 60
INDEX: Final = re.compile(r"\[ *\d+\]")
PARTICULAR: Final = re.compile(r"0x[0-9a-f]+|\b\d+\b|(?<=\()[^)]+(?=\))|(?<=^\S -> \S): .*")
STRANGER: Final = re.compile(r"^(unknown machine type|invalid machine flags)", re.MULTILINE)
"""What eu-elflint says of a machine of which it has no description: the rest of its words are worth nothing then."""


class Said(NamedTuple):
    """What a run wrote, and its status; a run that passed a bound was killed by a signal: negative."""

    status: int
    out: bytes
    err: str


class Judgement(NamedTuple):
    """What a witness newly complains of, line by line; not `measured` where it knows nothing of such files."""

    measured: bool
    fresh: tuple[str, ...]


def asked(command: Sequence[str], *paths: Path) -> Said:
    """Run a witness on files. What it writes goes to files whose size is limited: some write without end."""
    env = os.environ | {"LC_ALL": "C"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with subprocess.Popen([*command, *map(str, paths)], stdout=out, stderr=err, env=env) as process:
            for limit, bound in (
                (resource.RLIMIT_FSIZE, OUTPUT),
                (resource.RLIMIT_AS, MEMORY),
                (resource.RLIMIT_CPU, SECONDS),
            ):
                resource.prlimit(process.pid, limit, (bound, bound))
            try:
                status = process.wait(timeout=2 * SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
        complaints = _written(err).decode("utf-8", "replace")
        for path in paths:
            complaints = complaints.replace(str(path), "FILE")
        return Said(status, _written(out), complaints)


def _written(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(OUTPUT)


def nm(original: Path, rebuilt: Path) -> Judgement:
    """Whether ``nm -D`` prints the same, byte for byte."""
    truth = asked(("nm", "-D"), original)
    if truth.status or not truth.out:
        return Judgement(measured=False, fresh=())
    found = asked(("nm", "-D"), rebuilt)
    if (found.status, found.out) == (truth.status, truth.out):
        return Judgement(measured=True, fresh=())
    pairs = zip(_listed(truth.out), _listed(found.out), strict=False)
    lines = [f"{old[-2]} -> {new[-2]}: {' '.join(old)}, {' '.join(new)}" for old, new in pairs if old != new]
    return Judgement(measured=True, fresh=tuple(lines) or (f"exit {found.status}, {len(found.out)} bytes",))


def _listed(output: bytes) -> list[list[str]]:
    """The words of each line of nm's: the address, where there is one, the letter of the section, the name."""
    return [["", *line.decode("utf-8", "replace").split()] for line in output.splitlines()]


def elflint(original: Path, rebuilt: Path) -> Judgement:
    """Complaints of ``eu-elflint --gnu-ld`` that the original does not bring up; sections by name, not by index."""
    truth, found = (asked(("eu-elflint", "--gnu-ld"), path) for path in (original, rebuilt))
    old, new = (said.out.decode("utf-8", "replace") + said.err for said in (truth, found))
    if STRANGER.search(old) or truth.status < 0:
        return Judgement(measured=False, fresh=())
    return Judgement(measured=True, fresh=_fresh(old, new, found.status))


def readelf(original: Path, rebuilt: Path) -> Judgement:
    """Warnings and errors of ``readelf -aW`` that the original does not bring up."""
    truth, found = (asked(("readelf", "-aW"), path) for path in (original, rebuilt))
    return Judgement(measured=True, fresh=_fresh(truth.err, found.err, found.status))


def _fresh(old: str, new: str, status: int) -> tuple[str, ...]:
    more = Counter(_lines(new)) - Counter(_lines(old))
    killed = (f"killed by signal {-status}",) if status < 0 else ()
    return (*more.elements(), *killed)


def _lines(text: str) -> list[str]:
    lines = [INDEX.sub("[]", line.strip()) for line in text.splitlines()]
    return [line for line in lines if line and line != "No errors"]


def cause(line: str) -> str:
    """A line without the numbers and symbols that differ from file to file, to count it by."""
    return PARTICULAR.sub("*", line)[:160]
