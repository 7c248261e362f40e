"""--ignore RULE:path:subject: what every finding shows takes out that finding, and no other."""

import shutil
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.checks.exemptions import exemption, split_ignored
from elfkit.checks.finding import Finding
from elfkit.checks.registry import RULES
from elfkit.checks.report import Report
from elfkit.errors import SelectionError
from tests.firmware.plants import FIXTURES, grow, program, router

TREES = [
    FIXTURES / "trees/router",
    *[path for rule in RULES if (path := FIXTURES / "rules" / rule.id / "bad").is_dir()],
]


def keys(report: Report) -> list[tuple[str, tuple[str, ...], str]]:
    return [(finding.rule, finding.paths, finding.fingerprint) for finding in report.findings]


@pytest.mark.parametrize("tree", TREES, ids=lambda path: path.parent.name)
def test_what_a_finding_shows_suppresses_exactly_this_finding(tree: Path) -> None:
    report = check(tree)
    for number, finding in enumerate(report.findings):
        without = check(tree, ignore=[finding.suppress])
        assert keys(without) == [key for at, key in enumerate(keys(report)) if at != number], finding.suppress
        assert without.idle_ignores == ()


def only(tree: Path, ignore: str) -> list[Finding]:
    return list(check(tree, select=["EK301"], ignore=[ignore]).findings)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    needs_both = program("liba.so", "libb.so")
    return grow(
        tmp_path / "tree", router({"usr/bin/one": needs_both, "opt/app/two": needs_both, "bin/x": "-> ../opt/app/two"})
    )


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("EK301:usr/bin/one", {"liba.so": ["opt/app/two"], "libb.so": ["opt/app/two"]}),
        ("EK301:/usr/bin/one:liba.so", {"liba.so": ["opt/app/two"], "libb.so": ["opt/app/two", "usr/bin/one"]}),
        ("EK301::liba.so", {"libb.so": ["opt/app/two", "usr/bin/one"]}),
        ("needed-missing:opt/*", {"liba.so": ["usr/bin/one"], "libb.so": ["usr/bin/one"]}),
        ("EK3:*", {}),
        ("EK3:*:lib?.so", {}),
        ("EK301:bin/x", {"liba.so": ["usr/bin/one"], "libb.so": ["usr/bin/one"]}),
        ("EK302:*", {"liba.so": ["opt/app/two", "usr/bin/one"], "libb.so": ["opt/app/two", "usr/bin/one"]}),
    ],
)
def test_a_pattern_takes_out_what_it_fits(tree: Path, ignore: str, left: dict[str, list[str]]) -> None:
    assert {finding.subject: list(finding.paths) for finding in only(tree, ignore)} == left


def test_an_entry_that_fits_nothing_is_told_if_its_rule_ran(tree: Path) -> None:
    entries = ["EK301:nowhere", "EK301:usr/bin/one", "EK501:*"]
    assert check(tree, select=["EK301"], ignore=entries).idle_ignores == ("EK301:nowhere",)
    assert "EK501:*" in check(tree, ignore=entries).idle_ignores


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SelectionError):
        split_ignored(["EK999:usr/bin/x"])


@pytest.mark.parametrize(
    ("path", "subject", "expected"),
    [
        ("usr/bin/a", "s", "EK301:usr/bin/a:s"),
        ("usr/bin/a", "", "EK301:usr/bin/a"),
        ("", "s", "EK301:*:s"),
        ("a*b?[c]", "x,y", "EK301:a[*]b[?][[]c]:x?y"),
        ("with:colon", "a:b", "EK301:with?colon:a:b"),
        ("line\nbreak\udcff", "\x1b", "EK301:line?break?:?"),
    ],
)
def test_what_patterns_and_the_shell_would_misread_is_masked(path: str, subject: str, expected: str) -> None:
    assert exemption("EK301", [path], subject, subject) == expected
    assert exemption("EK301", [path, "b"], subject, "why, so") == "EK301:*:why? so"


def test_odd_names_are_suppressed_as_well(tmp_path: Path) -> None:
    for name in ("a,b", "a*b", "a:b", "[x]", "a\nb", "a\udcffb", " a"):
        tree = grow(
            tmp_path / name.encode("utf-8", "surrogateescape").hex(), router({f"usr/bin/{name}": program("lib,1:2.so")})
        )
        (finding,) = check(tree, select=["EK301"]).findings
        assert only(tree, finding.suppress) == []
        shutil.rmtree(tree)
