"""--jobs: what a command says of a large tree does not depend on how many processes read it."""

from pathlib import Path

import pytest

from tests.cli.command import elfkit, python
from tests.firmware.plants import grow, library, program, router

# One process alone where it is asked for, more where it is not: told by who reads the files.
READERS = """
import os, sys, time
from elfkit.firmware import reader
readers = {}
read = reader.Reader.read

def noted(self, path):
    if os.getpid() not in readers:
        readers[os.getpid()] = os.write(2, b"reader\\n")
        time.sleep(0.2)  # so that the others find something left
    read(self, path)

reader.Reader.read = noted
os.sched_getaffinity = lambda _: {0, 1, 2}
from elfkit_cli import main
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    grow(root, router({"bin/a": program("libgone.so"), "usr/lib/libx.so": library()}))
    (root / "usr/share").mkdir(parents=True, exist_ok=True)
    for number in range(1200):
        (root / f"usr/share/{number}").write_bytes(b"text")
    return root


@pytest.mark.parametrize(
    "command", [("check", "--json"), ("info", "--json"), ("deps", "-v")], ids=lambda words: words[0]
)
def test_the_number_of_processes_changes_nothing(large: Path, command: tuple[str, ...]) -> None:
    alone = elfkit(*command, "--jobs", "1", large)
    assert elfkit(*command, "--jobs", "3", large) == alone
    assert b"libgone.so" in alone.out


@pytest.mark.parametrize(
    ("words", "most"), [(("--jobs", "1"), 1), (("--jobs", "2"), 2), ((), 3)], ids=["one", "two", "one for each CPU"]
)
def test_as_many_processes_read_as_are_asked_for(large: Path, words: tuple[str, ...], most: int) -> None:
    ran = python("-c", READERS, "check", "-q", *words, large)
    readers = ran.err.count(b"reader")
    assert min(most, 2) <= readers <= most


@pytest.mark.parametrize("number", ["0", "65", "-1", "two", "1.5", "", "9" * 30])
@pytest.mark.parametrize("command", ["check", "info", "deps"])
def test_a_number_that_cannot_be_is_one_clear_error(command: str, number: str) -> None:
    ran = elfkit(command, f"--jobs={number}", ".")
    assert ran.code == 2
    (sentence,) = ran.sentences
    assert f"argument --jobs: {number!r} is no whole number from 1 to 64" in sentence
