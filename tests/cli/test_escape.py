"""Strings out of files never reach a terminal as they are, whichever way they take."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit_cli.escape import escape, escape_json
from tests.cli.command import CLEAN, HELLO, Ran, elfkit

# Each as long as "libgreet.so", which HELLO asks for: its DT_NEEDED is overwritten in place.
NEEDED = b"libgreet.so"
NAMES = {
    "colour": b"\x1b[31mred.so",
    "lines": b"lib\nfoo\r.so",
    "no UTF-8": b"\xff\xfe\x80libX\x9b.so",
    "right to left": b"\xe2\x80\xaelibxx.so",  # U+202E
    "lone surrogate": b"\xed\xa0\x80libxx.so",  # U+D800 as if it were a character
    "C1 control": b"\xc2\x9b31mred.so",  # U+009B, a CSI to some terminals
    "deleting": b"\x08\x7f\x07libxx.so",
    "line separator": b"\xe2\x80\xa8libxx.so",  # U+2028
    "zero width": b"\xe2\x80\x8blibxx.so",  # U+200B
}
INTERPRETER = b"/lib/ld-musl-mips-sf.so.1"
ALL = b"".join(NAMES.values())
hostile = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


def spoiled(name: bytes) -> bytes:
    """A program that needs a library of this name and asks for an interpreter with this name in its path."""
    content = HELLO.read_bytes()
    loader = (b"/lib/" + name).ljust(len(INTERPRETER), b"x")
    assert len(name) == len(NEEDED)
    assert content.count(NEEDED + b"\0") == content.count(INTERPRETER + b"\0") == 1
    return content.replace(NEEDED + b"\0", name + b"\0").replace(INTERPRETER + b"\0", loader + b"\0")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CLEAN, tmp_path / "tree", symlinks=True))


def spoil(tree: Path, name: bytes) -> None:
    """Put the name wherever a tree can hold one: a file, a folder, a link and its target, a script's interpreter."""
    place = os.fsencode(tree)
    folder = place + b"/usr/" + name
    os.mkdir(folder)
    with open(folder + b"/" + name, "wb") as program:
        program.write(spoiled(name))
    os.symlink(b"../" + name + b"/" + name, place + b"/usr/bin/" + name)
    os.symlink(b"/nowhere/" + name, place + b"/usr/lib/" + name)
    with open(place + b"/usr/sbin/" + name, "wb") as script:
        script.write(b"#!/bin/" + name + b"\n")
    os.mkfifo(place + b"/etc/" + name)


def assert_safe(shown: bytes) -> None:
    """Valid UTF-8 without a single control, format or separator character but the newline."""
    assert {character for character in shown.decode() if not character.isprintable()} <= {"\n"}


def strictly(document: bytes) -> Any:  # noqa: ANN401  # whatever the document holds
    """The value of a JSON document that any reader takes: ASCII, no NaN, no lone surrogates."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    assert document.isascii()
    value = json.loads(document, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()
    return value


@hostile
@pytest.mark.parametrize("colour", ["never", "always"])
def test_text_of_a_hostile_tree_is_safe(tree: Path, name: bytes, colour: str) -> None:
    spoil(tree, name)
    ran = elfkit("check", tree, "-v", "--color", colour)
    assert (ran.code, ran.err) == (1, b"")
    assert_safe(plain(ran.out))
    for rule in (b"EK201 ", b"EK009 "):
        assert rule in ran.out
    assert escape(name.decode("utf-8", "surrogateescape")).encode() in ran.out


def plain(shown: bytes) -> bytes:
    """Without the sequences that the command itself adds for its few styles."""
    for sequence in (b"0", b"1", b"2", b"1;31", b"1;33", b"1;36"):
        shown = shown.replace(b"\x1b[" + sequence + b"m", b"")
    return shown


@hostile
def test_json_of_a_hostile_tree_is_strict_and_carries_the_bytes_of_each_path(tree: Path, name: bytes) -> None:
    spoil(tree, name)
    ran = elfkit("check", tree, "--json")
    assert (ran.code, ran.err) == (1, b"")
    document = strictly(ran.out)
    (finding,) = [row for row in document["findings"] if row["rule"] == "EK201"]
    path = b"usr/" + name + b"/" + name
    assert original(finding) == path
    assert len(finding["aliases"]) == 1
    assert ("path_hex" in finding) == (name in {NAMES["no UTF-8"], NAMES["lone surrogate"]})


def original(shape: dict[str, str]) -> bytes:
    return bytes.fromhex(shape["path_hex"]) if "path_hex" in shape else shape["path"].encode()


@hostile
@pytest.mark.parametrize("form", ["text", "json"])
def test_info_of_a_hostile_file_is_safe(tmp_path: Path, name: bytes, form: str) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(spoiled(name))
    ran = elfkit("info", path, "--format", form, *(["-v"] if form == "text" else []))
    assert (ran.code, ran.err) == (0, b"")
    if form == "text":
        assert_safe(ran.out)
        assert "needed            " + escape(name.decode("utf-8", "surrogateescape")) in ran.text
        return
    (facts,) = strictly(ran.out)
    assert original(facts) == path
    assert facts["interpreter"].startswith("/lib/")


@pytest.mark.parametrize("command", ["check", "info"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_complaints_about_hostile_names_are_safe(tmp_path: Path, command: str, form: str) -> None:
    names = list(NAMES.values())
    lost = [b"missing " + name for name in names]
    for name in names:
        with open(os.fsencode(tmp_path) + b"/" + name, "wb") as file:
            file.write(b"no ELF")
    ran = elfkit(command, *names, *lost, "--format", form, cwd=tmp_path)
    assert ran.code == 2
    assert_safe(ran.err)
    assert len(ran.sentences) == len(names) + len(lost)
    if (command, form) == ("check", "json"):
        summary = strictly(ran.out)["summary"]
        assert [original(row) for row in summary["not_elf"]] == names
        assert [original(row) for row in summary["unusable"]] == lost


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", HELLO, "--root"],
        ["check", HELLO, "-o", b"missing/\x1b[31m", "--root"],
        ["check", CLEAN, "--root"],
        ["check", CLEAN, "--select"],
        ["check", CLEAN, "--fail-on"],
        ["explain"],
        ["rules"],
        [],
    ],
    ids=str,
)
def test_complaints_about_hostile_arguments_are_safe(arguments: list[str | bytes | Path]) -> None:
    ran = elfkit(*arguments, ALL)
    assert (ran.code, ran.out) == (2, b"")
    assert_safe(ran.err)
    assert len(ran.sentences) == 1


def test_an_option_that_a_glob_brought_in_is_safe_to_complain_of() -> None:
    ran = elfkit("check", CLEAN, b"--" + ALL)
    assert ran.code == 2
    assert_safe(ran.err)


def test_a_report_that_cannot_be_written_is_safe_to_complain_of(tmp_path: Path) -> None:
    ran = elfkit("rules", "-o", b"missing/" + ALL, cwd=tmp_path)
    assert ran.code == 2
    assert_safe(ran.err)


def test_a_root_with_a_hostile_name_carries_its_bytes(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path) + b"/\xff\x1b[31m"
    os.mkdir(root)
    shutil.copy(os.fsencode(HELLO), root)
    document = strictly(elfkit("check", root, "--json").out)
    assert original(document["roots"][0]) == root
    assert_safe(elfkit("check", root).out)


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_a_terminal_that_is_not_utf8_gets_escapes_and_no_traceback(tmp_path: Path, locale: dict[str, str]) -> None:
    (tmp_path / "Grüße").mkdir()
    shutil.copy(HELLO, tmp_path / "Grüße" / "日本")
    for command in ("check", "info"):
        ran: Ran = elfkit(command, b"Gr\xc3\xbc\xc3\x9fe/" + "日本".encode(), b"\xc3\xbc", cwd=tmp_path, env=locale)
        assert ran.code == 2
        assert b"Traceback" not in ran.err
        assert ran.err.count(b"\n") == 1


@given(st.text(alphabet=st.characters(codec=None)))
def test_escape_leaves_nothing_but_printable_characters(text: str) -> None:
    assert escape(text).isprintable()
    assert escape(text) == text or not text.isprintable()


@given(st.binary())
def test_any_bytes_of_a_name_become_printable_text_that_any_encoding_of_unicode_takes(raw: bytes) -> None:
    shown = escape(raw.decode("utf-8", "surrogateescape"))
    assert shown.isprintable()
    shown.encode()


@given(st.recursive(st.text(st.characters(codec=None)) | st.integers() | st.none(), st.lists))
def test_any_document_becomes_strict_json(value: object) -> None:
    strictly(json.dumps(escape_json(value)).encode())


def test_a_path_that_is_utf8_has_no_hexadecimal_twin() -> None:
    assert escape_json({"path": "usr/bin/日本\x1b"}) == {"path": "usr/bin/日本\x1b"}
    assert escape_json([{"path": "a\udcff"}]) == [{"path": "a\\xff", "path_hex": "61ff"}]


def test_the_tests_run_where_names_are_bytes() -> None:
    assert sys.getfilesystemencoding() == "utf-8"
