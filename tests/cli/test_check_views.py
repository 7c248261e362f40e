"""Counts, groups, platforms, exemptions and assumptions as the command's users see them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.command import CLEAN, HELLO, ROUTER, elfkit
from tests.cli.test_escape import NAMES, spoil
from tests.cli.test_json import valid

FINDINGS = json.loads(elfkit("check", ROUTER, "--json").out)["findings"]


def test_statistics_count_findings_files_and_bytes_by_rule() -> None:
    document = valid("elfkit.statistics/1", elfkit("check", ROUTER, "--statistics", "--json").out)
    assert "findings" not in document
    rows = {row["rule"]: row for row in document["rules"]}
    for rule, row in rows.items():
        own = [finding for finding in FINDINGS if finding["rule"] == rule]
        paths = {path for finding in own for path in [finding["path"], *[o["path"] for o in finding["others"]]]}
        assert (row["findings"], row["files"]) == (len(own), len(paths))
        assert row["size"] == sum((ROUTER / path).stat().st_size for path in paths)
    assert sum(row["findings"] for row in rows.values()) == len(FINDINGS)
    shown = elfkit("check", ROUTER, "--statistics").text.splitlines()
    assert shown[0].split() == ["rule", "name", "severity", "findings", "files", "bytes"]
    assert [row.split()[0] for row in shown[1 : len(rows) + 1]] == sorted(rows)
    assert len({len(row) for row in shown[: len(rows) + 1]}) == 1
    assert shown[-1].startswith("Found ")


@pytest.mark.parametrize("view", [["--statistics"], ["--group-by", "rule"], ["--group-by", "file"]])
def test_no_view_changes_the_exit_code(view: list[str]) -> None:
    assert elfkit("check", ROUTER, *view).code == 1
    assert elfkit("check", CLEAN, *view).code == 0
    assert elfkit("check", "pyproject.toml", *view).code == 3
    assert elfkit("check", "missing", *view).code == 2


def test_groups_by_rule_and_by_file_show_every_finding() -> None:
    by_rule = elfkit("check", ROUTER, "--group-by", "rule").text
    by_file = elfkit("check", ROUTER, "--group-by", "file").text
    for finding in FINDINGS:
        assert by_rule.count(f"{finding['rule']} {finding['name']}]") == 1
        assert f"\n  {finding['path']}" in by_rule
        for path in [finding["path"], *[other["path"] for other in finding["others"]]]:
            block = re.search(rf"^{re.escape(path)}: .*(?:\n  .*)+", by_file, re.MULTILINE)
            assert block
            assert f"[{finding['rule']} {finding['name']}]  {finding['message']}" in block[0]
    assert by_rule.splitlines()[-1] == by_file.splitlines()[-1]


def test_grouping_leaves_json_alone() -> None:
    whole = elfkit("check", ROUTER, "--json").out
    assert elfkit("check", ROUTER, "--json", "--group-by", "file").out == whole


def test_platforms_are_listed_with_who_belongs_to_them() -> None:
    shown = elfkit("check", ROUTER, "--list-platforms").text.splitlines()
    assert shown[1].split() == ["platform", "loader", "programs", "libraries", "why"]
    assert re.fullmatch(
        r"  MIPS 32-bit big-endian o32 soft-float musl +/lib/ld-musl-mips-sf\.so\.1 -> lib/libc\.so +\d+ +\d+ "
        r" PID 1, sbin/init",
        shown[2],
    )
    document = valid("elfkit.platforms/1", elfkit("check", ROUTER, "--list-platforms", "--json").out)
    (platform,) = document["roots"][0]["platforms"]
    assert shown[2].split()[-5:-3] == [str(platform["programs"]), str(platform["libraries"])]
    ran = elfkit("check", ROUTER, "--list-platforms")
    assert (ran.code, ran.err) == (0, b"")
    assert elfkit("check", HELLO, "--list-platforms").text == "1 ELF file\n  no tree was named\n"


def test_a_folded_heading_says_how_many_others_there_are_and_how_big_all_are() -> None:
    shown = elfkit("check", ROUTER, "--select", "EK301").text.splitlines()[0]
    sizes = [(ROUTER / path).stat().st_size for path in ("usr/lib/httpd/mod_vpn.so", "usr/sbin/vpnd")]
    assert shown == (
        f"error[EK301 needed-missing] usr/lib/httpd/mod_vpn.so and 1 other file, {sum(sizes):,} bytes together"
    )


def test_every_finding_shows_what_suppresses_it() -> None:
    shown = elfkit("check", ROUTER).text
    assert shown.count("\n  suppress  --ignore ") == len(FINDINGS)
    assert "\n  suppress  --ignore EK201:usr/bin/clangtool:/lib/ld-musl-mips.so.1\n" in shown
    assert "\n  suppress  --ignore 'EK301:*:libnotthere.so.1'\n" in shown
    ran = elfkit("check", ROUTER, "--ignore", "EK201:usr/bin/clangtool:/lib/ld-musl-mips.so.1,EK301:*:libnotthere.so.1")
    assert ran.err == b""
    assert ran.text.count("\n  suppress  --ignore ") == len(FINDINGS) - 2


def test_what_fits_nothing_is_told_on_standard_error_and_is_no_error() -> None:
    ran = elfkit(
        "check",
        CLEAN,
        "--ignore",
        "EK301:opt/x",
        "--assume-present",
        "/mnt",
        "--assume-present",
        "libx.so",
        "--exclude",
        "/nowhere",
    )
    assert ran.code == 0
    assert ran.sentences == [
        "elfkit: --ignore EK301:opt/x: no finding fits it",
        "elfkit: --assume-present /mnt: nothing that is missing fits it",
        "elfkit: --assume-present libx.so: nothing that is missing fits it",
        "elfkit: --exclude /nowhere: nothing in the root fits it",
    ]
    ran = elfkit("check", ROUTER, "--select", "EK301", "--assume-present", "libnotthere.so*")
    assert (ran.code, ran.err) == (0, b"")


def test_what_is_excluded_is_named_in_the_summary_of_its_root() -> None:
    whole, part = elfkit("check", ROUTER), elfkit("check", ROUTER, "--exclude", "/usr/b*", "--exclude", "firmware")
    assert "\n  excluded  " not in whole.text
    assert "\n  excluded  lib/firmware, usr/bin: not judged\n" in part.text
    assert "usr/bin/" in whole.text
    assert "usr/bin/" not in part.text
    for view in ("--statistics", "--list-platforms"):
        assert "\n  excluded  usr/bin: not judged\n" in elfkit("check", ROUTER, "--exclude", "/usr/b*", view).text
    document = json.loads(elfkit("check", ROUTER, "--exclude", "/usr/b*", "--json").out)
    assert document["roots"][0]["summary"]["excluded"] == ["usr/bin"]


def test_a_directory_named_twice_is_checked_once(tmp_path: Path) -> None:
    once = json.loads(elfkit("check", ROUTER, "--json").out)
    (tmp_path / "link").symlink_to(ROUTER)
    twice = elfkit("check", ROUTER, f"{ROUTER}/", ROUTER / "usr" / "..", tmp_path / "link", "--json")
    assert json.loads(twice.out) == once


def test_sizes_and_users_of_a_leak_are_shown(tmp_path: Path) -> None:
    tree = Path(shutil.copytree(ROUTER, tmp_path / "tree", symlinks=True))
    (tree / "usr/bin/portal").write_text("#!/usr/bin/jq\n")
    shutil.copyfile(tree / "usr/bin/jq", tree / "usr/sbin/jq2")
    shown = elfkit("check", tree, "--select", "EK113").text
    size = (tree / "usr/bin/jq").stat().st_size
    assert f"and 1 other file, {2 * size:,} bytes together\n" in shown
    assert f"also  usr/sbin/jq2 ({size:,} bytes): e_machine" in shown
    assert "   used by  usr/bin/portal\n" in shown


@pytest.mark.parametrize(
    "view",
    [
        ["--statistics"],
        ["--group-by", "rule"],
        ["--group-by", "file"],
        ["--group-by", "file", "-v"],
        ["--list-platforms"],
    ],
)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_view_shows_a_name_as_it_is(tmp_path: Path, view: list[str], name: bytes) -> None:
    tree = Path(shutil.copytree(CLEAN, tmp_path / "tree", symlinks=True))
    spoil(tree, name)
    shown = elfkit("check", "tree", *view, cwd=tmp_path)
    assert shown.code in (0, 1)
    assert all(line.isprintable() for line in shown.text.split("\n"))
    assert json.loads(elfkit("check", "tree", *view, "--json", cwd=tmp_path).out)


@pytest.mark.parametrize("view", [[], ["-q"], ["--group-by", "file"], ["--group-by", "rule"], ["-v"]])
def test_of_several_roots_each_has_a_heading_above_its_findings(tmp_path: Path, view: list[str]) -> None:
    """Both roots hold files of the same paths: without the root nobody can tell which is meant."""
    roots = [tmp_path / "old", tmp_path / "new"]
    for root in roots:
        shutil.copytree(ROUTER, root, symlinks=True)
    (roots[1] / "usr/bin/jq").unlink()
    blocks = re.split(r"^in (.*):$", elfkit("check", *roots, *view).text, flags=re.MULTILINE)
    assert blocks[1::2] == list(map(str, roots))
    assert ["EK113" in block for block in blocks[2::2]] == [True, False]
    assert all("EK301" in block for block in blocks[2::2])
    assert not re.search(r"^in .*:$", elfkit("check", ROUTER, *view).text, re.MULTILINE)


def test_an_empty_root_beside_others_is_told_though_quiet(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = elfkit("check", CLEAN, tmp_path / "empty", "-q")
    assert ran.code == 0
    assert ran.err.decode() == f"elfkit: no ELF file in {tmp_path / 'empty'}\n"
    assert elfkit("check", CLEAN, "-q").err == b""


@pytest.mark.parametrize("option", ["--select", "--ignore"])
@pytest.mark.parametrize("value", ["", ",,", " , "])
def test_an_option_that_names_no_rule_is_refused(option: str, value: str) -> None:
    """What an unset variable leaves would select all rules, or ignore none."""
    ran = elfkit("check", CLEAN, f"{option}={value}")
    assert (ran.code, ran.text) == (2, "")
    assert f"{option}: it names no rule" in ran.err.decode()
