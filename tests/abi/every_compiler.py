"""All rows of flags.csv, whatever compiler they ask for: make test-abi. A compiler that is missing is a failure."""

from __future__ import annotations

import pytest

from tests.abi.flags import Compiled, Row, compiled, lacking, rows, told

ROWS = rows()
each = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    absent = lacking(ROWS)
    return compiled((row for row in ROWS if row.compiler not in absent), tmp_path_factory.mktemp("flags"))


def test_every_compiler_is_there() -> None:
    packages = sorted(set(lacking(ROWS).values()))
    assert not packages, f"missing: {' '.join(packages)}"


@each
def test_a_file_says_what_its_compiler_was_told(row: Row, files: dict[str, Compiled]) -> None:
    assert row.name in files, f"no {row.compiler}"
    assert told(files[row.name].whole) == row.whole


@each
def test_without_section_headers_it_says_the_same_or_less(row: Row, files: dict[str, Compiled]) -> None:
    assert row.name in files, f"no {row.compiler}"
    assert told(files[row.name].cut) == row.cut
