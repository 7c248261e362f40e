"""EK009: what could not be looked into is told, folded by its reason, and never stops the rest."""

import os
import stat
from pathlib import Path

from tests.checks.judging import check, only, rules_of, told
from tests.firmware.hostility import alarm, public_folder, without_rights
from tests.firmware.plants import HARD, grow, library, program, router


def test_special_files_are_one_note_with_all_their_paths(tmp_path: Path) -> None:
    grow(tmp_path, router())
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "lib/pipe")
    os.mknod(tmp_path / "socket", stat.S_IFSOCK | 0o600)
    with alarm():
        report = check(tmp_path)
    finding = only(report, "EK009")
    assert finding.paths == ("lib/pipe", "pipe", "socket")
    assert (finding.severity.word, finding.evidence) == ("note", ())
    assert report.unusable == ()


def test_files_and_directories_without_permission_are_one_note_and_the_rest_is_judged() -> None:
    with public_folder() as folder:
        grow(folder, router({f"closed{number}.so": library() for number in range(5)}))
        grow(folder, {"private/x": program(), "lib/libhard.so": library(fp_abi=HARD)})
        check(folder)  # once with all rights, so that nothing is imported without them
        for name in ("private", *(f"closed{number}.so" for number in range(5))):
            (folder / name).chmod(0)
        with without_rights():
            report = check(folder)
    finding = only(report, "EK009")
    assert finding.paths == (*(f"closed{number}.so" for number in range(5)), "private")
    assert "permission denied" in finding.message
    assert finding.fix
    assert told(report)[("EK106", "lib/libhard.so")] == "error"
    assert report.unusable == ()


def test_an_unreadable_library_is_not_told_missing() -> None:
    with public_folder() as folder:
        grow(folder, router({"bin/x": program("libclosed.so"), "lib/libclosed.so": library()}))
        (folder / "lib/libclosed.so").chmod(0)
        with without_rights():
            report = check(folder)
    assert rules_of(report) == ["EK009"]


def test_an_unreadable_loader_is_not_told_missing() -> None:
    with public_folder() as folder:
        grow(folder, router())
        (folder / "lib/ld-musl-mips-sf.so.1").chmod(0)
        with without_rights():
            report = check(folder)
    assert "EK201" not in rules_of(report)


def test_two_reasons_are_two_notes(tmp_path: Path) -> None:
    def progress(_: int, path: str) -> None:
        if path == "gone":
            (tmp_path / path).unlink()

    grow(tmp_path, router({"gone": b""}))
    os.mkfifo(tmp_path / "pipe")
    with alarm():
        report = check(tmp_path, progress=progress)
    findings = {finding.subject: finding.paths for finding in report.findings if finding.rule == "EK009"}
    assert findings == {"FIFO, socket or device": ("pipe",), "no such file or directory": ("gone",)}


def test_pseudo_file_systems_are_named_and_no_finding(tmp_path: Path) -> None:
    report = check(grow(tmp_path, router({"proc/kmsg": b"", "dev/null": b"", "sys": None})))
    assert report.roots[0].pseudo == ("dev", "proc", "sys")
    assert rules_of(report) == []
