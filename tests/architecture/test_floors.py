"""The import contracts of pyproject.toml hold, and each of them breaks when it should."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, project

CONTRACTS = project()["tool"]["importlinter"]["contracts"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of both packages under their installed names, to be spoiled."""
    shutil.copytree(ROOT / "elfkit", tmp_path / "elfkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "cli", tmp_path / "elfkit_cli", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept(house: Path) -> None:
    result = lint_imports(house)
    assert result.returncode == 0, result.stdout + result.stderr
    for contract in CONTRACTS:
        assert f"{contract['name']} KEPT" in result.stdout


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("floors", "elfkit/formats/__init__.py", "from elfkit import tables"),
        ("floors", "elfkit/abi/__init__.py", "from elfkit import firmware"),
        ("floors", "elfkit/facts/__init__.py", "def late() -> None:\n    from elfkit import checks"),
        ("library-command", "elfkit/checks/__init__.py", "import elfkit_cli"),
        ("construct", "elfkit/image/__init__.py", "from construct.core import Struct"),
        ("construct", "elfkit_cli/__init__.py", "import construct"),
        ("numpy", "elfkit/facts/__init__.py", "import numpy"),
        ("numpy", "elfkit/checks/__init__.py", "import numpy.typing"),
        ("rich", "elfkit/checks/__init__.py", "import rich"),
        ("witnesses", "elfkit/tables/__init__.py", "import lief"),
        ("witnesses", "elfkit_cli/__init__.py", "from elftools.elf import elffile"),
    ],
)
def test_a_contract_breaks_when_it_should(house: Path, contract: str, module: str, line: str) -> None:
    name = next(row["name"] for row in CONTRACTS if row["id"] == contract)
    with (house / module).open("a") as file:
        file.write(f"\n{line}\n")
    result = lint_imports(house)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{name} BROKEN" in result.stdout


def test_a_room_that_no_floor_lists_breaks_the_layers(house: Path) -> None:
    (house / "elfkit" / "attic.py").write_text("")
    result = lint_imports(house)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "attic" in result.stdout
