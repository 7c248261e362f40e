"""Real files whose section table is known, without it, and rebuilt: the bars of benchmarks/fidelity hold.

Every library of Debian's cross packages (one folder for each machine) and every program of the foreign roots, of
these a sample. `make bench` measures all libraries of all machines.
"""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.fidelity import in_turns
from benchmarks.fidelity_measure import Measured, measure
from benchmarks.fidelity_summary import by_kind, missed, of, whole_files
from tests.needs import needs
from tests.real.fetch import Root

pytestmark = needs("readelf", "nm", "eu-elflint")

SAMPLE = 120
"""Files of a root: it has 1,200, from the same linker."""


@pytest.fixture(scope="session")
def measured(root: Root, tmp_path_factory: pytest.TempPathFactory) -> list[Measured]:
    folder = tmp_path_factory.mktemp("rebuilt")
    found = (measure(path, folder) for path in in_turns(root.path, ()))
    files = (file for file in found if file is not None)
    return list(islice(files, SAMPLE) if root.kind == "root" else files)


def test_what_is_rebuilt_equals_what_was_lost(
    root: Root, measured: list[Measured], report: Callable[[str], None]
) -> None:
    report(f"{root.name}, section tables rebuilt of {len(measured):,} files:")
    lines = [line.strip("| ").replace(" | ", ": ") for line in whole_files(measured).splitlines()[2:]]
    kinds = by_kind(measured).items()
    exact = [verdict for _, verdicts in kinds for verdict in verdicts if verdict.kind.exact]
    lines.append(f"sections that are stated or derived, all fields: {of(sum(v.right for v in exact), len(exact))}")
    for line in lines:
        report(f"    {line}")
    assert missed(measured) == []


def test_no_file_was_passed_over(root: Root, measured: list[Measured]) -> None:
    libraries = [path for path in Path(root.path).rglob("*.so*") if path.is_file() and not path.is_symlink()]
    assert len(measured) >= min(len(libraries), SAMPLE) * 0.9
