"""`elfkit rebuild-sections DIRECTORY`: what is in it, under the names it has there, and nothing beside it."""

import os
import re
import shutil
import socket
from pathlib import Path

import pytest

from elfkit_cli.main import main
from tests.cli.command import HELLO, ROOT, Ran, as_nobody, elfkit
from tests.cli.terminal import on_terminal
from tests.needs import needs

X86_64 = ROOT / "fixtures/machines/x86_64"
CUT, WHOLE, OBJECT = X86_64 / "libgreet.noshdr.so", X86_64 / "libgreet.so", X86_64 / "greet.o"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An unpacked device, some of whose libraries lost their section headers."""
    root = tmp_path / "rootfs"
    for folder in ("usr/lib", "opt/vendor", "lib/modules"):
        (root / folder).mkdir(parents=True)
    shutil.copy(CUT, root / "usr/lib/libgreet.so.1.2")
    shutil.copy(HELLO.with_name("hello.noshdr"), root / "opt/vendor/hello")
    shutil.copy(WHOLE, root / "usr/lib/libwhole.so")
    shutil.copy(OBJECT, root / "lib/modules/greet.ko")
    (root / "opt/vendor/notes").write_text("no ELF file")
    (root / "usr/lib/libgreet.so.1").symlink_to("libgreet.so.1.2")
    (root / "usr/lib/libgreet.so").symlink_to("libgreet.so.1")
    return root


def rebuild(*arguments: str | Path, cwd: Path) -> Ran:
    return elfkit("rebuild-sections", *arguments, cwd=cwd)


def content(root: Path) -> dict[str, bytes | str]:
    """Every file and link below a folder."""
    below = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_symlink() or path.is_file()}
    return {name: os.readlink(path) if path.is_symlink() else path.read_bytes() for name, path in below.items()}


def test_what_needs_it_is_rebuilt_under_the_names_of_the_tree(tree: Path) -> None:
    before = content(tree)
    ran = rebuild("rootfs", "--output-dir", "sdk", cwd=tree.parent)
    assert (ran.code, ran.err) == (0, b"")
    written = content(tree.parent / "sdk")
    assert sorted(written) == [
        *("opt/vendor/hello", "usr/lib/libgreet.so", "usr/lib/libgreet.so.1", "usr/lib/libgreet.so.1.2"),
    ]
    assert written["usr/lib/libgreet.so"] == "libgreet.so.1"
    assert (tree.parent / "sdk/usr/lib/libgreet.so").read_bytes().startswith(CUT.read_bytes()[:40])
    assert content(tree) == before
    assert ran.text.splitlines()[-1] == "2 of 4 ELF files rebuilt, 2 need nothing, 2 links made."
    assert [re.sub(r": \d+ sections .*", "", text) for text in ran.text.splitlines()[:2]] == [
        "rootfs: opt/vendor/hello",
        "rootfs: usr/lib/libgreet.so.1.2",
    ]


def test_a_second_run_does_the_same_again(tree: Path) -> None:
    first = rebuild("rootfs", "--output-dir", "sdk", cwd=tree.parent)
    written = content(tree.parent / "sdk")
    assert rebuild("rootfs", "--output-dir", "sdk", cwd=tree.parent) == first
    assert content(tree.parent / "sdk") == written


def test_in_place_a_tree_keeps_all_its_names(tree: Path) -> None:
    before = content(tree)
    ran = rebuild("rootfs", "--in-place", cwd=tree.parent)
    assert (ran.code, ran.err) == (0, b"")
    after = content(tree)
    assert sorted(after) == sorted(before)
    assert {name for name in after if after[name] != before[name]} == {"opt/vendor/hello", "usr/lib/libgreet.so.1.2"}
    assert rebuild("rootfs", "--in-place", cwd=tree.parent).text == "0 of 4 ELF files rebuilt, 4 need nothing.\n"


def test_a_dry_run_of_a_tree_shows_each_table_and_writes_nothing(tree: Path) -> None:
    before = content(tree)
    ran = rebuild("rootfs", "--dry-run", cwd=tree.parent)
    assert ran.text.count(" sections would be rebuilt") == 2
    assert ran.text.splitlines()[-1] == "2 of 4 ELF files would be rebuilt, 2 need nothing."
    assert content(tree) == before


def test_links_and_special_files_are_not_followed_or_opened(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(CUT, outside / "libout.so")
    (tree / "usr/lib/libout.so").symlink_to(outside / "libout.so")
    (tree / "usr/lib/linked").symlink_to(outside)
    (tree / "usr/lib/up.so").symlink_to("../../../outside/libout.so")
    (tree / "loop").symlink_to("loop")
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
    ran = rebuild("rootfs", "--in-place", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, b"")
    assert (outside / "libout.so").read_bytes() == CUT.read_bytes()
    assert rebuild("rootfs", "--output-dir", "sdk", cwd=tmp_path).code == 0
    assert not (tmp_path / "sdk").exists()


@pytest.mark.usefixtures("tree")
def test_nothing_is_written_through_a_link_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk/usr").symlink_to("../elsewhere")
    ran = rebuild("rootfs", "--output-dir", "sdk", cwd=tmp_path)
    assert ran.code == 2
    assert "elfkit: sdk/usr/lib/libgreet.so.1.2: cannot be written: a symbolic link leads out of sdk" in ran.sentences
    assert os.listdir(tmp_path / "elsewhere") == []

    shutil.rmtree(tmp_path / "sdk")
    (tmp_path / "sdk/opt/vendor").mkdir(parents=True)
    (tmp_path / "sdk/opt/vendor/hello").symlink_to("../../../elsewhere/hello")
    ran = rebuild("rootfs", "--output-dir", "sdk", cwd=tmp_path)
    assert ran.code == 2
    assert os.listdir(tmp_path / "elsewhere") == []


def test_the_tree_itself_is_no_output_directory(tree: Path) -> None:
    before = content(tree)
    ran = rebuild("rootfs", "--output-dir", "rootfs/.", cwd=tree.parent)
    assert ran.code == 2
    assert all("--in-place replaces it" in sentence for sentence in ran.sentences)
    assert content(tree) == before


def test_an_output_directory_inside_the_tree_is_not_walked_into(tree: Path) -> None:
    for _ in range(2):
        ran = rebuild(".", "--output-dir", "sdk", cwd=tree)
        assert ran.text.splitlines()[-1] == "2 of 4 ELF files rebuilt, 2 need nothing, 2 links made."


def test_backups_and_what_an_interrupted_run_left_are_no_input(tree: Path) -> None:
    shutil.copy(CUT, tree / "usr/lib/.elfkit-abcdefgh")
    for count in ("2", "0"):
        ran = rebuild("rootfs", "--in-place", "--backup", ".orig", cwd=tree.parent)
        assert ran.text.splitlines()[-1].startswith(f"{count} of 4 ELF files rebuilt")
    assert (tree / "usr/lib/libgreet.so.1.2.orig").read_bytes() == CUT.read_bytes()
    assert sorted(path.name for path in tree.rglob("*.orig*")) == ["hello.orig", "libgreet.so.1.2.orig"]
    assert (tree / "usr/lib/.elfkit-abcdefgh").read_bytes() == CUT.read_bytes()


@pytest.mark.parametrize("where", [("--in-place",), ("--in-place", "--backup", ".orig"), ("--output-dir", "sdk")])
def test_a_file_with_two_names_in_the_tree_is_rebuilt_once_and_keeps_both(tree: Path, where: tuple[str, ...]) -> None:
    os.link(tree / "usr/lib/libgreet.so.1.2", tree / "opt/vendor/libgreet.so")
    ran = rebuild("rootfs", *where, cwd=tree.parent)
    assert (ran.code, ran.err) == (0, b"")
    assert "2 of 4 ELF files rebuilt" in ran.text
    root = tree.parent / "sdk" if "sdk" in where else tree
    one, other = root / "usr/lib/libgreet.so.1.2", root / "opt/vendor/libgreet.so"
    assert one.samefile(other)
    assert one.read_bytes() != CUT.read_bytes()
    if ".orig" in where:
        assert (root / "opt/vendor/libgreet.so.orig").read_bytes() == CUT.read_bytes()


def test_names_outside_the_tree_keep_the_old_bytes_and_are_counted(tree: Path) -> None:
    for name in (tree / "opt/vendor/libgreet.so", tree.parent / "outside.so"):
        os.link(tree / "usr/lib/libgreet.so.1.2", name)
    ran = rebuild("rootfs", "--in-place", cwd=tree.parent)
    assert [text.rpartition(": ")[2] for text in ran.sentences] == [
        "1 more of its names (hard links) keep the old bytes"
    ]
    assert (tree.parent / "outside.so").read_bytes() == CUT.read_bytes()


def test_an_output_directory_that_is_a_file_is_told(tree: Path) -> None:
    (tree.parent / "sdk").write_text("a file")
    ran = rebuild("rootfs", "--output-dir", "sdk", cwd=tree.parent)
    assert ran.code == 2
    assert ran.sentences[0] == "elfkit: sdk: cannot be written: it is no directory"


def test_two_trees_with_one_name_say_which_was_there_first(tree: Path) -> None:
    shutil.copytree(tree, tree.parent / "other", symlinks=True)
    ran = rebuild("rootfs", "other", "--output-dir", "sdk", cwd=tree.parent)
    assert ran.code == 2
    assert any("rootfs: opt/vendor/hello was written there just before" in text for text in ran.sentences)


def test_another_file_at_a_links_name_is_told_and_stays(tree: Path) -> None:
    there = tree.parent / "sdk/usr/lib/libgreet.so"
    there.parent.mkdir(parents=True)
    there.write_text("somebody's")
    ran = rebuild("rootfs", "--output-dir", "sdk", cwd=tree.parent)
    assert ran.code == 0
    assert len(ran.sentences) == 1
    assert "no link to libgreet.so.1 was made" in ran.sentences[0]
    assert there.read_text() == "somebody's"


def test_one_refused_file_does_not_keep_the_others(tree: Path) -> None:
    (tree / "opt/vendor/signed").write_bytes(CUT.read_bytes() + b"signature" * 9)
    (tree / "opt/vendor/short").write_bytes(CUT.read_bytes()[:30])
    ran = rebuild("rootfs", "--output-dir", "sdk", cwd=tree.parent)
    assert ran.code == 1
    assert len(ran.sentences) == 2
    assert ran.text.splitlines()[-1] == "2 of 6 ELF files rebuilt, 2 need nothing, 2 refused, 2 links made."


@needs("root")
def test_what_cannot_be_read_in_a_tree_is_told_and_the_rest_is_done(tree: Path) -> None:
    shutil.copy(CUT, tree / "secret")
    (tree / "secret").chmod(0)
    (tree / "closed").mkdir(mode=0)
    for folder in (tree, *tree.parents[:3]):
        folder.chmod(0o755)
    (tree.parent / "sdk").mkdir()
    (tree.parent / "sdk").chmod(0o777)
    ran = as_nobody("rebuild-sections", "rootfs", "--output-dir", "sdk", cwd=tree.parent)
    assert ran.code == 1
    assert sorted(ran.sentences) == [
        "elfkit: rootfs: closed: permission denied",
        "elfkit: rootfs: secret: permission denied",
    ]
    assert "2 of 6 ELF files rebuilt" in ran.text


def test_progress_of_a_tree_is_shown_on_a_terminal(tree: Path) -> None:
    program = (
        *("-c", "import sys; from elfkit_cli import main, progress; progress.PATIENCE = 0; sys.exit(main.main())"),
    )
    seen = on_terminal("rebuild-sections", str(tree), "--dry-run", program=program)
    assert b"files read" in seen.shown
    assert b"files read" not in on_terminal("rebuild-sections", str(tree), "--dry-run", "-q", program=program).shown


def test_a_directory_that_cannot_be_listed_is_unusable(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rebuild-sections", str(tree / "missing/"), "--dry-run"]) == 2
    assert "no such file or directory" in capsys.readouterr().err
