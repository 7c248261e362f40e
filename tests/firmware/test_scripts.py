"""Scripts whose interpreter is not there: the kernel's "not found" for a file that everybody sees."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.firmware.reader import shebang
from elfkit.firmware.scripts import MissingInterpreter, missing_interpreters, sought_by_env
from tests.firmware.plants import Content, grow, program, router, tree_of

SHELL: dict[str, Content] = {"bin/sh": "-> /sbin/init", "usr/bin/env": program()}


def missed(root: Path, more: Mapping[str, Content]) -> list[tuple[str, bool]]:
    return [(row.name, row.by_env) for row in missing_interpreters(tree_of(root, router({**SHELL, **more})))]


def test_a_line_that_ends_in_cr_lf_names_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    assert missed(tmp_path, {"bin/a": b"#!/bin/sh\r\nexit\r\n"}) == [("/bin/sh\r", False)]


def test_what_env_looks_for_is_an_entry_of_its_own(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"bin/a": b"#!/usr/bin/env python3\n", "bin/b": b"#!/usr/bin/python3\n"}
    assert missed(tmp_path, plan) == [("/usr/bin/python3", False), ("python3", True)]


@pytest.mark.parametrize("place", ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin", "opt/bin"])
def test_env_finds_a_program_in_any_directory_of_programs(tmp_path: Path, place: str) -> None:
    assert missed(tmp_path, {"bin/a": b"#!/usr/bin/env lua\n", f"{place}/lua": program()}) == []


@pytest.mark.parametrize("what", [None, "-> nowhere"], ids=["a directory", "a dangling link"])
def test_env_does_not_find_what_is_no_file(tmp_path: Path, what: str | None) -> None:
    assert missed(tmp_path, {"bin/a": b"#!/usr/bin/env lua\n", "bin/lua": what}) == [("lua", True)]


def test_a_relative_interpreter_counts_as_missing_wherever_it_leads(tmp_path: Path) -> None:
    """binfmt_script hands the name to open_exec as it stands: from / it may be there, from elsewhere it is not."""
    assert missed(tmp_path, {"bin/a": b"#!bin/sh\n", "bin/b": b"#!sh -e\n"}) == [("bin/sh", False), ("sh", False)]


def test_where_env_itself_is_missing_it_is_the_one_missed(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, router({"bin/a": b"#!/usr/bin/env python3\n"}))
    assert missing_interpreters(tree) == (MissingInterpreter("/usr/bin/env", by_env=False, scripts=("bin/a",)),)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"#!/usr/bin/env lua\n", "lua"),
        (b"#!/bin/env\tlua \n", "lua"),
        (b"#!/usr/bin/env python3 -u\n", "python3 -u"),  # one argument: that is what env looks for
        (b"#!/usr/bin/env -S python3 -u\n", "python3"),
        (b"#!/usr/bin/env -S -i A=1 python3\n", "python3"),
        (b"#!/usr/bin/env -Slua\n", "lua"),
        (b"#!/usr/bin/env lua\r\n", "lua\r"),
        (b"#!/usr/bin/env\n", ""),
        (b"#!/bin/sh lua\n", ""),
    ],
)
def test_env_is_handed_one_argument(line: bytes, name: str) -> None:
    assert sought_by_env(*shebang(line)) == name


def test_the_most_missed_interpreter_comes_first_with_its_scripts_in_order(tmp_path: Path) -> None:
    scripts: dict[str, Content] = {f"bin/{name}": b"#!/bin/perl\n" for name in "ba"}
    rows = missing_interpreters(tree_of(tmp_path, router({**scripts, "bin/c": b"#!/bin/awk\n"})))
    assert [(row.name, row.scripts) for row in rows] == [("/bin/perl", ("bin/a", "bin/b")), ("/bin/awk", ("bin/c",))]


def test_an_assumed_interpreter_is_not_missed(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"bin/a": b"#!/usr/bin/env lua\n", "bin/b": b"#!/bin/perl\n"}
    report = check(grow(tmp_path, router({**SHELL, **plan})), assume_present=["lua", "/bin/perl"])
    assert report.roots[0].missing_interpreters == ()
