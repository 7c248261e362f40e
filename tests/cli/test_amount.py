"""-q and -v: less and more of a text, on every command."""

import json
from pathlib import Path

import pytest

from elfkit.checks import registry
from elfkit_cli.check_text import WIDER
from tests.cli.command import CLEAN, HELLO, ROUTER, RULES, elfkit
from tests.firmware.plants import FIXTURES, Content, grow, program, router

LIBRARY = FIXTURES / "machines/x86_64/libgreet.so"

LOUDNESS = [
    ("check", RULES),
    ("info", HELLO),
    ("symbols", LIBRARY),
    ("lookup", "greet", LIBRARY, HELLO),
    ("rules",),
]
each = pytest.mark.parametrize("arguments", LOUDNESS, ids=lambda arguments: arguments[0])


@each
def test_quiet_says_less_and_verbose_more(arguments: tuple[str | Path, ...]) -> None:
    quiet, plain, verbose = [elfkit(*arguments, *more).out for more in (["-q"], [], ["-v"])]
    assert 0 < len(quiet) < len(plain) < len(verbose)


@each
def test_json_is_the_same_whole_document_at_any_loudness(arguments: tuple[str | Path, ...]) -> None:
    assert elfkit(*arguments, "--json", "-q").out == elfkit(*arguments, "--json").out


def test_quiet_shows_one_line_of_info_for_each_file() -> None:
    lines = elfkit("info", "-q", HELLO, CLEAN).text.splitlines()
    assert lines[0] == f"{HELLO}: program for MIPS 32-bit big-endian o32, soft-float, musl"
    assert len(lines) == 1 + 14
    assert all(line.startswith(f"{CLEAN}/") for line in lines[1:])


def test_quiet_info_of_a_damaged_file_says_that_it_is_damaged(tmp_path: Path) -> None:
    grow(tmp_path, {"x": b"\x7fELF\x09"})
    assert elfkit("info", "-q", tmp_path).text == f"{tmp_path}/x: ELF file with a damaged header\n"


def test_quiet_lookup_names_the_files_alone_and_verbose_those_searched_in_vain_too() -> None:
    assert elfkit("lookup", "-q", "greet", LIBRARY, HELLO).text == f"{LIBRARY}\n"
    assert elfkit("lookup", "-v", "greet", LIBRARY, HELLO).text.splitlines()[1] == f"{HELLO}: does not define it"


def test_quiet_lists_of_rules_are_ids_and_a_quiet_explanation_is_one_line() -> None:
    assert elfkit("rules", "-q").text.split() == [rule.id for rule in registry.RULES]
    (line,) = elfkit("explain", "-q", "EK301").text.splitlines()
    assert line.startswith("EK301")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", ""),
        ("info", ""),
        ("symbols", ""),
        ("lookup", "x", ""),
        ("check", HELLO, "--root", ""),
        ("check", CLEAN, "--assume-present", ""),
        ("check", CLEAN, "--exclude", ""),
    ],
)
def test_an_empty_name_is_refused_in_a_clear_sentence(arguments: tuple[str | Path, ...]) -> None:
    ran = elfkit(*arguments)
    assert (ran.code, ran.out) == (2, b"")
    assert b"the name is empty" in ran.err


def test_files_that_are_not_there_are_not_counted(tmp_path: Path) -> None:
    (root,) = json.loads(elfkit("check", "--json", HELLO, "pyproject.toml", tmp_path / "absent").out)["roots"]
    assert (root["summary"]["files"], root["summary"]["elf_files"]) == (2, 1)


SCRIPTS: dict[str, Content] = {
    **{f"bin/{name}": b"#!/bin/sh\r\n" for name in "abcde"},
    "bin/f": b"#!/usr/bin/env python3\n",
    "usr/bin/env": program(),
}


def test_the_summary_names_lost_interpreters_and_the_first_scripts(tmp_path: Path) -> None:
    lines = elfkit("check", grow(tmp_path, router(SCRIPTS))).text.splitlines()
    start = lines.index("  scripts   6 of 6 scripts name an interpreter (#!) that is not in this tree")
    assert lines[start + 1 : start + 3] == [
        r"            /bin/sh\r (its line ends in CR LF): bin/a, bin/b, bin/c and 2 more",
        "            python3, which env does not find: bin/f",
    ]


def test_json_holds_every_script_of_a_lost_interpreter(tmp_path: Path) -> None:
    (root,) = json.loads(elfkit("check", "--json", grow(tmp_path, router(SCRIPTS))).out)["roots"]
    assert root["summary"]["missing_interpreters"] == [
        {"name": "/bin/sh\r", "by_env": False, "scripts": [f"bin/{name}" for name in "abcde"]},
        {"name": "python3", "by_env": True, "scripts": ["bin/f"]},
    ]


def test_what_suppresses_a_folded_finding_says_that_it_covers_other_files() -> None:
    blocks = [block for block in elfkit("check", ROUTER).text.split("\n\n") if "\n  suppress  " in block]
    wide = [block for block in blocks if block.endswith(f"\n            {WIDER}")]
    assert 0 < len(wide) < len(blocks)
    assert wide == [block for block in blocks if ":*:" in block]
