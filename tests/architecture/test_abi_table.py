"""The README's table of what is left without section headers: renewed, and true of what compilers made."""

from pathlib import Path

import pytest

from docs import abi_table
from elfkit.abi.machines import MACHINES, Machine
from tests.abi.flags import Row, rows
from tests.architecture.sources import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
# where a triplet does not begin with the key of the machine's row
KEYS = {"x86": "i386", "powerpc64le": "powerpc64", "thumbeb": "arm", "sh4": "sh", "s390x": "s390"}
FAMILIES = ("mips", "riscv", "loongarch")
each = pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)


def cells_of(row: Row) -> abi_table.Cells:
    key = KEYS.get(row.machine) or next((name for name in FAMILIES if row.machine.startswith(name)), row.machine)
    (machine,) = [found for found in MACHINES if found.key == key]
    return abi_table.cells(machine)


def test_it_is_written_from_the_rows_of_the_machines() -> None:
    assert abi_table.renewed(README) == README, "run: make abi-table"


def test_a_stale_one_is_noticed_and_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(README.replace("| RISC-V |", "| RISC-6 |"), encoding="utf-8")
    monkeypatch.setattr(abi_table, "README", readme)
    assert abi_table.main(["--check"]) == 1
    assert capsys.readouterr().out == "README.md: its table of ABIs is stale, make abi-table writes it again\n"
    assert abi_table.main([]) == 0
    assert readme.read_text(encoding="utf-8") == README


@each
def test_what_it_calls_lost_was_lost_and_nothing_else(row: Row) -> None:
    cells = cells_of(row)
    assert row.lost("float_abi") == ("lost" in cells.float_abi and row.whole.float_abi != "unknown")
    assert not row.lost("variant")
    if row.lost("isa"):
        assert "lost" in cells.isa


@each
def test_the_one_way_of_a_machine_is_no_float_abi(row: Row) -> None:
    assert (row.whole.float_abi == "none") == (cells_of(row).float_abi == "one way")


@each
def test_a_level_that_it_calls_kept_is_told_by_the_cut_file(row: Row) -> None:
    cells = cells_of(row)
    if "lost" not in cells.isa and cells.isa != abi_table.NOTHING:
        assert row.cut.isa == row.whole.isa


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.key)
def test_only_a_machine_with_swapped_code_speaks_of_it(machine: Machine) -> None:
    """BE8 is a way of ARM alone (aaelf32, "ELF header")."""
    assert ("BE8" in abi_table.cells(machine).isa) is (machine.key == "arm")
