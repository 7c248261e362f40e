"""`elfkit limits`, and --limit on every command that reads files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from elfkit.limits import DEFAULT_LIMITS, MEANINGS
from tests.cli.command import elfkit
from tests.elfwriter import Elf, Sym, build

# nine names, DT_SYMTAB, DT_STRTAB, DT_STRSZ, and two names more: DT_NEEDED is tag 1
MANY = build(Elf(needed=tuple(b"lib%d.so" % number for number in range(9)), tags=((1, 2), (1, 3))))
READING = (("check",), ("info",), ("symbols",), ("lookup", "greet"), ("rebuild-sections", "--dry-run"))


def test_every_limit_is_listed_with_its_value_and_meaning() -> None:
    assert MEANINGS.keys() == asdict(DEFAULT_LIMITS).keys()
    shown = elfkit("limits")
    assert shown.code == 0
    for name, value in asdict(DEFAULT_LIMITS).items():
        (row,) = [line for line in shown.text.splitlines() if line.startswith(f"{name} ")]
        assert row.split()[1] == f"{value:,}"
        assert row.endswith(MEANINGS[name])


def test_the_same_limits_are_in_the_json() -> None:
    document = json.loads(elfkit("limits", "--json").out)
    assert {row["name"]: row["value"] for row in document["limits"]} == asdict(DEFAULT_LIMITS)


def test_what_quiet_prints_is_what_limit_takes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(build(Elf()))
    words = [word for line in elfkit("limits", "-q").text.splitlines() for word in ("--limit", line)]
    assert len(words) == 2 * len(MEANINGS)
    assert elfkit("info", path, *words).out == elfkit("info", path).out


@pytest.mark.parametrize("command", READING, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("bytes_raed=5", "no limit is called 'bytes_raed'; did you mean bytes_read?"),
        ("xyzzy=5", "no limit is called 'xyzzy'; elfkit limits lists them"),
        ("bytes_read", "'bytes_read' has no =: write NAME=VALUE, as in bytes_read=1G"),
        ("bytes_read=0", "bytes_read is '0', and no whole number"),
        ("bytes_read=-1", "bytes_read is '-1', and no whole number"),
        ("bytes_read=", "bytes_read is '', and no whole number"),
        ("bytes_read=K", "bytes_read is 'K', and no whole number"),
        ("bytes_read=1.5G", "bytes_read is '1.5G', and no whole number"),
        ("bytes_read=\u0665", "and no whole number"),
        (f"bytes_read={'9' * 5000}", "and no whole number"),
    ],
)
def test_a_limit_that_cannot_be_is_one_clear_error(command: tuple[str, ...], limit: str, said: str) -> None:
    ran = elfkit(*command, "x", "--limit", limit)
    assert (ran.code, ran.out) == (2, b"")
    assert said in ran.err.decode()
    assert ran.err.count(b"\n") == 1


def test_a_smaller_limit_binds_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(MANY)
    whole = elfkit("check", path, "--select", "EK012")
    cut = elfkit("check", path, "--select", "EK012", "--limit", "dynamic_entries=12", "--fail-on", "warning")
    assert (whole.code, cut.code) == (0, 1)
    assert "PT_DYNAMIC holds more than 12 entries" in cut.text
    assert len(json.loads(elfkit("info", "--json", path, "--limit", "dynamic_entries=12").out)[0]["needed"]) == 9


def test_the_last_of_several_values_counts_and_suffixes_multiply(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(MANY)
    shown = elfkit("info", "--json", path, "--limit", "dynamic_entries=12", "--limit", "dynamic_entries=1k")
    assert len(json.loads(shown.out)[0]["needed"]) == 11


@pytest.mark.parametrize("command", [("symbols", "-q"), ("lookup", "-q", "s" * 90)], ids=lambda words: words[0])
def test_names_are_cut_by_their_limit(command: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(build(Elf(symbols=(Sym(b"s" * 90),), sysv_words=4)))
    assert elfkit(*command, path).out
    assert (
        elfkit(*command, path, "--limit", "string_bytes=50").out != elfkit(*command, path).out or command[0] == "lookup"
    )


def test_a_rebuild_keeps_to_the_limits_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(build(Elf(symbols=(Sym(b"greet", shndx=0),), sysv_words=4)))
    target = tmp_path / "target"
    assert elfkit("rebuild-sections", path, "-o", target).code == 0
    ran = elfkit("rebuild-sections", path, "-o", tmp_path / "other", "--limit", "dynamic_entries=1")
    assert "Traceback" not in ran.err.decode()
    assert ran.code in (0, 1)
