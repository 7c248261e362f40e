"""A few hundred mutants on every run of the suite; `make hostile` tries 100,000 and more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.hostile.campaign import Row, Tally, main, report
from tests.hostile.headers import NUMBERS, Differences
from tests.hostile.mutants import mutant
from tests.hostile.structures import having, seeds
from tests.needs import needs

SORTS = {"Ehdr", "Phdr", "Shdr", "Dyn", "Sym", "Hash", "Gnu hash", "Hash words", "Gnu hash words", "Rel", "Rela", "Plt"}
SORTS |= {"Nhdr", "Versym", "vn record", "vna record", "vd record", "vda record", "Relr", "Packed", "e_ident"}


@needs("readelf")
def test_mutants_give_an_answer_or_one_error_in_time() -> None:
    command = [sys.executable, "-m", "tests.hostile.campaign", "--count", "300", "--seed", "2026"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_every_sort_of_record_is_damaged() -> None:
    assert set(having()) == SORTS


def test_the_same_numbers_give_the_same_mutant() -> None:
    assert mutant(1, 7) == mutant(1, 7)
    assert len({mutant(1, number).content for number in range(100)}) > 90
    assert mutant(1, 7).content != mutant(2, 7).content


def test_seeds_have_boundaries_within_them() -> None:
    assert all(0 <= edge <= len(seed.content) for seed in seeds() for edge in seed.boundaries)


ROW = Row(1, "1/1 hello: cut", intact=True, image=True, outcome="ok", details={}, seconds=0.1, slowest="facts")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (ROW, 0),
        (ROW._replace(intact=False, image=False, outcome="refused"), 0),
        (ROW._replace(image=False, outcome="refused"), 1),  # not one of a hundred gives an Image
        (ROW._replace(outcome="untyped"), 1),
        (ROW._replace(outcome="hang"), 1),
        (ROW._replace(seconds=1.5), 1),
    ],
)
def test_what_passes_a_bound_ends_a_run_with_1(row: Row, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    tally.add(row)
    assert report(tally, Differences(), most=1) == code
    assert ("1/1 hello" in capsys.readouterr().out) == (row.outcome in ("untyped", "hang") or row.seconds > 1)


@needs("readelf")
def test_a_field_that_differs_from_readelfs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUMBERS, "Flags", "entry")
    assert main(["--count", "20", "--seed", "3"]) == 1
