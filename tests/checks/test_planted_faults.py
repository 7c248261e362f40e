"""Precision and recall: what was planted is found by its rule, in its file, as bad as it is, and nothing else alarms.

One tree for each rule of the registry, with `fixtures/rules.planted.csv`, and the router with its own table of faults.
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
from elfkit.checks.registry import RULES
from elfkit.checks.report import Report
from elfkit.limits import DEFAULT_LIMITS
from tests.elfwriter import build
from tests.firmware.plants import FIXTURES, library

DT_RELACOUNT = 0x6FFFFFF9
ROOTS, ROUTER = FIXTURES / "rules", FIXTURES / "trees/router"
FEWEST = 40
# EK904 needs --target (tests/checks/test_rules_target.py); EK907 a defect of elfkit (tests/checks/test_engine.py).
NO_TREE = {"EK904", "EK907"}


class Plant(NamedTuple):
    """A fault and what must be said of it: by which rule, of which file, about what, how bad it is."""

    rule: str
    path: str
    subject: str
    severity: str


class Score(NamedTuple):
    """The plants of one tree, what was found of them, and what else was found at warning or above, or by their rule."""

    tree: str
    planted: set[Plant]
    found: set[Plant]
    besides: set[Plant]


def planted_in(table: Path) -> list[Plant]:
    with table.open(encoding="utf-8", newline="") as rows:
        return [Plant(**row) for row in csv.DictReader(rows)]


PLANTED = planted_in(FIXTURES / "rules.planted.csv")


USUAL = tuple(rule.id for rule in RULES if not rule.opt_in)


def spoil(rule: str, tree: Path) -> None:
    """Make what git cannot hold: see the README.txt of these fixtures."""
    if rule == "EK009":
        os.mkfifo(tree / "var-fifo")
    elif rule == "EK012":
        entries = DEFAULT_LIMITS.dynamic_entries + 1
        (tree / "lib/libmuch.so").write_bytes(build(replace(library(), tags=((DT_RELACOUNT, 0),) * entries)))
    elif rule == "EK511":
        (tree / "usr/bin/tool").chmod(0o4755)


def told(report: Report) -> set[Plant]:
    return {Plant(f.rule, path, f.subject, f.severity.word) for f in report.findings for path in f.paths}


def scored(tree: str, planted: set[Plant], found: set[Plant]) -> Score:
    own = {plant.rule for plant in planted}
    return Score(
        tree,
        planted,
        planted & found,
        {plant for plant in found - planted if plant.severity != "note" or (plant.rule in own and tree != ROUTER.name)},
    )


def scored_rule(rule: str, folder: Path) -> Score:
    tree = Path(shutil.copytree(ROOTS / rule / "bad", folder / rule, symlinks=True))
    spoil(rule, tree)
    return scored(rule, {plant for plant in PLANTED if plant.rule == rule}, told(check(tree, select=[*USUAL, rule])))


def scored_router() -> Score:
    return scored(ROUTER.name, {*planted_in(FIXTURES / "trees/router.planted.csv")}, told(check(ROUTER)))


def scores(folder: Path) -> Iterator[Score]:
    yield scored_router()
    for rule in RULES:
        if rule.id not in NO_TREE and (ROOTS / rule.id / "bad").is_dir():
            yield scored_rule(rule.id, folder)


def test_every_rule_has_its_plant_in_its_bad_root() -> None:
    """A rule with a bad root and no row in the table would not be scored at all."""
    bad = {rule.id for rule in RULES if (ROOTS / rule.id / "bad").is_dir()}
    assert {plant.rule for plant in PLANTED} == bad - NO_TREE


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
