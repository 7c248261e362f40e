import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from elfkit.checks.finding import Severity
from elfkit.checks.report import Report
from elfkit.version import VERSION
from tests.checks.judging import check, checked_about, only
from tests.firmware.plants import FIXTURES, Content, grow, library, program, router

ROUTER = FIXTURES / "trees/router"
PRINT_REPORT = "import json, sys, elfkit; print(json.dumps(elfkit.check(sys.argv[1]).to_dict()))"


@pytest.fixture(scope="module")
def report() -> Report:
    return check(ROUTER)


def test_the_same_bytes_on_every_run_whatever_the_hash_seed() -> None:
    outputs = set()
    for seed in ("0", "1", "4242"):
        command = [sys.executable, "-c", PRINT_REPORT, str(ROUTER)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        outputs.add(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000


def test_a_report_is_equal_to_that_of_the_next_run_and_survives_pickling(report: Report) -> None:
    assert check(ROUTER) == report
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301  # our own bytes


def test_the_json_has_the_settled_keys_and_nothing_of_time(report: Report) -> None:
    shape = report.to_dict()
    assert {*shape} == {"schema", "tool", "roots", "summary", "findings"}
    assert shape["schema"] == "elfkit.check/1"
    assert shape["tool"] == {"name": "elfkit", "version": VERSION}
    settled = (
        "rule name severity confidence root path aliases subject message evidence needed_by trace size fix fingerprint"
    )
    for finding in shape["findings"]:
        assert {*settled.split()} <= {*finding}
    assert {"path", "platforms", "summary"} <= {*shape["roots"][0]}


def test_the_json_is_plain_numbers_and_text(report: Report) -> None:
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()


def test_findings_are_ordered_worst_first_then_by_rule_and_path(report: Report) -> None:
    order = [(-finding.severity, finding.rule, finding.path) for finding in report.findings]
    assert order == sorted(order)


def test_counts_agree_with_the_findings(report: Report) -> None:
    counts = report.counts()
    assert sum(counts.values()) == len(report.findings)
    assert counts["error"] == len(report.at_least(Severity.ERROR)) > 0
    assert counts["error"] + counts["warning"] == len(report.at_least(Severity.WARNING))
    assert report.at_least(Severity.NOTE) == report.findings


def test_files_with_findings_are_counted_once(tmp_path: Path) -> None:
    plan = router({"bin/x": program("liba.so", "libb.so"), "bin/y": program("liba.so"), "lib/z.so": library()})
    summary = checked_about(tmp_path, plan).to_dict()["summary"]
    assert (summary["files_with_findings"], summary["elf_files"]) == (2, 5)


def test_the_summary_counts_files_and_scripts_and_names_lost_interpreters(tmp_path: Path) -> None:
    scripts: dict[str, Content] = {
        "bin/a": b"#!/bin/sh\n",
        "bin/b": b"#!/usr/bin/perl -w\n",
        "bin/sh": "-> /sbin/init",
        "etc/motd": b"hello",
    }
    (summary,) = checked_about(tmp_path, router({**scripts})).roots
    assert (summary.files, summary.elf_files, summary.scripts) == (5, 2, 2)
    assert summary.scripts_without_interpreter == ("bin/b",)


def test_aliases_stand_beside_the_path(tmp_path: Path) -> None:
    grow(tmp_path, router({"bin/box": program("libnot.so"), "bin/sh": "-> box", "bin/ls": "-> /bin/box"}))
    os.link(tmp_path / "bin/box", tmp_path / "bin/cat")
    finding = only(check(tmp_path), "EK301")
    assert (finding.path, finding.paths, finding.aliases) == ("bin/box", ("bin/box",), ("bin/cat", "bin/ls", "bin/sh"))


def test_a_name_that_is_no_utf_8_is_carried_in_hexadecimal_too(tmp_path: Path) -> None:
    name = b"bin/\xff\n\x1b[31m"
    report = checked_about(tmp_path, router({os.fsdecode(name): program("libnot.so"), "bin/z": program("libnot.so")}))
    (finding,) = report.to_dict()["findings"]
    paths = [finding, *finding["others"]]
    assert {bytes.fromhex(shape["path_hex"]) for shape in paths if "path_hex" in shape} == {name}
    assert len(paths) == 2
    json.dumps(report.to_dict())


def test_the_root_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path / "root", router({"bin/x": program("libnot.so")}))
    monkeypatch.chdir(tmp_path)
    report = check("root")
    assert (report.roots[0].path, report.findings[0].root, report.findings[0].path) == ("root", "root", "bin/x")


def test_two_roots_keep_their_findings_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for root in (one, two):
        grow(root, router({"bin/x": program("libnot.so")}))
    report = check(one, two)
    assert [root.path for root in report.roots] == [str(one), str(two)]
    assert [finding.root for finding in report.findings] == [str(one), str(two)]
    assert len({finding.fingerprint for finding in report.findings}) == 1
