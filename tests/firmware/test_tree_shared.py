"""A tree that several processes read is the one that one process reads."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.errors import ReadError
from elfkit.facts.facts import DEAR, LINKAGE, Facts
from elfkit.firmware import processes
from elfkit.firmware import tree as tree_module
from elfkit.firmware.processes import Child, Work
from elfkit.firmware.reader import Gathered, Reader, Skipped, joined
from elfkit.firmware.tree import Tree, Unfinished, read_tree
from elfkit.firmware.walk import EntryKind, walk
from elfkit.image.source import Source
from elfkit.limits import DEFAULT_LIMITS
from tests.cli.command import ROUTER
from tests.firmware.plants import fixture, grow

EVERYTHING = DEAR | {LINKAGE}
COLUMNS = ("members", "scripts", "script_arguments", "foreign", "unreadable", "special", "pseudo", "file_count")


@pytest.fixture
def forest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Many files of all kinds, among them hard links that no two processes meet in one block."""
    library = fixture("mips-soft/libgreet.so")
    plan = {f"usr/lib/{number:03}.so": library + bytes(number % 7) for number in range(150)}
    grow(tmp_path, {**plan, "bin/x": fixture("mips-soft/hello"), "bin/y": b"#!/bin/sh -e\n", "bin/z.exe": b"MZ" * 40})
    for number in range(300):
        (tmp_path / f"usr/{number:03}.txt").write_bytes(b"text")
    for place in ("a", "usr/lib/zzz.so", "usr/middle"):
        os.link(tmp_path / "usr/lib/100.so", tmp_path / place)
    monkeypatch.setattr(tree_module, "FEWEST_FILES", 0)
    return tmp_path


def columns(tree: Tree) -> list[object]:
    return [getattr(tree, name) for name in COLUMNS] + [list(tree.scripts), list(tree.by_path)]


@pytest.mark.parametrize("jobs", [2, 3, 7])
def test_it_is_the_same_tree(forest: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = read_tree(str(forest), needs=EVERYTHING)
    starts: list[Reader] = []
    restart = Reader.restart

    def noted(self: Reader) -> None:
        starts.append(self)
        restart(self)

    monkeypatch.setattr(Reader, "restart", noted)
    shared = read_tree(str(forest), needs=EVERYTHING, jobs=jobs)
    assert columns(shared) == columns(alone)
    assert len(starts) == 1, "what a child had read did not come, and was read again"
    assert alone.member("usr/lib/100.so") is alone.member("a")
    assert len(alone.members) == 151


def test_it_is_the_same_tree_though_a_child_is_killed(forest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had taken is read last, and has the first name of a file with several."""
    parent, read, do_all = os.getpid(), Reader.read, processes._do_all

    def deadly(self: Reader, path: str) -> None:
        if path == "a" and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        read(self, path)

    def late(work: Work[Gathered], blocks: list[range], queue: int, children: list[Child[Gathered]]) -> None:
        os.waitid(os.P_PID, children[0].pid, os.WEXITED | os.WNOWAIT)
        do_all(work, blocks, queue, children)

    members = read_tree(str(forest), needs=EVERYTHING).members
    sizes = [member.facts.linkage.size for member in members if member.facts.linkage]
    limits = replace(DEFAULT_LIMITS, tree_linkage_bytes=sum(sizes) // 2)
    alone = read_tree(str(forest), needs=EVERYTHING, limits=limits)
    monkeypatch.setattr(Reader, "read", deadly)
    monkeypatch.setattr(processes, "_do_all", late)
    assert columns(read_tree(str(forest), needs=EVERYTHING, limits=limits, jobs=2)) == columns(alone)


def test_where_one_name_of_a_file_cannot_be_read_another_stands_for_it(
    forest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Reader._facts

    def failing(self: Reader, source: Source) -> Facts:
        if source.name.endswith("/a"):
            raise ReadError(source.name, "input/output error")
        return facts(self, source)

    monkeypatch.setattr(Reader, "_facts", failing)
    for jobs in (1, 3):
        tree = read_tree(str(forest), jobs=jobs)
        assert tree.unreadable == (Skipped("a", "input/output error"),)
        assert tree.member("a") is None
        (other,) = [member for member in tree.members if member.path == "usr/middle"]
        assert other.aliases == ("usr/lib/100.so", "usr/lib/zzz.so")


def test_the_router_is_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "FEWEST_FILES", 0)
    assert columns(read_tree(str(ROUTER), jobs=2)) == columns(read_tree(str(ROUTER)))


def test_the_same_tables_are_beyond_the_limit_of_a_tree(forest: Path) -> None:
    members = read_tree(str(forest), needs=EVERYTHING).members
    sizes = [member.facts.linkage.size for member in members if member.facts.linkage]
    limits = replace(DEFAULT_LIMITS, tree_linkage_bytes=sum(sizes) // 2)
    alone = read_tree(str(forest), needs=EVERYTHING, limits=limits)
    shared = read_tree(str(forest), needs=EVERYTHING, limits=limits, jobs=3)
    assert columns(shared) == columns(alone)
    kept = [member.facts.linkage.symbols_offset >= 0 for member in alone.members if member.facts.linkage]
    assert {True, False} == {*kept}


def test_what_others_read_beyond_the_limit_of_a_tree_is_not_held(forest: Path) -> None:
    members = read_tree(str(forest), needs=EVERYTHING).members
    sizes = [member.facts.linkage.size for member in members if member.facts.linkage]
    limits = replace(DEFAULT_LIMITS, tree_linkage_bytes=sum(sizes) // 5)
    alone = read_tree(str(forest), needs=EVERYTHING, limits=limits)
    paths = [entry.path for entry in walk(str(forest)) if entry.kind is EntryKind.FILE]
    first, *others = [Reader(str(forest), EVERYTHING, limits, Gathered()) for _ in range(6)]
    parts = [first.gathered]
    work = tree_module._work(first, paths, parts, None)
    held = []
    for start in range(0, len(paths), 60):
        for number, reader in enumerate((first, *others)):
            for path in paths[start + number * 10 : start + number * 10 + 10]:
                reader.read(path)
            if number:
                work.take(reader.hand_over())
            held.append(sum(part.linkage_bytes for part in parts[1:]))
    assert limits.tree_linkage_bytes < max(held) <= 2 * limits.tree_linkage_bytes
    whole = joined(parts, paths, limits)
    assert list(whole.images) == sorted(whole.images, key=paths.index)
    assert {path: facts for path, (_, facts) in whole.images.items()} == {m.path: m.facts for m in alone.members}


def test_a_small_tree_is_read_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", None)
    grow(tmp_path, {f"{number}": b"text" for number in range(tree_module.FEWEST_FILES - 1)})
    assert read_tree(str(tmp_path), jobs=8).file_count == tree_module.FEWEST_FILES - 1


def test_ctrl_c_leaves_what_all_had_read(forest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    parent, read = os.getpid(), Reader.read

    def slow(self: Reader, path: str) -> None:
        if os.getpid() != parent:
            time.sleep(0.01)  # so that it does not read all there is
        read(self, path)

    def interrupt(count: int, _: str) -> None:
        seen.append(count)
        if len(seen) == 3:
            raise KeyboardInterrupt

    whole = {member.path: member.facts for member in read_tree(str(forest)).members}
    monkeypatch.setattr(Reader, "read", slow)
    with pytest.raises(Unfinished) as caught:
        read_tree(str(forest), jobs=2, progress=interrupt)
    assert all(whole[member.path] == member.facts for member in caught.value.members if member.path in whole)
    assert 64 <= caught.value.files <= 456
    assert len({member.path for member in caught.value.members}) == len(caught.value.members)
