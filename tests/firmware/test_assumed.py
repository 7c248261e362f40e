"""--assume-present: what is not in the root and will be there at run time is no finding of any rule."""

from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.firmware.assumed import Assumptions
from elfkit.firmware.paths import Ending, Paths
from tests.firmware.plants import grow, program, router

PATHS = (
    frozenset({"", "lib", "usr", "usr/lib"}),
    frozenset({"usr/lib/libc.so"}),
    {"lib64": "usr/lib", "mnt": "/data/mnt"},
)


@pytest.mark.parametrize(
    ("pattern", "path", "assumed"),
    [
        ("/mnt/data", "mnt/data", True),
        ("/mnt/data", "mnt/data/usr/bin/x", True),
        ("mnt/data/", "mnt/data/x", True),
        ("/mnt/data", "mnt", False),
        ("/mnt/data", "mnt/database", False),
        ("/opt/*/lib", "opt/a/b/lib/c", True),
        ("libnvram.so", "usr/lib/libnvram.so", True),
        ("libnvram.so", "usr/lib/libnvram.so.1", False),
        ("libnv*", "usr/lib/libnvram.so.1", True),
        ("mnt", "mnt/x", False),
        ("./x", "x", True),
        ("./x", "y/x", False),
        ("./mnt//data/.", "mnt/data/x", True),
        ("opt/../mnt/*.so", "mnt/a.so", True),
        ("LIBNVRAM.so", "lib/libnvram.so", False),
    ],
)
def test_a_path_stands_for_what_is_below_it_and_a_name_for_itself(pattern: str, path: str, *, assumed: bool) -> None:
    assumptions = Assumptions([pattern])
    assert assumptions.cover(path) is assumed
    assert assumptions.unused == (() if assumed else (pattern,))


@pytest.mark.parametrize(
    ("pattern", "path", "place"),
    [
        ("/usr/lib/new.so", "/usr/lib/new.so", "usr/lib/new.so"),
        ("/usr/lib/new.so", "/lib64/new.so", "usr/lib/new.so"),  # where the link leads
        ("/lib64/new.so", "/lib64/new.so", "usr/lib/new.so"),  # as it was asked for
        ("/data", "/mnt/app/x", "data/mnt/app/x"),
        ("/usr/lib/new.so", "/usr/lib/../lib/./new.so", "usr/lib/new.so"),
    ],
)
def test_links_are_followed_first(pattern: str, path: str, place: str) -> None:
    directories, others, links = PATHS
    followed = Paths(directories, others, links, assumed=Assumptions([pattern])).follow(path)
    assert (followed.path, followed.ending) == (place, Ending.ASSUMED)
    assert Paths(directories, others, links).follow(path).path is None


def told(root: Path, *assumed: str) -> list[str]:
    report = check(root, select=["EK201", "EK203", "EK301", "EK302", "EK316"], assume_present=assumed)
    assert report.idle_assumptions == ()
    return [finding.rule for finding in report.findings]


def test_no_rule_calls_missing_what_is_assumed(tmp_path: Path) -> None:
    root = grow(
        tmp_path / "root",
        router(
            {
                "usr/bin/a": program("libnvram.so"),
                "usr/bin/b": program(interpreter="/mnt/ld.so.1"),
                "usr/lib/libx.so.1": "-> /mnt/libx.so.1.0",
                "usr/bin/c": b"#!/mnt/bin/perl\n",
            }
        ),
    )
    assert {*told(root)} >= {"EK201", "EK301"}
    assert told(root, "libnvram.so", "/mnt") == []
    summary = check(root, assume_present=["/mnt"]).roots[0]
    assert summary.scripts_without_interpreter == ()


def test_what_is_there_goes_before_what_is_assumed(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router({"usr/bin/a": program("libx.so.9"), "usr/lib/libx.so.9": b"no ELF file"}))
    plain = check(root, select=["EK3"])
    assumed = check(root, select=["EK3"], assume_present=["/nowhere"])
    assert plain.findings
    assert [finding.message for finding in plain.findings] == [finding.message for finding in assumed.findings]
    assert assumed.idle_assumptions == ("/nowhere",)
