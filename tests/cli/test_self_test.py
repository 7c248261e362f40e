"""`elfkit rebuild-sections --self-test`: counts of what would be found again, by section name."""

import shutil
from pathlib import Path

import pytest

from tests.cli.command import MACHINES, ROOT, Ran, elfkit
from tests.cli.test_json import valid

WHOLE = [path for path in MACHINES if path.name == "libgreet.so"]
X86_64 = ROOT / "fixtures/machines/x86_64"


def self_tested(*arguments: str | Path, cwd: Path = ROOT) -> Ran:
    return elfkit("rebuild-sections", "--self-test", *arguments, cwd=cwd)


def test_totals_are_the_sums_of_the_rows_and_by_the_schema() -> None:
    document = valid("elfkit.self-test/1", self_tested(*WHOLE, "--json").out)
    rows = [row for file in document["files"] for row in file["rows"]]
    assert len(document["files"]) == len(WHOLE)
    *names, everything = document["totals"]
    assert everything["name"] == "all sections"
    for total in (*names, everything):
        mine = [row for row in rows if total is everything or row["name"] == total["name"]]
        assert total["real"] == len([row for row in mine if row["real"]])
        assert total["index_kept"] == len([row for row in mine if row["index_kept"]])
        for found in ("exact", "altered", "moved", "missing", "surplus"):
            assert total[found] == len([row for row in mine if row["found"] == found])
        assert total["real"] == sum(total[found] for found in ("exact", "altered", "moved", "missing"))


def test_the_table_has_a_row_for_each_name_and_nothing_is_written(tmp_path: Path) -> None:
    shutil.copy(X86_64 / "libgreet.so", tmp_path / "libgreet.so")
    before = (tmp_path / "libgreet.so").read_bytes()
    ran = self_tested("libgreet.so", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, b"")
    lines = ran.text.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("section "))
    rows = {line.split()[0]: line.split()[1:] for line in lines[head + 1 : -1]}
    assert rows[".dynsym"] == ["1", "1", "0", "0", "0", "0", "1", "100.0%"]
    assert lines[-1].startswith("all sections ")
    assert [path.name for path in tmp_path.iterdir()] == ["libgreet.so"]
    assert (tmp_path / "libgreet.so").read_bytes() == before


def test_quiet_shows_the_sum_alone_and_verbose_every_row() -> None:
    quiet, plain, verbose = [self_tested(*WHOLE[:3], *more).text for more in (["-q"], [], ["-v"])]
    assert len(quiet) < len(plain) < len(verbose)
    assert quiet.splitlines()[-1].startswith("all sections ")
    assert verbose.count("exact    ") > 20


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_exit_code_says_what_could_be_tested(tmp_path: Path, form: str) -> None:
    shutil.copy(X86_64 / "libgreet.noshdr.so", tmp_path / "cut.so")
    shutil.copy(X86_64 / "libgreet.so", tmp_path / "whole.so")
    (tmp_path / "text").write_text("no ELF file")
    (tmp_path / "empty").mkdir()
    cases = {
        ("whole.so",): 0,
        (".",): 0,
        ("cut.so",): 1,
        ("whole.so", "cut.so"): 1,
        ("missing", "cut.so"): 2,
        ("text",): 3,
        ("text", "whole.so"): 0,
        ("empty",): 3,
    }
    for paths, code in cases.items():
        ran = self_tested(*paths, "--format", form, cwd=tmp_path)
        assert (paths, ran.code) == (paths, code)
        assert b"Traceback" not in ran.err
        if form == "json":
            valid("elfkit.self-test/1", ran.out)
    assert self_tested("cut.so", cwd=tmp_path).sentences == [
        "elfkit: cut.so: nothing to test against: it has no section headers"
    ]
