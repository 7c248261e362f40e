import dataclasses
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from elfkit.errors import ReadError
from elfkit.facts.facts import conclude
from elfkit.facts.kind import Kind
from elfkit.firmware import reader as reader_module
from elfkit.firmware.reader import Skipped
from elfkit.firmware.tree import Tree, read_tree
from elfkit.image.image import Image
from elfkit.limits import DEFAULT_LIMITS
from tests.elfwriter import build
from tests.firmware.hostility import alarm, public_folder, without_rights
from tests.firmware.plants import MIPS, Content, fixture, grow, library, program, router, tree_of

GONE = "no such file or directory"


def names(tree: Tree) -> list[str]:
    return [member.path for member in tree.members]


def during(action: Callable[[str], None]) -> Callable[[int, str], None]:
    """A progress callback that does something just before a file is opened."""

    def progress(_: int, path: str) -> None:
        action(path)

    return progress


def test_elf_files_are_found_by_their_first_bytes_alone(tmp_path: Path) -> None:
    plan = {"a.txt": fixture("mips-soft/hello"), "b.so": b"\x7fEL", "c": b"text", "d": b"", "e.ko": b"\x7fELF"}
    tree = tree_of(tmp_path, plan)
    assert names(tree) == ["a.txt", "e.ko"]
    assert tree.file_count == 5
    assert (tree.unreadable, tree.special, tree.pseudo) == ((), (), ())


def test_members_are_sorted_and_found_under_every_name(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"lib/libc.so": library(), "lib/ld.so": "-> libc.so", "bin/x": program(), "l": "-> lib"})
    assert names(tree) == ["bin/x", "lib/libc.so"]
    for name in ("lib/libc.so", "/lib/libc.so", "/lib/ld.so", "/l/ld.so", "//lib/./libc.so"):
        found = tree.member(name)
        assert found
        assert found.path == "lib/libc.so"
    assert tree.member("/lib") is None
    assert tree.member("/nowhere") is None


def test_symbolic_links_become_aliases_of_the_file_they_lead_to(tmp_path: Path) -> None:
    links = {"bin/sh": "-> box", "sbin/init": "-> /bin/box", "usr/bin/ls": "-> ../../bin/sh", "lost": "-> nowhere"}
    tree = tree_of(tmp_path, {"bin/box": program(), **links})
    assert names(tree) == ["bin/box"]
    assert tree.members[0].aliases == ("bin/sh", "sbin/init", "usr/bin/ls")


def test_hard_links_are_one_member_and_are_read_once(tmp_path: Path) -> None:
    grow(tmp_path, {"bin/box": program(), "bin/sh": "-> box", "usr/to-wget": "-> /usr/wget"})
    for name in ("bin/cat", "usr/wget"):
        os.link(tmp_path / "bin/box", tmp_path / name)
    tree = read_tree(str(tmp_path), needs=frozenset())
    assert [(member.path, member.aliases) for member in tree.members] == [
        ("bin/box", ("bin/cat", "bin/sh", "usr/to-wget", "usr/wget"))
    ]
    assert tree.file_count == 3
    for name in ("/usr/wget", "/usr/to-wget", "/bin/sh"):
        assert tree.member(name) is tree.members[0]


def test_a_file_beside_a_text_with_several_hard_links_keeps_its_own_name(tmp_path: Path) -> None:
    grow(tmp_path, {"a": b"text", "b": program()})
    os.link(tmp_path / "a", tmp_path / "c")
    tree = read_tree(str(tmp_path), needs=frozenset())
    assert [(member.path, member.aliases) for member in tree.members] == [("b", ())]


def test_equal_files_that_are_not_linked_stay_two(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a": program(), "b": program()})
    assert names(tree) == ["a", "b"]


def test_modes_are_kept(tmp_path: Path) -> None:
    grow(tmp_path, {"su": program()})
    (tmp_path / "su").chmod(0o4755)
    mode = read_tree(str(tmp_path)).members[0].mode
    assert (stat.S_ISREG(mode), stat.S_IMODE(mode)) == (True, 0o4755)


@pytest.mark.parametrize(
    ("head", "interpreter"),
    [
        (b"#!/bin/sh\n", "/bin/sh"),
        (b"#! /usr/bin/env lua\nprint(1)", "/usr/bin/env"),
        (b"#!\t/bin/ash -e", "/bin/ash"),
        (b"#!/bin/\xff\n", "/bin/\udcff"),
        (b"#!/bin/sh\r\n", "/bin/sh\r"),
        (b"#!/bin/sh\x0b-e\n", "/bin/sh\x0b-e"),
        (b"#!/bin/sh\0-e\n", "/bin/sh"),
        (b"#!\n/bin/sh", None),
        (b"#!", None),
        (b"# !/bin/sh", None),
    ],
)
def test_a_script_names_its_interpreter(tmp_path: Path, head: bytes, interpreter: str | None) -> None:
    tree = tree_of(tmp_path, {"script": head})
    assert tree.scripts.get("script") == interpreter
    assert tree.members == ()


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK], ids=["FIFO", "socket"])
def test_a_special_file_is_told_and_does_not_block(tmp_path: Path, kind: int) -> None:
    os.mknod(tmp_path / "odd", kind | 0o644)
    with alarm():
        tree = tree_of(tmp_path, {"bin/x": program()})
    assert tree.special == (Skipped("odd", "FIFO, socket or device"),)
    assert names(tree) == ["bin/x"]


def test_a_file_that_becomes_a_fifo_before_it_is_opened_does_not_block(tmp_path: Path) -> None:
    def swap(path: str) -> None:
        (tmp_path / path).unlink()
        os.mkfifo(tmp_path / path)

    grow(tmp_path, {"x": program()})
    with alarm():
        tree = read_tree(str(tmp_path), progress=during(swap))
    assert tree.unreadable == (Skipped("x", "is a FIFO"),)


def test_a_file_that_becomes_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    def swap(path: str) -> None:
        (tmp_path / "root" / path).unlink()
        (tmp_path / "root" / path).symlink_to(tmp_path / "outside")

    grow(tmp_path, {"outside": program(), "root/x": program()})
    tree = read_tree(str(tmp_path / "root"), progress=during(swap))
    assert names(tree) == []
    assert tree.unreadable == (Skipped("x", "is a symbolic link"),)


def test_a_file_that_vanishes_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    def vanish(path: str) -> None:
        if path == "b":
            (tmp_path / path).unlink()

    grow(tmp_path, {"a": program(), "b": program(), "c": program()})
    tree = read_tree(str(tmp_path), progress=during(vanish))
    assert names(tree) == ["a", "c"]
    assert tree.unreadable == (Skipped("b", GONE),)


def test_a_file_that_fails_while_it_is_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ReadError("x", "input/output error")

    monkeypatch.setattr(reader_module, "conclude", fail)
    tree = tree_of(tmp_path, {"x": program(), "script": b"#!/bin/sh"})
    assert tree.unreadable == (Skipped("x", "input/output error"),)
    assert tree.scripts == {"script": "/bin/sh"}


def test_a_file_cut_between_listing_and_reading_is_a_damaged_member(tmp_path: Path) -> None:
    grow(tmp_path, {"x": program()})
    tree = read_tree(str(tmp_path), progress=during(lambda path: os.truncate(tmp_path / path, 20)))
    assert tree.members[0].facts.kind.value is Kind.UNKNOWN
    assert tree.members[0].facts.sizes.value.file == 20


def test_what_the_user_may_not_read_is_told_and_the_rest_is_read() -> None:
    with public_folder() as folder:
        grow(folder, {"lib/closed.so": library(), "bin/open": program(), "private/x": program()})
        read_tree(str(folder))  # once with all rights, so that nothing is imported without them
        (folder / "lib/closed.so").chmod(0)
        (folder / "private").chmod(0)
        with without_rights():
            tree = read_tree(str(folder))
    assert tree.unreadable == (Skipped("lib/closed.so", "permission denied"), Skipped("private", "permission denied"))
    assert names(tree) == ["bin/open"]
    assert tree.paths.follow("/lib/closed.so").path == "lib/closed.so"


def test_one_descriptor_is_open_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    between: list[int] = []
    within: list[int] = []

    def counted(image: Image, needs: frozenset[str]) -> object:
        within.append(len(os.listdir("/proc/self/fd")))
        return conclude(image, needs)

    monkeypatch.setattr(reader_module, "conclude", counted)
    grow(tmp_path, {f"{number}": program() for number in range(50)})
    before = len(os.listdir("/proc/self/fd"))
    read_tree(str(tmp_path), progress=during(lambda _: between.append(len(os.listdir("/proc/self/fd")))))
    assert {*between} == {before}
    assert {*within} == {before + 1}
    assert len(os.listdir("/proc/self/fd")) == before


def test_progress_counts_every_regular_file(tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    grow(tmp_path, {"a": b"", "b/c": program(), "d": "-> a"})
    read_tree(str(tmp_path), progress=lambda count, path: seen.append((count, path)))
    assert seen == [(0, "a"), (1, "b/c")]


@pytest.mark.parametrize("name", [b"\xff\xfe.so", b"new\nline", b"\x1b[31m", b"\xe2\x80\xae"], ids=repr)
def test_a_member_may_have_any_name(tmp_path: Path, name: bytes) -> None:
    place = os.path.join(os.fsencode(tmp_path), name)
    with open(place, "wb") as file:
        file.write(build(MIPS))
    os.symlink(name, os.path.join(os.fsencode(tmp_path), b"link"))
    member = read_tree(str(tmp_path)).member("/link")
    assert member
    assert os.fsencode(member.path) == name
    assert member.aliases == ("link",)


def test_a_missing_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=GONE):
        read_tree(str(tmp_path / "nowhere"))


def test_an_empty_root_is_an_empty_tree(tmp_path: Path) -> None:
    tree = read_tree(str(tmp_path))
    assert (tree.members, tree.file_count, tree.scripts, tree.by_path) == ((), 0, {}, {})


def test_twenty_thousand_files_take_seconds_not_minutes(tmp_path: Path) -> None:
    for number in range(20_000):
        (tmp_path / f"{number:05}").touch()
    started = time.process_time()
    assert read_tree(str(tmp_path)).file_count == 20_000
    assert time.process_time() - started < 20


def test_a_text_is_read_inside_the_root_and_no_further_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("host")
    out = f"-> {tmp_path}/outside"
    plan: dict[str, Content] = {"etc/real": b"/lib\n\xff", "etc/conf": "-> /etc/real", "etc/out": out, "usr/x": b""}
    tree = tree_of(tmp_path / "root", plan)
    assert tree.read_text("/etc/conf") == "/lib\n\udcff"
    assert tree.read_text("/etc/conf", dataclasses.replace(DEFAULT_LIMITS, config_bytes=3)) == "/li"
    assert tree.read_text("/etc/out") is None
    assert tree.read_text("/etc") is None
    assert tree.read_text("/etc/absent") is None


def test_a_text_that_became_unreadable_is_none(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"etc/conf": b"/lib"})
    (tmp_path / "etc/conf").unlink()
    assert tree.read_text("/etc/conf") is None


def test_the_same_root_gives_the_same_members_twice(tmp_path: Path) -> None:
    grow(tmp_path, router({"bin/a": program("libc.so"), "bin/b": "-> a"}))
    one, two = read_tree(str(tmp_path)), read_tree(str(tmp_path))
    assert one.members == two.members
    assert len(one.members) == 3


def test_a_file_that_is_no_program_costs_one_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, {**{f"etc/{number}": b"x" * 9000 for number in range(20)}, "etc/empty": b"", "bin/x": program()})
    calls: list[tuple[str, int]] = []
    pread, fstat = os.pread, os.fstat

    def noted_pread(descriptor: int, size: int, offset: int) -> bytes:
        calls.append(("pread", size))
        return pread(descriptor, size, offset)

    def noted_fstat(descriptor: int) -> os.stat_result:
        calls.append(("fstat", descriptor))
        return fstat(descriptor)

    monkeypatch.setattr(os, "pread", noted_pread)
    monkeypatch.setattr(os, "fstat", noted_fstat)
    assert names(read_tree(str(tmp_path), needs=frozenset())) == ["bin/x"]
    assert [name for name, _ in calls].count("fstat") == 1
    assert calls.count(("pread", 4)) == 22
    assert sum(name == "pread" for name, _ in calls) <= 22 + 4


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    grow(tmp_path, {"a": b"text", "b": b"#!/bin/sh\n", "c": program(), "d": b"\x7fELF", "e": b"MZ"})
    before = len(os.listdir("/proc/self/fd"))
    read_tree(str(tmp_path))
    assert len(os.listdir("/proc/self/fd")) == before
