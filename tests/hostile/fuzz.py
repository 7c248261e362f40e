"""Coverage-guided mutants of the fixtures, through every public accessor: `make fuzz`.

atheris (libFuzzer) makes the inputs. Options: --seconds, --corpus; what follows `--` is libFuzzer's own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["elfkit", "elfkit_cli"], enable_loader_override=False):
    for module in (  # what a command imports when it runs is instrumented here
        "elfkit.rebuild.rebuild",
        "elfkit.tables.verification",
        "elfkit_cli.check",
        "elfkit_cli.info",
        "elfkit_cli.rebuild",
        "elfkit_cli.symbols",
    ):
        import_module(module)

from elfkit.errors import ElfkitError
from tests.hostile.bombs import BOMBS
from tests.hostile.structures import seeds
from tests.hostile.workout import STEPS, Subject, with_one_parser

LARGEST = 16_384  # bytes of an input: larger ones show nothing that smaller ones do not, and take longer
COMMANDS = (*[step for step in STEPS if step.startswith("elfkit ")], "check", "rebuild")
TURNS = ("facts", "facts", "symbols", "lookup", "tables", "tables", "plan", "")  # "": one of the commands


class Target:
    """One input at a time: its checksum says which step it goes through, so that the same input takes the same way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, content: bytes) -> None:
        subject = Subject(content, self.folder / "input", self.folder)
        subject.path.write_bytes(content)
        turn = zlib.crc32(content)
        step = TURNS[turn % len(TURNS)] or COMMANDS[turn // len(TURNS) % len(COMMANDS)]
        try:
            STEPS["image"](subject)
            STEPS[step](subject)
        except ElfkitError:
            return


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
        "-timeout=5",
        "-rss_limit_mb=4096",
        "-malloc_limit_mb=512",
    ]
    options += ["-print_final_stats=1", f"-artifact_prefix={arguments.corpus.parent}/", str(arguments.corpus)]
    with tempfile.TemporaryDirectory(prefix="elfkit-", dir="/dev/shm") as folder:
        atheris.Setup([sys.argv[0], *options, *more], Target(Path(folder)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
