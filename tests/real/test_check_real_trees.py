"""`elfkit check` on trees that nobody here made: each error and warning it reports has its reason in `allowed.toml`.

The last of them are this machine's own /usr, of which nobody here knows what is installed in it, and its /, less what
the distribution does not put there.
"""

import json
import os
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
HOST = Root("host", "host", Path("/usr"))
WHOLE_HOST = Root(HOST.name, HOST.kind, Path("/"))
# Where a distribution has its programs and libraries, and what the kernel fills (FHS 3.0, 3 to 6). All else below /
# came later: homes, state, caches, downloads, whole other systems.
OF_SYSTEM = {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "sys", "usr"}
OF_OTHERS = ("/usr/local",)
SECONDS = {HOST.name: 600}  # it may have ten times the files of a root
SHOWN = 40
MACHINES = {"s390x": "s390", "ppc64le": "powerpc64", "riscv64": "riscv", "armv7l": "arm"}  # by their names in uname(2)


@dataclass(frozen=True, slots=True)
class Allowed:
    """One row of the list: shell patterns that must all match one file of a finding, and why it may stand."""

    rule: str
    root: str
    path: str
    subject: str
    reason: str

    def covers(self, root: str, finding: dict[str, Any], path: str) -> bool:
        pairs = ((self.rule, finding["rule"]), (self.root, root))
        named = ((self.path, path), (self.subject, finding["subject"] or ""))
        return all(fnmatchcase(text, pattern) for pattern, text in (*pairs, *named))


def allowed() -> list[Allowed]:
    rows = tomllib.loads(ALLOWED.read_text(encoding="utf-8")).get("allowed", [])
    return [
        Allowed(**{key: text for key, text in row.items() if key != "each"} | {"path": row["path"].replace("{}", item)})
        for row in rows
        for item in row.get("each", [""])
    ]


def can_be_stale(row: Allowed) -> bool:
    """Whether a row must match something: on the host only where it has files that the row is about."""
    return row.root != HOST.name or next(HOST.path.glob(row.path), None) is not None


@cache
def check(root: Root, excluded: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the command prints as JSON. Its exit code must fit it: 1 with errors, else 0."""
    command = [sys.executable, "-m", "elfkit_cli", "check", str(root.path), "--format", "json"]
    command += [argument for pattern in excluded for argument in ("--exclude", pattern)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS.get(root.name, 120))
    assert done.returncode in {0, 1}, done.stderr.decode("utf-8", "replace")
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == int(any(finding["severity"] == "error" for finding in document["findings"]))
    return document


def serious(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in document["findings"] if finding["severity"] != "note"]


def files(finding: dict[str, Any]) -> list[str]:
    return [shown["path"] or "" for shown in (finding, *finding["others"])]


def unreasoned(name: str, finding: dict[str, Any], rows: list[Allowed]) -> list[str]:
    """The files of a finding that no row covers: of one cause, one may be known and the next be new."""
    return [path for path in files(finding) if not any(row.covers(name, finding, path) for row in rows)]


def line(finding: dict[str, Any]) -> str:
    return f"{finding['rule']} {finding['path']}: {finding['subject']}: {finding['message']}"


def assert_all_have_their_reasons(root: Root, report: Callable[[str], None]) -> None:
    assert_reasons(root, check(root), report)


def assert_reasons(root: Root, document: dict[str, Any], report: Callable[[str], None]) -> None:
    rows = allowed()
    found = serious(document)
    left = [line(finding | {"path": paths[0]}) for finding in found if (paths := unreasoned(root.name, finding, rows))]
    by_severity = Counter(finding["severity"] for finding in document["findings"])
    counts = ", ".join(f"{count} {severity}" for severity, count in sorted(by_severity.items())) or "no findings"
    report(f"{root.name}, elfkit check: {counts}; {len(found) - len(left)} allowed, {len(left)} not")
    assert not left, "\n".join([*left[:SHOWN], f"... {len(left)} in all"])


def test_every_error_and_warning_of_a_real_tree_has_its_reason(root: Root, report: Callable[[str], None]) -> None:
    assert_all_have_their_reasons(root, report)


def cross_targets(tree: Root) -> list[Root]:
    """Each target's own folder, as a root of its own."""
    folders = sorted(path for path in (tree.path / "usr").iterdir() if "-linux-" in path.name)
    return [Root(f"{tree.name}/{path.name}", tree.kind, path) for path in folders]


def test_the_libraries_of_every_cross_package_are_clean(report: Callable[[str], None]) -> None:
    """Each target's own folder is the root that its cross compiler links in."""
    try:
        tree = fetch.obtain(fetch.LIBRARIES[0])
    except fetch.UnavailableError as reason:
        pytest.skip(f"{fetch.LIBRARIES[0].name}: {reason}")
    targets = cross_targets(tree)
    assert len(targets) > 20
    for target in targets:
        assert_all_have_their_reasons(target, report)


def test_every_error_and_warning_of_this_machine_s_own_usr_has_its_reason(report: Callable[[str], None]) -> None:
    assert_all_have_their_reasons(HOST, report)


def others_at_the_top() -> tuple[str, ...]:
    """What lies right below / and is no part of the system."""
    return tuple(sorted(f"/{name}" for name in os.listdir("/") if name not in OF_SYSTEM))


def below_usr(document: dict[str, Any]) -> dict[str, Any]:
    """A document of / with the paths that the one of /usr has: the list of reasons is about those."""

    def moved(shown: dict[str, Any]) -> dict[str, Any]:
        return shown | {"path": (shown["path"] or "").removeprefix("usr/")}

    findings = [moved(row) | {"others": [moved(other) for other in row["others"]]} for row in document["findings"]]
    return document | {"findings": findings}


def test_every_error_and_warning_of_this_machine_s_own_root_has_its_reason(report: Callable[[str], None]) -> None:
    """With what is mounted there: the kernel's file systems are passed over, PID 1 shows what the machine is."""
    excluded = (*others_at_the_top(), *OF_OTHERS)
    document = check(WHOLE_HOST, excluded)
    (root,) = document["roots"]
    assert {"dev", "proc", "sys"} <= {*root["summary"]["pseudo_file_systems"]}
    assert {path.strip("/") for path in others_at_the_top()} == {
        path for path in root["summary"]["excluded"] if "/" not in path
    }
    assert root["platforms"][0]["machine"] == MACHINES.get(os.uname().machine, os.uname().machine)
    assert root["summary"]["elf_files"] > 200  # sh, tar, dpkg... and libc.so.6: Debian's essential packages have more
    assert_reasons(WHOLE_HOST, below_usr(document), report)


def test_one_known_file_does_not_excuse_the_others_of_its_finding() -> None:
    rows = [Allowed("EK101", "host", "lib/perf-core/*", "*", "because it is a test")]
    finding = {"rule": "EK101", "subject": "x86", "path": "lib/perf-core/a", "others": [{"path": "bin/b"}]}
    assert unreasoned("host", finding, rows) == ["bin/b"]
    assert unreasoned("root-armhf", finding, rows) == ["lib/perf-core/a", "bin/b"]


def test_every_allowed_row_still_matches_something() -> None:
    trees = fetch.fetched()
    lacking = sorted({row.name for row in fetch.ROWS} - {tree.name for tree in trees})
    if lacking:
        pytest.skip(f"not on this disk: {', '.join(lacking)}")
    targets = cross_targets(fetch.obtain(fetch.LIBRARIES[0]))
    found = [(tree.name, finding) for tree in (*trees, *targets, HOST) for finding in serious(check(tree))]
    rows = [row for row in allowed() if can_be_stale(row)]
    seen = [(name, finding, path) for name, finding in found for path in files(finding)]
    stale = [row for row in rows if not any(row.covers(*shown) for shown in seen)]
    assert not stale, "\n".join(map(str, stale))


@pytest.mark.parametrize(
    "path", ["lib/x86_64-linux-gnu/libz.so.1", "lib/gcc/x/libgcc.so", "bin/x", "opt/mips-linux-gnu/lib/x"]
)
def test_no_row_excuses_the_host_s_own_files(path: str) -> None:
    finding = {"rule": "EK101", "subject": "MIPS 32-bit", "path": path, "others": []}
    assert unreasoned(HOST.name, finding, allowed()) == [path]


def test_every_allowed_row_says_why() -> None:
    assert all(len(row.reason.split()) > 3 for row in allowed())
