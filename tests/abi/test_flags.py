"""Compiler flags to float ABI, ABI variant and ISA: the rows of flags.csv whose compilers CI has.

All rows: make test-abi. They need compilers that CI does not install.
"""

from __future__ import annotations

import pytest

from tests.abi.flags import Compiled, Row, compiled, rows, told
from tests.needs import needs
from tests.tools import TOOLS, missing

ROWS = rows()
IN_CI = tuple(row for row in ROWS if row.compiler in {tool.name for tool in TOOLS})
LOSE_FLOAT = {"powerpc", "powerpc64", "powerpc64le"}  # .gnu.attributes
LOSE_ISA = {"arm", "thumbeb", "powerpc", "s390x"}
each = pytest.mark.parametrize("row", [pytest.param(row, marks=needs(row.compiler), id=row.name) for row in IN_CI])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    return compiled((row for row in IN_CI if not missing(row.compiler)), tmp_path_factory.mktemp("flags"))


@each
def test_a_file_says_what_its_compiler_was_told(row: Row, files: dict[str, Compiled]) -> None:
    assert told(files[row.name].whole) == row.whole


@each
def test_without_section_headers_it_says_the_same_or_less(row: Row, files: dict[str, Compiled]) -> None:
    assert told(files[row.name].cut) == row.cut


def test_the_table_has_no_row_twice_and_ci_has_a_good_part_of_it() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 80
    assert len(IN_CI) >= 60


def test_what_is_lost_with_the_section_headers_is_what_only_a_section_held() -> None:
    losing = [row for row in ROWS if row.whole != row.cut]
    changed = {(row.machine, field) for row in losing for field in row.whole._fields if row.lost(field)}
    expected = {(machine, "float_abi") for machine in LOSE_FLOAT} | {(machine, "isa") for machine in LOSE_ISA}
    assert changed == expected
