"""musl: the path file, and what musl takes itself for. Expected is ldso/dynlink.c load_library."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.firmware.needs import Outcome
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import read_tree
from fixtures.run_tree import run_in_tree
from tests.firmware.plants import FIXTURES, HARD_MUSL, SOFT_MUSL, X86_64, Content, asking, judged, library, program
from tests.firmware.searching import MUSL_PATH, find, system_places
from tests.needs import needs

DEFAULTS = ["/lib", "/usr/local/lib", "/usr/lib"]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (b"", []),
        (None, []),  # a directory: it opens, and reading fails
        (f"-> /{MUSL_PATH}", []),  # a loop: not ENOENT
        ("-> nowhere", DEFAULTS),
        (b"/a:/b\n/c", ["/a", "/b", "/c"]),
    ],
)
def test_only_an_absent_path_file_leaves_the_defaults(tmp_path: Path, what: Content, expected: list[str]) -> None:
    assert system_places(tmp_path, "musl", {MUSL_PATH: what}) == expected


@needs("root", "qemu-mips-static")
@pytest.mark.parametrize("what", ["directory", "loop", "empty", "dangling"])
def test_the_real_musl_takes_the_same_for_an_empty_list(tmp_path: Path, what: str) -> None:
    root = Path(shutil.copytree(FIXTURES / "trees/router-clean", tmp_path / "root", symlinks=True))
    place = root / MUSL_PATH
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    if what == "directory":
        place.mkdir()
    elif what == "empty":
        place.write_bytes(b"")
    else:
        place.symlink_to(place.name if what == "loop" else "nowhere")
    ran = run_in_tree(root, ["/usr/bin/router"])
    tree = read_tree(str(root))
    needs_ = resolve(tree, find_platforms(tree)).needs["usr/bin/router"]
    assert (ran.returncode == 0) is all(need.met for need in needs_) is (what == "dangling")


def test_the_path_file_lies_below_the_prefix_of_the_loader_that_is_asked_for(tmp_path: Path) -> None:
    loader = f"/opt{SOFT_MUSL}"
    plan: dict[str, Content] = {
        "sbin/init": program("libz.so", interpreter=loader),
        loader[1:]: library(),
        MUSL_PATH: b"/lib",
        f"opt/{MUSL_PATH}": b"/opt/lib",
        "opt/lib/libz.so": library(),
    }
    *_, resolution = judged(tmp_path, plan)
    assert resolution.needs["sbin/init"][0].path == "opt/lib/libz.so"


def test_a_path_file_that_only_we_may_not_read_leaves_the_answer_open(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "sbin/init": program("libz.so"),
        SOFT_MUSL[1:]: library(),
        "opt/libz.so": library(),
        MUSL_PATH: b"/opt",
    }
    pipe = tmp_path / MUSL_PATH
    *_, before = judged(tmp_path, plan)
    assert before.needs["sbin/init"][0].outcome is Outcome.FOUND
    pipe.unlink()
    os.mkfifo(pipe)  # it is there, and this process does not read it
    tree = read_tree(str(tmp_path))
    need = resolve(tree, find_platforms(tree)).needs["sbin/init"][0]
    assert need.outcome is Outcome.CUT


@pytest.mark.parametrize("name", ["/lib/libc.musl-mips-sf.so.1", "/usr/lib/libc.so.6", "/opt/libc.so"])
def test_a_c_library_asked_for_by_its_path_is_the_loader(tmp_path: Path, name: str) -> None:
    plan: dict[str, Content] = {
        "lib/libc.musl-mips-sf.so.1": "-> ld-musl-mips-sf.so.1",
        "usr/lib/libc.so.6": library(soname="libc.so.6"),
        "opt/libc.so": library(soname="libc.so"),
    }
    search = find(tmp_path, "musl", plan, name)
    assert (search.path, search.builtin) == (SOFT_MUSL[1:], True)


def test_a_compatibility_link_to_the_loader_is_the_loader(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"lib/libcrypt.so.1": "-> ld-musl-mips-sf.so.1"}
    assert find(tmp_path, "musl", plan, "libcrypt.so.1").builtin


def test_a_foreign_file_shadows_the_right_one(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "sbin/init": program("libz.so"),
        SOFT_MUSL[1:]: library(),
        "lib/libz.so": asking(replace(X86_64), "", ()),
        "usr/lib/libz.so": library(),
    }
    *_, resolution = judged(tmp_path, plan)
    (need,) = resolution.needs["sbin/init"]
    assert (need.outcome, need.path) == (Outcome.WRONG_ABI, "lib/libz.so")
    assert need.tried[-1] == ("/usr/lib/libz.so", "would fit, and is never looked at")


def test_the_arch_of_the_path_file_is_the_loader_s_name(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "sbin/init": program("libz.so", interpreter=HARD_MUSL),
        HARD_MUSL[1:]: library(),
        MUSL_PATH: b"/opt",
        "opt/libz.so": library(),
    }
    *_, resolution = judged(tmp_path, plan)
    assert not resolution.needs["sbin/init"][0].met
