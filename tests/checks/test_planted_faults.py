"""Precision and recall: the rule that a bad root was made for finds its fault there, and no other rule alarms.

One tree for each rule of the registry, and the router with its table of faults.
"""

import csv
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from elfkit.checks.check import check
from elfkit.checks.finding import Severity
from elfkit.checks.registry import RULES
from elfkit.checks.report import Report
from elfkit.limits import DEFAULT_LIMITS
from tests.elfwriter import build
from tests.firmware.plants import FIXTURES, library

DT_RELACOUNT = 0x6FFFFFF9
ROOTS, ROUTER = FIXTURES / "rules", FIXTURES / "trees/router"
FEWEST = 40
# The fault is a defect of elfkit, not of a file: tests/checks/test_engine.py plants it.
NO_TREE = {"EK907"}


class Score(NamedTuple):
    """The plants of one tree, and what was found there: of them, and at warning or above besides them."""

    tree: str
    planted: set[tuple[str, str]]
    found: set[tuple[str, str]]
    besides: set[tuple[str, str]]


def spoil(rule: str, tree: Path) -> None:
    """Make what git cannot hold: see the README.txt of these fixtures."""
    if rule == "EK009":
        os.mkfifo(tree / "var-fifo")
    elif rule == "EK012":
        entries = DEFAULT_LIMITS.dynamic_entries + 1
        (tree / "lib/libmuch.so").write_bytes(build(replace(library(), tags=((DT_RELACOUNT, 0),) * entries)))
    elif rule == "EK511":
        (tree / "usr/bin/tool").chmod(0o4755)


OPT_IN = {rule.id for rule in RULES if rule.opt_in}


def alarms(report: Report) -> set[tuple[str, str]]:
    return {(f.rule, path) for f in report.at_least(Severity.WARNING) for path in f.paths}


def scored_rule(rule: str, folder: Path) -> Score:
    tree = Path(shutil.copytree(ROOTS / rule / "bad", folder / rule, symlinks=True))
    spoil(rule, tree)
    report = check(tree, select=["EK"] if rule in OPT_IN else ())
    own = [finding for finding in report.findings if finding.rule == rule]
    told = {path for finding in own for path in finding.paths}
    places = changed(rule) or told
    # a fault of the tree, such as a link or a library gone wrong, is told of the program that meets it
    met = [f for f in own if any(path in f.message or path.rpartition("/")[2] in f.subject for path in places)]
    places |= {path for finding in met for path in finding.paths}
    besides = {(other, path) for other, path in alarms(report) if other != rule or path not in places}
    return Score(rule, {(rule, "")}, {(rule, "")} if told & places else set(), besides)


def changed(rule: str) -> set[str]:
    """Paths at which the bad root is another than the good one: there the fault was planted."""
    bad, good = contents(ROOTS / rule / "bad"), contents(ROOTS / rule / "good")
    return {path for path in bad.keys() | good.keys() if bad.get(path) != good.get(path)}


def contents(root: Path) -> dict[str, bytes | str]:
    files = [path for path in root.rglob("*") if path.is_symlink() or path.is_file()]
    return {
        path.relative_to(root).as_posix(): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in files
    }


def scored_router() -> Score:
    with (FIXTURES / "trees/router.planted.csv").open(encoding="utf-8", newline="") as table:
        planted = {(row["rule"], row["path"]) for row in csv.DictReader(table)}
    report = check(ROUTER)
    told = {(finding.rule, path) for finding in report.findings for path in finding.paths}
    return Score("router", planted, planted & told, alarms(report) - planted)


def scores(folder: Path) -> Iterator[Score]:
    yield scored_router()
    for rule in RULES:
        if rule.id not in NO_TREE and (ROOTS / rule.id / "bad").is_dir():
            yield scored_rule(rule.id, folder)


def test_every_planted_fault_is_found_by_its_rule_and_nothing_else_alarms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(scores(tmp_path))
    planted = sum(len(row.planted) for row in rows)
    found = sum(len(row.found) for row in rows)
    besides = sum(len(row.besides) for row in rows)
    bare = [rule.id for rule in RULES if not (ROOTS / rule.id / "bad").is_dir()]
    with capsys.disabled():
        sys.stdout.write(
            f"\nplanted faults: {planted} in {len(rows)} trees; recall {found}/{planted} = {found / planted:.1%}, "
            f"precision {found}/{found + besides} = {found / (found + besides):.1%}"
            + (f"; rules without a bad root: {', '.join(bare)}" if bare else "")
            + "\n"
        )
    assert [(row.tree, row.planted - row.found) for row in rows if row.planted != row.found] == []
    assert [(row.tree, row.besides) for row in rows if row.besides] == []
    assert planted >= FEWEST
