"""A tree ten times as big is ten times the work, and each ELF file costs little memory."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import pytest

from elfkit.checks.check import check
from tests.firmware.plants import FIXTURES

CLEAN = FIXTURES / "trees/router-clean"
BLOB = "lib/firmware/radio.elf"
ELF_FILES = 13  # of one router, besides that
FEW, MANY = 8, 80
BYTES_FOR_A_FILE = 15_000

MEASURED = """
import os, resource, sys
from elfkit_cli.main import main
code = main(["check", sys.argv[1], "-o", os.devnull])
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def routers(folder: Path, count: int) -> Path:
    """A root with so many routers in it: one that runs, the others below it."""
    tree = Path(shutil.copytree(CLEAN, folder / f"of-{count}", symlinks=True))
    for number in range(1, count):
        place = shutil.copytree(CLEAN, tree / f"srv/{number:03}", symlinks=True)
        (place / BLOB).unlink()  # in no firmware directory of this root: a finding
    return tree


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return routers(tmp_path_factory.mktemp("scale"), FEW)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return routers(tmp_path_factory.mktemp("scale"), MANY)


def work(tree: Path, *, count: int) -> Counter[str]:
    """How often a check calls functions: all of them, and those of the operating system and of the search."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            calls["python"] += 1
            calls[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            calls["C"] += 1
            calls[getattr(argument, "__qualname__", "")] += 1

    sys.setprofile(note)
    try:
        report = check(tree)
    finally:
        sys.setprofile(None)
    assert report.elf_files == count * ELF_FILES + 1
    return calls


def test_ten_times_the_tree_is_at_most_eleven_times_the_work(few: Path, many: Path) -> None:
    check(CLEAN)  # what is imported and compiled once
    one, ten = work(few, count=FEW), work(many, count=MANY)
    for kind in ("python", "C", "open", "pread", "scandir", "Paths._follow", "Source.view"):
        assert one[kind] > 0, kind
        assert ten[kind] <= 11 * one[kind], (kind, one[kind], ten[kind])


def peak(tree: Path) -> int:
    """The most memory that the command had at once, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tree)], capture_output=True, text=True, timeout=120, check=True
    )
    code, kilobytes = map(int, done.stdout.split())
    assert code == 0, done.stderr
    return kilobytes * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in bytes on other systems")
def test_memory_grows_by_little_for_each_elf_file(few: Path, many: Path) -> None:
    growth = (peak(many) - peak(few)) / ((MANY - FEW) * ELF_FILES)
    assert growth < BYTES_FOR_A_FILE, growth


def test_one_cause_in_ten_times_the_files_keeps_its_fingerprint(tmp_path: Path) -> None:
    prints = []
    for count in (3, 30):
        tree = Path(shutil.copytree(CLEAN, tmp_path / f"of-{count}", symlinks=True))
        for number in range(count):
            shutil.copyfile(FIXTURES / "trees/router/usr/sbin/vpnd", tree / f"usr/sbin/vpn{number}")
        (finding,) = check(tree, select=["EK301"]).findings
        assert len(finding.paths) == count
        prints.append((finding.fingerprint, finding.suppress))
    assert len(set(prints)) == 1


def test_fingerprints_outlast_a_rebuild_that_moves_everything(tmp_path: Path) -> None:
    router = FIXTURES / "trees/router"
    before = check(router)
    tree = Path(shutil.copytree(router, tmp_path / "elsewhere", symlinks=True))
    grown = tree / "usr/bin/scripthost"
    grown.write_bytes(grown.read_bytes() + bytes(4096))
    after = check(tree)
    assert [finding.fingerprint for finding in after.findings] == [finding.fingerprint for finding in before.findings]
