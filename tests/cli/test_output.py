"""Where a report goes: standard output, or a file that is replaced whole or not at all."""

import errno
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from elfkit.errors import ReadError
from elfkit_cli.output import write_file
from tests.cli.command import CLEAN, HELLO, ROUTER, as_nobody, elfkit, environment
from tests.needs import needs

OLD = "what was there before\n"


@pytest.fixture
def report(tmp_path: Path) -> Iterator[Path]:
    """A file with content and a mode of its own; at the end of the test nothing lies beside it."""
    folder = tmp_path / "reports"
    folder.mkdir()
    path = folder / "report"
    path.write_text(OLD)
    path.chmod(0o640)
    yield path
    folder.chmod(0o700)
    assert sorted(os.listdir(folder)) == ["report"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", ROUTER],
        ["check", ROUTER, "-q"],
        ["check", ROUTER, "--json"],
        ["info", HELLO],
        ["info", HELLO, "--json"],
        ["rules"],
        ["rules", "--json"],
        ["explain", "EK106"],
        ["explain", "EK106", "--json"],
    ],
    ids=lambda arguments: " ".join(str(word).rpartition("/")[2] for word in arguments),
)
def test_a_file_holds_what_standard_output_would_show(report: Path, arguments: list[str | Path]) -> None:
    shown = elfkit(*arguments)
    written = elfkit(*arguments, "-o", report, "--color", "always")
    assert (written.code, written.out, written.err) == (shown.code, b"", b"")
    assert report.read_bytes() == shown.out != b""


def test_a_replaced_file_keeps_its_mode(report: Path) -> None:
    before = report.stat().st_ino
    write_file(str(report), "new\n")
    assert report.read_text() == "new\n"
    assert stat.S_IMODE(report.stat().st_mode) == 0o640
    assert report.stat().st_ino != before  # whoever had the old one open goes on reading the old one


def test_a_new_file_gets_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(str(tmp_path / "new"), "")
    finally:
        assert os.umask(before) == 0o027
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_name_without_a_folder_is_written_where_one_is(tmp_path: Path) -> None:
    assert elfkit("rules", "-o", "rules.txt", cwd=tmp_path).code == 0
    assert os.listdir(tmp_path) == ["rules.txt"]


def test_through_a_link_the_target_is_replaced_and_the_link_stays(report: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to("reports/report")
    assert elfkit("rules", "-o", link).code == 0
    assert os.readlink(link) == "reports/report"
    assert report.read_text().startswith("EK001")
    assert stat.S_IMODE(report.stat().st_mode) == 0o640


def test_through_a_dangling_link_its_target_is_made(tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to("first")
    assert elfkit("rules", "-o", link).code == 0
    assert link.is_symlink()
    assert (tmp_path / "first").read_text().startswith("EK001")


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_standard_output_can_be_named(name: str, form: str, tmp_path: Path) -> None:
    ran = elfkit("rules", "--format", form, "-o", name, cwd=tmp_path)
    assert ran == elfkit("rules", "--format", form)
    assert os.listdir(tmp_path) == []


def test_what_a_redirection_appends_to_is_not_replaced(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(OLD)
    with log.open("ab") as appended:
        assert elfkit("rules", "-o", "/dev/stdout", stdout=appended).code == 0
    assert log.read_text().startswith(OLD + "EK001")


def test_a_fifo_is_written_to_and_stays_one(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(str(fifo), "through\n")
        assert os.read(reader, 100) == b"through\n"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert os.listdir(tmp_path) == ["fifo"]


def test_a_device_is_written_to_and_stays_one() -> None:
    assert elfkit("rules", "-o", os.devnull).code == 0
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_an_open_descriptor_can_be_named(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "elfkit_cli", "rules", "-o", f"/dev/fd/{writer}"]
    subprocess.run(command, pass_fds=[writer], env=environment(), cwd=tmp_path, check=True)
    os.close(writer)
    with open(reader, "rb") as pipe:
        assert pipe.read() == elfkit("rules").out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/report", "no such file or directory"),
        ("reports", "is a directory"),
        ("reports/report/inside", "not a directory"),
        ("", "the name is empty"),
        ("x" * 300, "the name is too long"),
    ],
)
def test_where_nothing_can_be_written_one_sentence_says_so(report: Path, name: str, words: str) -> None:
    ran = elfkit("check", CLEAN, "-o", name, cwd=report.parents[1])
    assert (ran.code, ran.out) == (2, b"")
    assert ran.sentences == [f"elfkit: {name}: cannot be written: {words}"]
    assert report.read_text() == OLD


def test_a_failed_report_does_not_swallow_the_other_complaints(tmp_path: Path) -> None:
    for command in ("check", "info"):
        ran = elfkit(command, HELLO, "nowhere", "-o", "missing/report", cwd=tmp_path)
        assert ran.code == 2
        assert len(ran.sentences) == 2
    ran = elfkit("explain", "EK106", "EK999", "-o", "missing/report", cwd=tmp_path)
    assert len(ran.sentences) == 2


@needs("root")
def test_in_a_folder_without_the_right_to_write_the_old_file_stays(report: Path) -> None:
    for folder in (report.parent, *report.parents[1:4]):
        folder.chmod(0o755)
    ran = as_nobody("rules", "-o", str(report), cwd=report.parent)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.sentences == [f"elfkit: {report}: cannot be written: permission denied"]
    assert report.read_text() == OLD


def small_files_only() -> None:
    """A disk that is full after 4 KiB; Python ignores the signal that comes with it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_full_disk_leaves_the_old_file_and_no_other(report: Path) -> None:
    ran = elfkit("rules", "--json", "-o", report, before=small_files_only)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.sentences == [f"elfkit: {report}: cannot be written: file too large"]
    assert report.read_text() == OLD


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace"])
def test_a_failure_at_any_step_leaves_the_old_file_and_no_other(
    report: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(ReadError, match="cannot be written: no space left on device"):
        write_file(str(report), "new\n")
    assert report.read_text() == OLD


def test_an_interruption_while_writing_leaves_the_old_file_and_no_other(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(str(report), "new\n")
    assert report.read_text() == OLD


EVERYTHING: list[list[str | Path]] = [
    ["--help"],
    ["--version"],
    ["check", "--help"],
    ["check", ROUTER],
    ["check", ROUTER, "--json"],
    ["check", ROUTER, "--color", "always"],
    ["info", HELLO],
    ["info", HELLO, "--json"],
    ["rules"],
    ["explain", "EK106"],
]
TITLES = [" ".join([str(word).rpartition("/")[2] for word in arguments]) for arguments in EVERYTHING]


@pytest.mark.parametrize("arguments", EVERYTHING, ids=TITLES)
def test_a_closed_pipe_is_quiet_and_changes_no_verdict(arguments: list[str | Path]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = elfkit(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert (ran.code, ran.err) == (1 if ROUTER in arguments else 0, b"")


def test_a_reader_that_has_seen_enough_is_left_in_peace() -> None:
    shell = f'"{sys.executable}" -m elfkit_cli check "{ROUTER}" -v | head -c 10'
    ran = subprocess.run(["/bin/sh", "-c", shell], env=environment(), capture_output=True, check=True)
    assert (ran.stdout, ran.stderr) == (b"error[EK00", b"")


@pytest.mark.parametrize("arguments", EVERYTHING[3:], ids=TITLES[3:])
def test_a_full_disk_behind_standard_output_is_one_sentence(arguments: list[str | Path]) -> None:
    with open("/dev/full", "wb") as full:
        ran = elfkit(*arguments, stdout=full)
    assert ran.code == 2
    assert ran.sentences == ["elfkit: standard output: cannot be written: no space left on device"]


@pytest.mark.parametrize("arguments", EVERYTHING[3:], ids=TITLES[3:])
def test_a_closed_standard_output_is_one_sentence(arguments: list[str | Path]) -> None:
    ran = elfkit(*arguments, before=lambda: os.close(1))
    assert (ran.code, ran.sentences) == (2, ["elfkit: standard output: is closed"])


def test_a_closed_standard_error_changes_no_verdict() -> None:
    ran = elfkit("check", ROUTER, "missing", "--json", before=lambda: os.close(2))
    assert ran.code == 2
    assert len(json.loads(ran.out)["findings"]) > 0
    assert elfkit("check", "missing", "--root", "missing", before=lambda: os.close(2)).code == 2


def test_data_goes_to_standard_output_and_all_else_to_standard_error(tmp_path: Path) -> None:
    ran = elfkit("check", ROUTER, "missing", "--json", cwd=tmp_path)
    assert json.loads(ran.out)["summary"]["unusable"] == [{"path": "missing", "reason": "no such file or directory"}]
    assert ran.sentences == ["elfkit: missing: no such file or directory"]
    assert elfkit("check", ROUTER).err == b""
    version = elfkit("--version")
    assert (version.code, version.err) == (0, b"")
    assert version.text.startswith("elfkit ")
