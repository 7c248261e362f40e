"""Coverage-guided mutants of the fixtures, through every public accessor: `make fuzz`.

atheris (libFuzzer) makes the inputs, and prints executions and covered edges; how often each step was called is
printed now and then. Options: --seconds, --corpus; what follows `--` is libFuzzer's own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import zlib
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import atheris

with atheris.instrument_imports(include=["elfkit", "elfkit_cli"], enable_loader_override=False):
    for package in map(
        import_module, ("elfkit", "elfkit_cli")
    ):  # all of it: what is imported later, when it is needed, is not seen
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".__main__"):
                import_module(found.name)

from elfkit.errors import ElfkitError
from tests.hostile.bombs import BOMBS
from tests.hostile.structures import seeds
from tests.hostile.workout import STEPS, Subject, with_one_parser

LARGEST = 16_384  # bytes of an input: larger ones show nothing that smaller ones do not, and take longer
COMMANDS = (*[step for step in STEPS if step.startswith("elfkit ")], "check", "thorough", "rebuild", "dump")
TURNS = ("image", "facts", "facts", "symbols", "lookup", "tables", "tables", "plan", "")  # "": one of the commands
SLOWEST = 5  # seconds of CPU: by the clock alone, a busy machine would be a finding
TOLD = 100_000  # executions after which the calls of each step are printed; nothing of ours runs after the last one


class Target:
    """One input at a time: its checksum says which step it goes through, so that the same input takes the same way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: Counter[str] = Counter()

    def __call__(self, content: bytes) -> None:
        subject = Subject(content, self.folder / "input", self.folder)
        subject.path.write_bytes(content)
        turn = zlib.crc32(content)
        step = TURNS[turn % len(TURNS)] or COMMANDS[turn // len(TURNS) % len(COMMANDS)]
        self.calls[step] += 1
        if not self.calls.total() % TOLD:
            self._tell()
        before = time.process_time()
        with suppress(ElfkitError):
            STEPS[step](subject)
        assert time.process_time() - before < SLOWEST, step

    def _tell(self) -> None:
        told = ", ".join(f"{count:,} {step}" for step, count in self.calls.most_common())
        print(f"{self.calls.total():,} executions, {time.process_time():,.0f} s of CPU: {told}", file=sys.stderr)


def write_seeds(corpus: Path) -> None:
    """Write every seed and every small bomb, each under the name of its number."""
    corpus.mkdir(parents=True, exist_ok=True)
    contents = [seed.content for seed in seeds()] + [bomb() for bomb in BOMBS]
    for number, content in enumerate(contents):
        if len(content) <= LARGEST:
            (corpus / f"seed-{number:03}").write_bytes(content)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--corpus", type=Path, default=Path(".cache/fuzz"))
    arguments, more = parser.parse_known_args(words)
    write_seeds(arguments.corpus)
    with_one_parser()
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={LARGEST}",
        "-timeout=600",  # of the clock: a machine that stands still for a while is no finding
        "-reload=0",  # nobody else writes to the corpus: it is not listed again every second
        "-rss_limit_mb=8192",  # atheris 3.0.0 never frees the array that a comparison gave: 2 KB an execution
        "-malloc_limit_mb=512",
    ]
    options += ["-print_final_stats=1", f"-artifact_prefix={arguments.corpus.parent}/", str(arguments.corpus)]
    with tempfile.TemporaryDirectory(prefix="elfkit-", dir="/dev/shm") as folder:
        atheris.Setup([sys.argv[0], *options, *more], Target(Path(folder)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
