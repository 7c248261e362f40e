"""What the README shows is what elfkit shows now; each failure names the command that repairs it."""

import re
from pathlib import Path

import pytest

from docs import pictures, rules_table
from docs.stories import STORIES, Story
from elfkit.checks.registry import RULES
from tests.architecture.sources import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_rules_is_the_registry() -> None:
    assert rules_table.renewed(README) == README, "run: make rules-table"
    assert [rule.id for rule in RULES] == re.findall(r"^\| (EK\d{3}) \|", README, re.MULTILINE)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_picture_shows_what_a_run_shows(story: Story) -> None:
    kept = (ROOT / f"docs/{story.name}.svg").read_text(encoding="utf-8")
    assert kept == pictures.picture(story), "run: make pictures"


def test_a_stale_picture_and_a_stale_table_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    monkeypatch.setattr(pictures, "STORIES", STORIES[:1])
    assert pictures.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/not-found.svg: stale, make pictures draws it again\n"
    assert list(tmp_path.iterdir()) == []
    readme = tmp_path / "README.md"
    readme.write_text(README.replace("| EK201 |", "| EK200 |"), encoding="utf-8")
    monkeypatch.setattr(rules_table, "README", readme)
    assert rules_table.main(["--check"]) == 1
    assert rules_table.main([]) == 0
    assert readme.read_text(encoding="utf-8") == README


def test_every_picture_is_in_the_readme_and_asks_nothing_of_the_network() -> None:
    kept = sorted((ROOT / "docs").glob("*.svg"))
    assert [path.stem for path in kept] == sorted(story.name for story in STORIES)
    for path in kept:
        assert f"](docs/{path.name})" in README
        drawn = path.read_text(encoding="utf-8")
        assert {*re.findall(r"https?://[^\"')<\s]+", drawn)} == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"url\((?!#)|@import|<script|<image|xlink", drawn)
