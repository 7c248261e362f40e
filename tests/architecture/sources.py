"""The project's own Python files and their syntax trees."""

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """Every Python file below these folders of the repository, relative to it."""
    found = (path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(sorted(path for path in found if "trees" not in path.parts))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_bytes(), filename=str(path))


@cache
def line_count(path: Path) -> int:
    return len((ROOT / path).read_bytes().splitlines())


@cache
def project() -> dict[str, Any]:
    """pyproject.toml as a value."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
