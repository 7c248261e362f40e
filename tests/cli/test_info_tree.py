"""`elfkit info DIR`: one row, or one object, for each ELF file of a tree."""

import json
import os
import shutil
from pathlib import Path

from tests.cli.command import CLEAN, HELLO, ROUTER, elfkit
from tests.cli.terminal import on_terminal
from tests.cli.test_json import valid

HEADER = ["path", "machine", "class", "kind", "float", "libc", "needed", "stack", "relro", "sections", "interpreter"]


def test_the_table_has_a_row_for_each_elf_file_in_aligned_columns() -> None:
    first, header, *rows = elfkit("info", ROUTER).text.splitlines()
    objects = json.loads(elfkit("info", ROUTER, "--json").out)
    assert first == f"{ROUTER}: 28 ELF files among 39 files"
    assert header.split() == HEADER
    assert [row.split()[0] for row in rows] == [item["path"] for item in objects]
    for title in HEADER[1:]:
        column = header.index(title)
        assert all(row[column - 2 : column] == "  " and row[column] != " " for row in rows)
    for row, item in zip(rows, objects, strict=True):
        if item["class"] is not None:
            assert row.split()[1] == item["machine"]
            assert str(len(item["needed"])) in row.split()
            assert row.split()[-1] == (item["interpreter"] or "-")


def test_a_file_whose_header_is_damaged_is_told_and_not_left_out() -> None:
    shown = elfkit("info", ROUTER)
    assert shown.code == 0
    (row,) = [row for row in shown.text.splitlines() if row.startswith("usr/bin/badclass")]
    assert row.split()[1:] == [*"?????????", "damaged"]


def test_json_has_the_same_objects_with_paths_inside_the_root() -> None:
    objects = valid("elfkit.info/1", elfkit("info", ROUTER, "--json").out)
    assert {item["root"] for item in objects} == {str(ROUTER)}
    for item in objects:
        alone = json.loads(elfkit("info", ROUTER / item["path"], "--json").out) if item["path"] == "bin/box" else []
        for one in alone:
            assert {key: item[key] for key in one} == one | {"path": item["path"]}
    (box,) = [item for item in objects if item["path"] == "bin/box"]
    assert "bin/sh" in box["aliases"]
    assert sum(item["class"] is None for item in objects) == 1


def test_long_names_are_shortened_from_the_left_unless_verbose(tmp_path: Path) -> None:
    deep = tmp_path / "tree" / "/".join(["directory"] * 12)
    deep.mkdir(parents=True)
    shutil.copyfile(HELLO, deep / "hello")
    row = elfkit("info", tmp_path / "tree").text.splitlines()[2]
    assert row.startswith("...")
    assert row.split()[0].endswith("/directory/hello")
    assert len(row.split()[0]) == 48
    whole = elfkit("info", "-v", tmp_path / "tree").text.splitlines()[2]
    assert whole.split()[0] == "/".join(["directory"] * 12) + "/hello"


def test_the_table_fits_a_terminal_that_is_wide_enough() -> None:
    for columns in (125, 160):
        lines = on_terminal("info", ROUTER, columns=columns, env={"NO_COLOR": "1"}).lines
        assert len(lines) == 30
        assert max(map(len, lines)) <= columns


def test_names_in_the_table_are_escaped(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    shutil.copyfile(HELLO, os.fsencode(tree) + b"/\x1b[31mred\xff")
    shown = elfkit("info", tree).text
    assert r"\x1b[31mred\xff  mips" in shown
    assert "\x1b" not in shown
    (item,) = valid("elfkit.info/1", elfkit("info", tree, "--json").out)
    assert item["path_hex"] == b"\x1b[31mred\xff".hex()


def test_files_and_trees_can_be_mixed_and_an_empty_one_is_told(tmp_path: Path) -> None:
    ran = elfkit("info", HELLO, CLEAN, tmp_path)
    assert ran.code == 0
    assert ran.text.startswith(f"{HELLO}\n")
    assert f"\n\n{CLEAN}: 14 ELF files" in ran.text
    assert ran.sentences == [f"elfkit: no ELF file in {tmp_path}"]
    assert elfkit("info", tmp_path).code == 3


def test_the_screen_of_one_file_begins_with_what_it_is() -> None:
    assert elfkit("info", HELLO).text.splitlines()[1] == "  program for MIPS 32-bit big-endian o32, soft-float, musl"
    coloured = elfkit("info", ROUTER / "usr/bin/scripthost", "--color", "always").text
    assert "\x1b[1;31mexecutable\x1b[0m" in coloured
