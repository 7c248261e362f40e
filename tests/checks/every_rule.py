"""Checks of roots grown in a temporary folder by every rule there is."""

from collections.abc import Mapping
from pathlib import Path

from elfkit.checks.check import check
from elfkit.checks.report import Report
from tests.checks.judging import told
from tests.firmware.plants import Content, grow


def checked(root: Path, plan: Mapping[str, Content]) -> Report:
    return check(grow(root, plan))


def said(root: Path, plan: Mapping[str, Content], rule: str) -> dict[str, str]:
    """What one rule says of a root: severity by path."""
    return {path: word for (found, path), word in told(checked(root, plan)).items() if found == rule}
