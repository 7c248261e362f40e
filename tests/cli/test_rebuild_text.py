"""What `elfkit rebuild-sections` shows to people: tables that fit, names made safe, and the README's story."""

import os
import re
import shutil
from pathlib import Path

import pytest
from elftools.elf.descriptions import describe_sh_flags

from docs import console
from elfkit_cli.rebuild_text import flag_letters
from tests.cli.command import MACHINES, ROOT, elfkit
from tests.cli.terminal import on_terminal
from tests.needs import needs

CUT = [path for path in MACHINES if path.name == "libgreet.noshdr.so"]
X86_64 = ROOT / "fixtures/machines/x86_64"


def plain(shown: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in shown]


@pytest.mark.parametrize("path", CUT, ids=lambda path: path.parent.name)
def test_the_table_fits_a_terminal_of_a_hundred_columns_with_the_reason_beside(path: Path) -> None:
    lines = plain(on_terminal("rebuild-sections", "--dry-run", path, columns=100).lines)
    assert max(map(len, lines)) <= 100
    (head,) = [line for line in lines if line.endswith("because")]
    assert head.split() == ["no", "name", "type", "address", "size", "flags", "certain", "because"]
    numbered = [line for line in lines if re.match(r" +\d+  \S", line)]
    assert [int(line.split()[0]) for line in numbered] == list(range(1, len(numbered) + 1))
    assert all(line[head.index("because") :].strip() for line in numbered)


@pytest.mark.parametrize("columns", [60, 80])
def test_on_a_narrow_terminal_the_reason_stands_below(columns: int) -> None:
    lines = plain(on_terminal("rebuild-sections", "--dry-run", X86_64 / "libgreet.noshdr.so", columns=columns).lines)
    place = next(number for number, line in enumerate(lines) if " .dynstr " in line)
    assert lines[place + 1] == "      DT_STRTAB and DT_STRSZ"


def test_in_a_pipe_no_reason_is_broken() -> None:
    lines = elfkit("rebuild-sections", "--dry-run", X86_64 / "libgreet.noshdr.so").text.splitlines()
    row = next(line for line in lines if " .dynstr " in line)
    assert row.endswith("stated   DT_STRTAB and DT_STRSZ")


def test_a_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    name = "red\x1b[31m\n.so"
    shutil.copy(X86_64 / "libgreet.noshdr.so", tmp_path / name)
    for more in (["--dry-run"], ["-o", "out\x1b[1m"], ["-o", "nowhere\x1b/x"]):
        ran = elfkit("rebuild-sections", name, *more, cwd=tmp_path)
        assert b"\x1b" not in ran.out + ran.err
        assert "\\x1b" in (ran.out + ran.err).decode()


@pytest.mark.parametrize("bit", range(32))
def test_flags_have_the_letters_that_pyelftools_gives_them(bit: int) -> None:
    theirs = describe_sh_flags(1 << bit)
    if theirs:
        assert flag_letters(1 << bit) in (theirs, "p" if bit == 31 else "o")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the story's library is for x86-64")
@needs("gcc", "libc", "nm")
def test_the_readmes_story_goes_as_it_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert console.renewed(text) == text, "run: make story"
    commands = console.COMMAND.findall(text.partition(console.BEGIN)[2].partition(console.END)[0])
    assert [line.split()[0] for line, _ in commands] == ["nm", "elfkit", "nm", "cat", "gcc", "LD_LIBRARY_PATH=."]
    assert [shown for line, shown in commands if line.startswith("LD_")] == ["hello, 3 of it\nnow 7\n"]
