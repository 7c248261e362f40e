import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfkit.firmware.paths import Ending, Followed, Paths
from elfkit.firmware.tree import read_tree
from tests.firmware.chroot import kernel_answers
from tests.firmware.plants import Content, grow
from tests.needs import needs


def test_all_that_bears_a_name_is_found_once_sorted() -> None:
    paths = Paths(frozenset({"", "a", "b", "x"}), frozenset({"b/x", "a/x", "a/y"}), {"x/x": "../y"})
    assert (paths.named("x"), paths.named("y"), paths.named("z")) == (("a/x", "b/x", "x/x"), ("a/y",), ())


ERRORS = {Ending.MISSING: "ENOENT", Ending.LOOP: "ELOOP", Ending.NOT_A_DIRECTORY: "ENOTDIR"}

ROOT: dict[str, Content] = {
    "lib/libc.so": b"",
    "lib/ld.so.1": "-> libc.so",
    "usr/lib/libz.so.1": b"",
    "usr/lib/libz.so": "-> libz.so.1",
    "usr/lib64": "-> lib",
    "lib64": "-> /usr/lib64",
    "absolute": "-> /lib/libc.so",
    "up": "-> ../../../../lib/libc.so",
    "usr/up": "-> ../../../lib/libc.so",
    "dangling": "-> /nowhere/at/all",
    "self": "-> self",
    "a": "-> b",
    "b": "-> a",
    "deep/loop": "-> ../deep/loop/x",
    "top": "-> /",
    "dotted": "-> ./usr/./lib/../lib/",
    "through-file": "-> lib/libc.so/x",
    "through-loop": "-> a/x",
    "slashed-file": "-> lib/libc.so/",
    "proc/1/exe": b"",
}

PATHS: dict[str, str | Ending] = {
    "/lib/libc.so": "lib/libc.so",
    "lib/libc.so": "lib/libc.so",
    "//lib///libc.so": "lib/libc.so",
    "./lib/./libc.so": "lib/libc.so",
    "/lib/../lib/libc.so": "lib/libc.so",
    "/../../lib/libc.so": "lib/libc.so",
    "": "",
    "/": "",
    "..": "",
    "/..": "",
    "/lib": "lib",
    "/lib/": "lib",
    "/lib/.": "lib",
    "/lib/ld.so.1": "lib/libc.so",
    "/usr/lib/libz.so": "usr/lib/libz.so.1",
    "/lib64/libz.so": "usr/lib/libz.so.1",
    "/lib64": "usr/lib",
    "/lib64/": "usr/lib",
    "/lib64/..": "usr",
    "/absolute": "lib/libc.so",
    "/up": "lib/libc.so",
    "/usr/up": "lib/libc.so",
    "/top/top/top/lib/ld.so.1": "lib/libc.so",
    "/dotted": "usr/lib",
    "/dotted/libz.so": "usr/lib/libz.so.1",
    "/nowhere": Ending.MISSING,
    "/nowhere/..": Ending.MISSING,
    "/lib/nothing.so": Ending.MISSING,
    "/dangling": Ending.MISSING,
    "/dangling/x": Ending.MISSING,
    "/self": Ending.LOOP,
    "/self/x": Ending.LOOP,
    "/a": Ending.LOOP,
    "/b/x/y": Ending.LOOP,
    "/deep/loop": Ending.LOOP,
    "/through-loop": Ending.LOOP,
    "/lib/libc.so/x": Ending.NOT_A_DIRECTORY,
    "/lib/libc.so/": Ending.NOT_A_DIRECTORY,
    "/lib/libc.so/.": Ending.NOT_A_DIRECTORY,
    "/lib/libc.so/..": Ending.NOT_A_DIRECTORY,
    "/lib/ld.so.1/": Ending.NOT_A_DIRECTORY,
    "/lib/libc.so/../libc.so": Ending.NOT_A_DIRECTORY,
    "/through-file": Ending.NOT_A_DIRECTORY,
    "/slashed-file": Ending.NOT_A_DIRECTORY,
}


def paths_of(root: Path) -> Paths:
    return read_tree(str(root), needs=frozenset()).paths


def chain(length: int, target: str = "file") -> dict[str, Content]:
    """`length` links, each to the next, the last to `target`."""
    links: dict[str, Content] = {f"link{number}": f"-> link{number + 1}" for number in range(length - 1)}
    return {**links, f"link{length - 1}": f"-> {target}", "file": b""}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grow(tmp_path_factory.mktemp("root"), ROOT)


@pytest.mark.parametrize(("path", "expected"), PATHS.items(), ids=map(repr, PATHS))
def test_a_path_leads_where_the_device_would_take_it(root: Path, path: str, expected: str | Ending) -> None:
    followed = paths_of(root).follow(path)
    if isinstance(expected, Ending):
        assert (followed.path, followed.ending) == (None, expected)
    else:
        assert (followed.path, followed.ending) == (expected, Ending.FOUND)


@needs("root")
def test_the_kernel_agrees_on_every_path_of_the_table(root: Path) -> None:
    wanted = {path: answer for path, answer in PATHS.items() if path}  # the kernel has no empty path
    expected = [ERRORS[answer] if isinstance(answer, Ending) else inode(root / answer) for answer in wanted.values()]
    assert kernel_answers(root, [*wanted]) == expected


def test_forty_links_are_followed_and_one_more_is_a_loop(tmp_path: Path) -> None:
    forty = paths_of(grow(tmp_path / "forty", chain(40))).follow("/link0")
    assert (forty.path, len(forty.hops)) == ("file", 40)
    more = paths_of(grow(tmp_path / "more", chain(41))).follow("/link0")
    assert (more.path, more.ending) == (None, Ending.LOOP)


@needs("root")
def test_the_kernel_follows_forty_links_too(tmp_path: Path) -> None:
    grow(tmp_path, chain(41))
    assert kernel_answers(tmp_path, ["/link0", "/link1"]) == ["ELOOP", inode(tmp_path / "file")]


def test_links_are_counted_over_the_whole_path(tmp_path: Path) -> None:
    paths = paths_of(grow(tmp_path, {"here": "-> .", "file": b""}))
    assert paths.follow("here/" * 40 + "file").path == "file"
    assert paths.follow("here/" * 41 + "file").ending is Ending.LOOP


def test_the_links_taken_are_told_in_order(root: Path) -> None:
    followed = paths_of(root).follow("/lib64/libz.so")
    assert followed.hops == (
        ("lib64", "/usr/lib64"),
        ("usr/lib64", "lib"),
        ("usr/lib/libz.so", "libz.so.1"),
    )


def test_the_links_up_to_a_dead_end_are_told_too(root: Path) -> None:
    assert paths_of(root).follow("/dangling").hops == (("dangling", "/nowhere/at/all"),)


def test_nothing_is_known_below_a_pseudo_file_system(root: Path) -> None:
    assert paths_of(root).follow("/proc").path == "proc"
    assert paths_of(root).follow("/proc/1/exe").ending is Ending.MISSING


def test_a_second_question_gets_the_same_answer(root: Path) -> None:
    paths = paths_of(root)
    assert paths.follow("/lib64/libz.so") is paths.follow("/lib64/libz.so")


def test_the_host_is_never_asked(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"")
    paths = paths_of(grow(tmp_path / "root", {"out": f"-> {outside}", "above": "-> ../secret"}))
    assert paths.follow("/out") == Followed(None, Ending.MISSING, (("out", str(outside)),))
    assert paths.follow("/above").path is None


def inode(place: Path) -> tuple[int, int]:
    status = os.lstat(place)
    return status.st_dev, status.st_ino


names = st.sampled_from("abc")
words = st.sampled_from(["a", "b", "c", "..", ".", ""])
texts = st.builds(lambda start, parts: start + "/".join(parts), st.sampled_from(["", "/"]), st.lists(words, max_size=4))
entries = st.tuples(st.integers(0, 9), names, st.one_of(st.none(), st.just(b""), texts.filter(bool)))


def plant(root: Path, rows: list[tuple[int, str, bytes | str | None]]) -> None:
    """Each row is put into one of the directories made so far, unless its name is taken."""
    folders = [root]
    for where, name, what in rows:
        place = folders[where % len(folders)] / name
        if os.path.lexists(place):
            continue
        if what is None:
            place.mkdir()
            folders.append(place)
        elif isinstance(what, bytes):
            place.write_bytes(what)
        else:
            place.symlink_to(what)


@needs("root")
@settings(max_examples=60)
@given(rows=st.lists(entries, min_size=3, max_size=10), asked=st.lists(texts.filter(bool), min_size=5, max_size=20))
def test_every_path_leads_where_the_kernel_goes_after_chroot(
    rows: list[tuple[int, str, bytes | str | None]], asked: list[str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="elfkit-") as folder:
        root = Path(folder)
        plant(root, rows)
        paths = paths_of(root)
        for path, answer in zip(asked, kernel_answers(root, asked), strict=True):
            followed = paths.follow(path)
            mine = ERRORS[followed.ending] if followed.path is None else inode(root / followed.path)
            assert (path, mine) == (path, answer)
