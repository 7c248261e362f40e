"""`elfkit check` on trees that nobody here made: each error it reports has its reason in `allowed.toml`."""

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.real import fetch
from tests.real.fetch import Root

ALLOWED = Path(__file__).with_name("allowed.toml")
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Allowed:
    """One row of the list: shell patterns that must all match a finding, and why it may stand."""

    rule: str
    root: str
    path: str
    subject: str
    reason: str

    def covers(self, root: str, finding: dict[str, Any]) -> bool:
        pairs = ((self.rule, finding["rule"]), (self.root, root))
        named = ((self.path, finding["path"] or ""), (self.subject, finding["subject"] or ""))
        return all(fnmatchcase(text, pattern) for pattern, text in (*pairs, *named))


def allowed() -> list[Allowed]:
    rows = tomllib.loads(ALLOWED.read_text(encoding="utf-8")).get("allowed", [])
    return [Allowed(**row) for row in rows]


@cache
def check(root: Root) -> dict[str, Any]:
    """What the command prints as JSON. Its exit code must fit it: 1 with errors, else 0."""
    command = [sys.executable, "-m", "elfkit_cli", "check", str(root.path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert done.returncode in {0, 1}, done.stderr.decode("utf-8", "replace")
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == int(bool(errors(document)))
    return document


def errors(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in document["findings"] if finding["severity"] == "error"]


def line(finding: dict[str, Any]) -> str:
    return f"{finding['rule']} {finding['path']}: {finding['subject']}: {finding['message']}"


def test_every_error_of_a_real_tree_has_its_reason(root: Root, report: Callable[[str], None]) -> None:
    document, rows = check(root), allowed()
    found = errors(document)
    left = [line(finding) for finding in found if not any(row.covers(root.name, finding) for row in rows)]
    by_severity = Counter(finding["severity"] for finding in document["findings"])
    counts = ", ".join(f"{count} {severity}" for severity, count in sorted(by_severity.items())) or "no findings"
    report(f"{root.name}, elfkit check: {counts}; {len(found) - len(left)} errors allowed, {len(left)} not")
    assert not left, "\n".join([*left[:SHOWN], f"... {len(left)} in all"])


def test_every_allowed_row_still_matches_something() -> None:
    trees = fetch.fetched()
    lacking = sorted({row.name for row in fetch.ROWS} - {tree.name for tree in trees})
    if lacking:
        pytest.skip(f"not on this disk: {', '.join(lacking)}")
    found = [(tree.name, finding) for tree in trees for finding in errors(check(tree))]
    stale = [row for row in allowed() if not any(row.covers(name, finding) for name, finding in found)]
    assert not stale, "\n".join(map(str, stale))


def test_every_allowed_row_says_why() -> None:
    assert all(len(row.reason.split()) > 3 for row in allowed())
