"""A part of `make test-oracle`: four loaders, and of each kind of failure one scenario."""

import pytest

from tests.needs import needs
from tests.oracle.parts import Scenario
from tests.oracle.running import Observed
from tests.oracle.table import SCENARIOS, Cell, judge
from tests.oracle.targets import GLIBC, TARGETS, WITHOUT_ZIG, Target

PART = (GLIBC[0], GLIBC[1], GLIBC[3], WITHOUT_ZIG)
CHOSEN = (
    ("missing library", "needed by a library"),
    ("RPATH and RUNPATH", "RUNPATH is not inherited in glibc"),
    ("$ORIGIN", "a library through a link: its origin is the link's folder"),
    ("wrong float ABI", "no other of that name"),
    ("shadowing", "of another class before the right one"),
    ("shadowing", "a text in /lib, the right one in /usr/lib"),
    ("not searched", "in /lib64 of a loader that has no such directory"),
    ("TLS", "of a library, gone from another"),
    ("missing version", "the library has no DT_VERSYM"),
    ("needed with a slash", "one of that name in /usr/lib is no help"),
    ("built-in names", "a library of that name is there and never read"),
    ("ld-musl path file", "takes the place of the default directories"),
    ("ld.so.conf include", "compiled into the cache"),
    ("missing symbol, lazy", "of the program, called in one case"),
    ("missing version", "the symbol is there under another version"),
    ("copy relocation", "the variable is gone"),
    ("plugin", "uses what the program does not export"),
)
KINDS = {row.kind for row in SCENARIOS}


def _cases() -> list[object]:
    rows = {(row.kind, row.name): row for row in SCENARIOS}
    pairs = [(rows[key], target) for key in CHOSEN for target in PART if rows[key].suits(target)]
    return [
        pytest.param(row, target, marks=needs(*target.tools), id=f"{target.name}-{row.kind}-{row.name}")
        for row, target in pairs
    ]


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("ELFKIT_ORACLE", str(tmp_path_factory.getbasetemp() / "oracle"))


@pytest.mark.parametrize(("scenario", "target"), _cases())
def test_the_loader_does_what_the_row_says_and_elfkit_foretells(scenario: Scenario, target: Target) -> None:
    observed, foretold = judge(scenario, target)
    cell = Cell(scenario, target, observed, foretold)
    assert cell.as_written, observed
    assert cell.foretold, (observed, foretold)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_asked_of_both_c_libraries(kind: str) -> None:
    rows = [row for row in SCENARIOS if row.kind == kind]
    for libc in ("glibc", "musl"):
        assert any(row.suits(target) for row in rows for target in TARGETS if target.libc == libc), libc


def test_there_are_as_many_scenarios_and_failures_as_were_promised() -> None:
    assert len({(row.kind, row.name) for row in SCENARIOS}) == len(SCENARIOS) >= 60
    assert len(TARGETS) >= 8
    assert sum(not row.ends(target).startswith("runs") for row in SCENARIOS for target in TARGETS[:1]) >= 25


@pytest.mark.parametrize("other", ["start library libb.so", "call library liba.so", "runs", "start symbol liba.so"])
def test_another_stage_name_or_sort_is_a_difference(other: str) -> None:
    row = next(row for row in SCENARIOS if row.glibc == "start library liba.so")
    assert Cell(row, GLIBC[0], Observed(row.glibc, ""), row.glibc).foretold
    assert not Cell(row, GLIBC[0], Observed(other, ""), row.glibc).foretold
