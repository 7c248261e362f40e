"""The fixtures of all machines without their section tables, rebuilt: what linkers read comes back in all fields."""

from pathlib import Path

import pytest

from benchmarks.fidelity_measure import measure
from benchmarks.fidelity_rows import STATED
from tests.needs import needs

MACHINES = Path(__file__).parents[2] / "fixtures" / "machines"
PATHS = sorted(
    path for name in ("hello", "hello-pie", "libgreet.so", "static-pie") for path in MACHINES.glob(f"*/{name}")
)

LLD = {".gnu.hash": "entsize"}
"""lld linked the fixtures: of the 32-bit class it writes 0, where ld and gold write 4."""


@needs("nm", "readelf", "eu-elflint")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_fixture_is_rebuilt_as_its_own_table_was(path: Path, tmp_path: Path) -> None:
    found = measure(path, tmp_path)
    assert found is not None
    assert found.refused == ""
    assert (found.counted, found.kept, found.bare[0], found.revived) == (True, True, 0, True)
    stated = [verdict for verdict in found.comparison.verdicts if verdict.kind.label in STATED]
    assert {verdict.real.name for verdict in stated} >= {".dynsym", ".dynstr", ".dynamic"}
    assert {verdict.real.name: verdict.difference for verdict in stated if not verdict.right} in ({}, LLD)
    assert {name: judged.fresh for name, judged in found.judged.items() if judged.fresh} == {}


def test_every_machine_has_its_fixtures() -> None:
    assert {path.parent.name for path in PATHS} == {path.name for path in MACHINES.iterdir() if path.is_dir()} - {"src"}
