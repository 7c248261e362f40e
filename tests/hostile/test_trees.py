"""Trees made to do harm: exit code and findings are exact, and nothing but regular files is opened."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.checks.report import Report
from elfkit_cli.check import exit_code as command_exit_code
from tests.checks.judging import told
from tests.cli.command import elfkit, python
from tests.elfwriter import Elf, build
from tests.firmware.hostility import alarm, public_folder, without_rights
from tests.firmware.plants import HARD, grow, library, program, router
from tests.needs import needs

SECONDS = 20
HARD_ONE = {("EK106", "lib/libhard.so"): "error"}  # what is wrong in every tree here: the rest of it is judged

# Runs the command and prints, as its last line, every path that was opened and was no regular file then.
WATCHED = """
import json, os, stat, sys
from elfkit_cli.main import main
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)) and os.fsencode(arguments[0]).startswith(ROOT):
        opened.append(os.lstat(arguments[0]).st_mode)
ROOT = os.fsencode(sys.argv[2])
sys.addaudithook(hook)
code = main(sys.argv[1:])
print(json.dumps([len(opened), [oct(mode) for mode in opened if not stat.S_ISREG(mode)]]))
sys.exit(code)
"""


@pytest.fixture
def root() -> Iterator[Path]:
    with public_folder() as folder:
        yield grow(folder, router({"bin": None, "lib/libhard.so": library(fp_abi=HARD)}))


def judged(root: Path) -> Report:
    with alarm(SECONDS):
        return check(root, select=["EK0", "EK1", "EK3"], ignore=["EK005", "EK307"])


def exit_code(root: Path) -> int:
    with alarm(2 * SECONDS):
        return elfkit("check", root, "--select", "EK0,EK1,EK3").code


@needs("root")
def test_nothing_but_regular_files_is_opened(root: Path) -> None:
    os.mkfifo(root / "bin/fifo")
    os.mknod(root / "bin/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(root / "bin/disk", stat.S_IFBLK | 0o666, os.makedev(7, 0))
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(root / "bin/socket"))
    os.mkfifo(root / "etc-ld-musl-mips-sf.path")
    (root / "etc").mkdir(exist_ok=True)
    os.mkfifo(root / "etc/ld-musl-mips-sf.path")  # a file that elfkit reads by its name
    for name, target in (("loop", "loop"), ("out", "../../../../etc/passwd"), ("pipe", "fifo")):
        (root / "bin" / name).symlink_to(target)
    with alarm(2 * SECONDS):
        ran = python("-c", WATCHED, "check", root, "--select", "EK0,EK1,EK3", "-q")
    count, others = json.loads(ran.text.splitlines()[-1])
    assert (ran.code, others) == (1, [])
    assert count >= 3
    notes = ("bin/disk", "bin/fifo", "bin/null", "bin/socket", "etc-ld-musl-mips-sf.path", "etc/ld-musl-mips-sf.path")
    assert told(judged(root)) == HARD_ONE | {("EK009", path): "note" for path in notes}


@pytest.mark.parametrize("name", ["bin/fifo", "bin/loop", "bin"])
@pytest.mark.parametrize("command", ["check", "info", "symbols", "rebuild-sections"])
def test_what_is_no_regular_file_is_refused_when_it_is_named(command: str, name: str, root: Path) -> None:
    os.mkfifo(root / "bin/fifo")
    (root / "bin/loop").symlink_to("loop")
    if name == "bin" and command != "symbols":
        return  # a directory is a tree
    more = ("--dry-run",) if command == "rebuild-sections" else ()
    with alarm(SECONDS):
        ran = elfkit(command, root / name, *more)
    assert ran.code == 2
    assert len(ran.sentences) == 1


def test_links_that_loop_or_leave_the_root_are_judged_by_where_they_lead(root: Path) -> None:
    (root / "lib/libloop.so").symlink_to("libloop.so")
    (root / "lib/libround.so").symlink_to("libabout.so")
    (root / "lib/libabout.so").symlink_to("libround.so")
    (root / "lib/libout.so").symlink_to("../../../../../../../../lib/libhard.so")  # inside a root .. of / is /
    grow(root, {"bin/x": program("libloop.so", "libout.so")})
    loops = {("EK316", "lib/libround.so"): "warning", ("EK316", "lib/libabout.so"): "warning"}
    clamped = {("EK316", "lib/libout.so"): "note"}
    assert told(judged(root)) == HARD_ONE | loops | clamped | {("EK316", "lib/libloop.so"): "error"}  # bin/x needs that
    assert exit_code(root) == 1


NAMES = (b"lib/a\nb.so", b"lib/\xff\xfe.so", b"lib/\x1b[31mred.so", "lib/\u202ert.so".encode(), b"lib/-rf.so")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_bytes_are_told_whole_and_escaped(name: bytes, root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(build(library(fp_abi=HARD)))
    ran = elfkit("check", root, "--select", "EK106", "-v", "--color", "never")
    assert ran.code == 1
    assert not {0x1B, 0xFF, 0xFE} & set(ran.out)
    assert b"\xe2\x80\xae" not in ran.out
    written = elfkit("check", root, "--select", "EK106", "--json").out
    assert written.isascii()
    assert not any(byte < 32 and byte != 10 for byte in written)
    assert told(check(root, select=["EK106"])) == HARD_ONE | {("EK106", os.fsdecode(name)): "error"}


@needs("root")
def test_what_may_not_be_read_is_a_note_and_the_rest_is_judged(root: Path) -> None:
    grow(root, {"bin/closed": program(), "private/x": program()})
    for name in ("bin/closed", "private"):
        (root / name).chmod(0)
    judged(root)  # once with all rights, so that nothing is imported without them
    with without_rights():
        report = judged(root)
    assert told(report) == HARD_ONE | {("EK009", "bin/closed"): "note", ("EK009", "private"): "note"}
    assert command_exit_code(report, "error", exit_zero=False) == 1
    without = replace(report, findings=tuple([row for row in report.findings if row.rule == "EK009"]))
    assert [command_exit_code(without, level, exit_zero=False) for level in ("error", "note")] == [0, 1]


def test_files_that_vanish_or_change_their_kind_between_listing_and_reading(root: Path) -> None:
    grow(root, {"bin/gone": program(), "bin/piped": program(), "bin/linked": program(), "bin/shut": program()})
    seen: list[str] = []

    def progress(_count: int, path: str) -> None:
        if not seen:
            (root / "bin/gone").unlink()
            (root / "bin/piped").unlink()
            os.mkfifo(root / "bin/piped")
            (root / "bin/linked").unlink()
            (root / "bin/linked").symlink_to("/etc/passwd")
            (root / "bin/shut").unlink()
            (root / "bin/shut").mkdir()
        seen.append(path)

    with alarm(SECONDS):
        report = check(root, select=["EK0", "EK1"], ignore=["EK005"], progress=progress)
    notes = ("bin/gone", "bin/linked", "bin/piped", "bin/shut")
    assert told(report) == HARD_ONE | {("EK009", path): "note" for path in notes}


SIZES = (0, 3, 15, 51, 52, 63, 200, 400)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("reads", [0, 1, 2, 3])
def test_a_file_that_is_cut_while_it_is_read_ends_early(
    reads: int, size: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after so many reads: never a crash, and of every other file what is true of it."""
    big = build(program()) + bytes(8192)
    (root / "bin/cut").write_bytes(big)
    place = (root / "bin/cut").stat()
    real, left = os.pread, [reads]

    def pread(descriptor: int, count: int, offset: int) -> bytes:
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) == (place.st_dev, place.st_ino):
            if not left[0]:
                os.truncate(root / "bin/cut", size)
            left[0] -= 1
        return real(descriptor, count, offset)

    monkeypatch.setattr(os, "pread", pread)
    found = told(judged(root))
    assert HARD_ONE.items() <= found.items()
    assert {path for rule, path in found} <= {"lib/libhard.so", "bin/cut"}
    assert {rule for rule, path in found if path == "bin/cut"} <= {"EK001", "EK002", "EK003", "EK004", "EK009"}


def test_a_directory_of_100_000_entries_is_judged_whole() -> None:
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="elfkit-", dir=parent))
    try:
        grow(folder, router({"bin": None, "lib/libhard.so": library(fp_abi=HARD)}))
        (folder / "many").mkdir()
        for number in range(100_000):
            os.close(os.open(folder / f"many/{number:06}", os.O_CREAT | os.O_WRONLY))
        (folder / "many/050000").write_bytes(build(Elf(elf_class=1, data=2)))
        with alarm(60):
            report = check(folder, select=["EK101", "EK106"])
        assert told(report) == HARD_ONE | {("EK101", "many/050000"): "error"}
        assert report.roots[0].files >= 100_000
    finally:
        shutil.rmtree(folder)


def test_a_tree_without_an_elf_file_is_3_and_no_tree_is_2(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    os.mkfifo(tmp_path / "fifo")
    assert elfkit("check", tmp_path).code == 3
    assert elfkit("check", tmp_path / "nothing").code == 2
