"""`elfkit rebuild-sections`: what it writes, where to, what it says and by which exit code."""

import json
import os
import re
import shutil
import struct
from pathlib import Path

import pytest

from tests.cli.command import CLEAN, HELLO, MACHINES, ROOT, Ran, elfkit
from tests.cli.test_json import valid

WHOLE = [path for path in MACHINES if path.name == "libgreet.so"]
X86_64 = ROOT / "fixtures/machines/x86_64"
CUT = X86_64 / "libgreet.noshdr.so"
OBJECT = X86_64 / "greet.o"
FORMATS = pytest.mark.parametrize("form", ["text", "json"])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a library without section headers, one with them, and a text."""
    shutil.copy(CUT, tmp_path / "cut.so")
    shutil.copy(X86_64 / "libgreet.so", tmp_path / "whole.so")
    (tmp_path / "text").write_text("no ELF file")
    return tmp_path


def rebuild(*arguments: str | Path, cwd: Path) -> Ran:
    return elfkit("rebuild-sections", *arguments, cwd=cwd)


def section_count(path: Path) -> int:
    """e_shnum of a little-endian 64-bit file."""
    count: int = struct.unpack_from("<H", path.read_bytes(), 60)[0]
    return count


def test_the_result_is_written_and_the_input_stays(place: Path) -> None:
    ran = rebuild("cut.so", "-o", "out.so", cwd=place)
    assert (ran.code, ran.err) == (0, b"")
    assert (place / "cut.so").read_bytes() == CUT.read_bytes()
    assert section_count(place / "out.so") > 10
    assert re.fullmatch(
        r"cut\.so: \d+ sections rebuilt and verified, 8 dynamic symbols, written to out\.so\n", ran.text
    )
    assert sorted(os.listdir(place)) == ["cut.so", "out.so", "text", "whole.so"]


def test_what_was_rebuilt_needs_nothing_more(place: Path) -> None:
    rebuild("cut.so", "-o", "out.so", cwd=place)
    before = (place / "out.so").read_bytes()
    ran = rebuild("--in-place", "out.so", cwd=place)
    assert (ran.code, ran.err) == (0, b"")
    assert ran.text == "out.so: nothing to do: its section headers agree with its segments\n"
    assert (place / "out.so").read_bytes() == before


def test_a_file_that_needs_nothing_is_not_written_elsewhere(place: Path) -> None:
    ran = rebuild("whole.so", "-o", "out.so", cwd=place)
    assert ran.code == 0
    assert "nothing to do" in ran.text
    assert not (place / "out.so").exists()


def test_several_files_go_below_a_directory_that_is_made(place: Path) -> None:
    shutil.copy(HELLO.with_name("libgreet.noshdr.so"), place / "mips.so")
    ran = rebuild("cut.so", "mips.so", "whole.so", "--output-dir", "deep/sdk", cwd=place)
    assert ran.code == 0
    assert sorted(os.listdir(place / "deep/sdk")) == ["cut.so", "mips.so"]
    assert ran.text.splitlines()[-1] == "2 of 3 ELF files rebuilt, 1 needs nothing."


def test_a_directory_for_nothing_is_not_made(place: Path) -> None:
    assert rebuild("whole.so", "text", "--output-dir", "deep/sdk", cwd=place).code == 0
    assert not (place / "deep").exists()


def test_two_files_of_one_name_do_not_overwrite_each_other(place: Path) -> None:
    (place / "other").mkdir()
    shutil.copy(HELLO.with_name("libgreet.noshdr.so"), place / "other/cut.so")
    ran = rebuild("cut.so", "other/cut.so", "--output-dir", "sdk", cwd=place)
    assert ran.code == 2
    assert ran.sentences == ["elfkit: sdk/cut.so: cannot be written: cut.so was written there just before"]
    assert section_count(place / "sdk/cut.so") > 10


def test_in_place_the_file_is_replaced(place: Path) -> None:
    ran = rebuild("--in-place", "cut.so", cwd=place)
    assert (ran.code, ran.err) == (0, b"")
    assert ran.text.endswith("dynamic symbols, in place\n")
    assert section_count(place / "cut.so") > 10
    assert sorted(os.listdir(place)) == ["cut.so", "text", "whole.so"]


def test_a_backup_is_the_old_file(place: Path) -> None:
    assert rebuild("--in-place", "--backup", ".orig", "cut.so", cwd=place).code == 0
    assert (place / "cut.so.orig").read_bytes() == CUT.read_bytes()
    assert section_count(place / "cut.so") > 10
    assert rebuild("--in-place", "--backup", ".orig", "cut.so", cwd=place).code == 0
    assert (place / "cut.so.orig").read_bytes() == CUT.read_bytes()


def test_a_backup_replaces_nothing(place: Path) -> None:
    (place / "cut.so.orig").write_text("somebody's")
    ran = rebuild("--in-place", "--backup", ".orig", "cut.so", cwd=place)
    assert ran.code == 2
    assert ran.sentences == [
        "elfkit: cut.so.orig: cannot be written: it is there already, and a backup replaces nothing"
    ]
    assert (place / "cut.so.orig").read_text() == "somebody's"
    assert (place / "cut.so").read_bytes() == CUT.read_bytes()


def test_no_backup_of_what_needs_nothing(place: Path) -> None:
    assert rebuild("--in-place", "--backup", ".orig", "whole.so", cwd=place).code == 0
    assert not (place / "whole.so.orig").exists()


def test_a_dry_run_writes_nothing_wherever_it_would(place: Path) -> None:
    for where in ([], ["-o", "out.so"], ["--output-dir", "sdk"], ["--in-place", "--backup", ".orig"]):
        ran = rebuild("--dry-run", "cut.so", *where, cwd=place)
        assert (ran.code, ran.err) == (0, b"")
        assert "sections would be rebuilt" in ran.text
    assert sorted(os.listdir(place)) == ["cut.so", "text", "whole.so"]
    assert (place / "cut.so").read_bytes() == CUT.read_bytes()


CODES = {
    "rebuilt": (["cut.so", "-o", "out"], 0),
    "nothing to do": (["whole.so", "-o", "out"], 0),
    "dry run": (["--dry-run", "cut.so"], 0),
    "no ELF file": (["text", "-o", "out"], 3),
    "no ELF file among others": (["text", "cut.so", "--output-dir", "out"], 0),
    "a directory without one": (["empty", "--output-dir", "out"], 3),
    "an object file": (["greet.o", "-o", "out"], 1),
    "a header that says nothing": (["short", "-o", "out"], 1),
    "data behind the segments": (["signed", "-o", "out"], 1),
    "data behind the segments, allowed": (["signed", "-o", "out", "--overlay=append"], 0),
    "one refused, one done": (["greet.o", "cut.so", "--output-dir", "out"], 1),
    "a missing file": (["missing", "-o", "out"], 2),
    "a missing file and one that is refused": (["missing", "greet.o", "--output-dir", "out"], 2),
    "a target that is no file": (["cut.so", "-o", "empty"], 2),
    "a target in no directory": (["cut.so", "-o", "nowhere/out"], 2),
    "a directory that is a file": (["cut.so", "--output-dir", "text"], 2),
    "the input itself": (["cut.so", "-o", "cut.so"], 2),
}


@FORMATS
@pytest.mark.parametrize(("arguments", "code"), CODES.values(), ids=CODES)
def test_the_exit_code_says_how_it_went(place: Path, arguments: list[str], code: int, form: str) -> None:
    (place / "empty").mkdir()
    shutil.copy(OBJECT, place / "greet.o")
    (place / "short").write_bytes(CUT.read_bytes()[:30])
    (place / "signed").write_bytes(CUT.read_bytes() + b"signature" * 9)
    ran = rebuild(*arguments, "--format", form, cwd=place)
    assert ran.code == code
    assert b"Traceback" not in ran.err
    assert len(ran.sentences) == (1 if code else arguments[0] == "text") + (code == 2 and "greet.o" in arguments)
    if form == "json":
        valid("elfkit.rebuild-sections/1", ran.out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cut.so"], "say what becomes of it"),
        (["cut.so", "whole.so", "-o", "out"], "--output-dir"),
        ([".", "-o", "out"], "--output-dir"),
        (["cut.so", "-o", "out", "--in-place"], "not allowed with"),
        (["cut.so", "-o", "out", "--backup", ".orig"], "--backup needs --in-place"),
        (["cut.so", "--in-place", "--backup", ""], "suffix"),
        (["cut.so", "--in-place", "--backup", "/x"], "suffix"),
        (["cut.so", "whole.so", "--dry-run", "--symbols", "3"], "--symbols is for one file"),
        (["whole.so", "--self-test", "--symbols", "3"], "--self-test takes no other option of the rebuild"),
        (["whole.so", "--self-test", "--shndx=off"], "--self-test takes no other option of the rebuild"),
        (["whole.so", "--self-test", "--dry-run"], "--self-test takes no other option of the rebuild"),
        ([".", "--dry-run", "--memory-dump", "0x1000"], "--memory-dump is for one file"),
        (["cut.so", "--dry-run", "--symbols", "many"], "'many' is no number"),
        (["cut.so", "--dry-run", "--memory-dump", "-1"], "'-1' is no number"),
        (["cut.so", "--dry-run", "--shndx", "guess"], "invalid choice"),
        (["cut.so", "-o", ""], "the name is empty"),
        (["cut.so", "--self-test", "--in-place"], "not allowed with"),
    ],
    ids=str,
)
def test_arguments_that_say_nothing_useful_get_one_sentence(place: Path, arguments: list[str], words: str) -> None:
    ran = rebuild(*arguments, cwd=place)
    assert (ran.code, ran.out) == (2, b"")
    assert len(ran.sentences) == 1
    assert words in ran.sentences[0]
    assert "--help" in ran.sentences[0]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.parent.name)
def test_json_is_by_the_schema_and_names_what_was_written(path: Path, tmp_path: Path) -> None:
    ran = rebuild(path.with_name("libgreet.noshdr.so"), "-o", "out.so", "--json", cwd=tmp_path)
    (row,) = valid("elfkit.rebuild-sections/1", ran.out)
    assert (ran.code, row["action"], row["target"]) == (0, "rebuilt", "out.so")
    assert [section["index"] for section in row["plan"]["sections"]] == list(range(1, len(row["plan"]["sections"]) + 1))
    assert {"bytes kept", "table"} <= {check["name"] for check in row["checks"]}


def test_json_of_a_tree_has_every_file_and_its_place(place: Path) -> None:
    shutil.copy(OBJECT, place / "greet.o")
    (place / "signed").write_bytes(CUT.read_bytes() + b"signature" * 9)
    ran = rebuild(".", "--dry-run", "--json", cwd=place)
    rows = {row["path"]: row for row in valid("elfkit.rebuild-sections/1", ran.out)}
    actions = {path: row["action"] for path, row in rows.items()}
    assert actions == {"cut.so": "rebuilt", "greet.o": "nothing", "signed": "refused", "whole.so": "nothing"}
    assert {row["root"] for row in rows.values()} == {"."}
    assert ran.code == 1


def test_json_of_a_name_that_is_no_utf8_carries_its_bytes(place: Path) -> None:
    name = os.fsdecode(b"vendor\xff.so")
    shutil.copy(CUT, place / name)
    (row,) = valid("elfkit.rebuild-sections/1", rebuild(name, "--dry-run", "--json", cwd=place).out)
    assert bytes.fromhex(row["path_hex"]) == b"vendor\xff.so"


def test_two_runs_write_the_same_bytes(place: Path) -> None:
    for form in ("text", "json"):
        runs = {rebuild("--dry-run", "-v", "cut.so", "--format", form, cwd=place).out for _ in range(2)}
        assert len(runs) == 1
    written = []
    for name in ("one", "two"):
        rebuild("cut.so", "-o", name, cwd=place)
        written.append((place / name).read_bytes())
    assert written[0] == written[1]


def test_quiet_says_nothing_of_what_went_well(place: Path) -> None:
    ran = rebuild("-q", "cut.so", "whole.so", "--output-dir", "sdk", cwd=place)
    assert (ran.code, ran.out, ran.err) == (0, b"", b"")
    shutil.copy(OBJECT, place / "greet.o")
    ran = rebuild("-q", "greet.o", "-o", "out", cwd=place)
    assert (ran.code, ran.out, len(ran.sentences)) == (1, b"", 1)


def test_verbose_shows_the_rows_their_bytes_and_what_was_verified(place: Path) -> None:
    shown = rebuild("-v", "cut.so", "-o", "out.so", cwd=place).text
    assert "DT_SYMTAB at 0x" in shown
    assert "verified  all 2000 bytes are the original's" in shown


def test_every_kind_of_verification_and_numbering_is_done_as_it_is_asked(place: Path) -> None:
    ran = rebuild("cut.so", "-o", "out.so", "--verify=independent", "--json", cwd=place)
    (row,) = json.loads(ran.out)
    assert [check["name"] for check in row["checks"][-2:]] == ["pyelftools", "LIEF"]
    ran = rebuild("cut.so", "-o", "out.so", "--shndx=off", cwd=place)
    assert "warning" in ran.text
    assert rebuild("cut.so", "--dry-run", "--symbols", "8", cwd=place).code == 0


def test_an_intact_tree_is_left_alone(tmp_path: Path) -> None:
    tree = tmp_path / "rootfs"
    shutil.copytree(CLEAN, tree, symlinks=True)
    rebuild(tree, "--in-place", cwd=tmp_path)
    ran = rebuild(tree, "--output-dir", "sdk", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, b"")
    assert re.fullmatch(r"0 of \d+ ELF files rebuilt, \d+ need nothing\.\n", ran.text)
    assert os.listdir(tmp_path) == ["rootfs"]
