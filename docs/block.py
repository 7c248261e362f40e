"""A part of the README between two marks, which a script of this folder writes again."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def replaced(text: str, begin: str, end: str, content: Callable[[str], str]) -> str:
    """Return ``text`` with what stands between the two marks handed to ``content`` and replaced by its answer."""
    before, opened, rest = text.partition(begin)
    old, closed, after = rest.partition(end)
    if not (opened and closed):
        raise SystemExit(f"README.md lacks {begin} or {end}")
    return f"{before}{begin}{content(old)}{end}{after}"


def refresh(
    readme: Path, renewed: Callable[[str], str], arguments: list[str] | None, *, module: str, what: str, target: str
) -> int:
    """Write the README anew; with --check among ``arguments`` change nothing, and return 1 if it is stale."""
    parser = argparse.ArgumentParser(prog=f"python -m docs.{module}")
    parser.add_argument("--check", action="store_true", help=f"change nothing, exit 1 if the {what} is stale")
    check = parser.parse_args(arguments).check
    text = readme.read_text(encoding="utf-8")
    wanted = renewed(text)
    if text == wanted:
        return 0
    if check:
        print(f"README.md: its {what} is stale, make {target} writes it again")
        return 1
    readme.write_text(wanted, encoding="utf-8")
    return 0
