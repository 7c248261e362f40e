"""/etc/ld.so.preload: this machine's own glibc is the witness of what it makes of the file."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.tree import read_tree
from elfkit.limits import DEFAULT_LIMITS
from tests.firmware.native import Plan, native_root, needing, runs, traced
from tests.firmware.plants import GLIBC, SOFT_MUSL, Content, judged, library, program, tree_of
from tests.needs import needs

LIB = "lib/x86_64-linux-gnu"
witnessed = needs("gcc", "root")


def resolved(root: Path) -> Resolution:
    tree = read_tree(str(root), needs=frozenset())
    return resolve(tree, find_platforms(tree))


@witnessed
@pytest.mark.parametrize(
    "text",
    [
        "/opt/libpre.so\n",
        "libother.so /opt/libpre.so",
        "# libother.so\n/opt/libpre.so:libother.so",
        "\t/opt/libpre.so #",
    ],
)
def test_what_is_preloaded_comes_after_the_program_and_before_what_it_needs(tmp_path: Path, text: str) -> None:
    libraries = {f"{LIB}/libzed.so": (), f"{LIB}/libother.so": (), "opt/libpre.so": ()}
    program_ = needing(tmp_path / "build", "libzed.so")
    root = native_root(tmp_path / "root", {"bin/x": program_, "etc/ld.so.preload": text, **libraries})
    order = resolved(root).closure("bin/x")
    assert order[0] == "bin/x"
    assert [f"/{path}" for path in order[1:]] == traced(root)
    assert "opt/libpre.so" in order


@witnessed
def test_a_preloaded_library_that_is_missing_stops_nothing(tmp_path: Path) -> None:
    program_ = needing(tmp_path / "build", "libzed.so")
    plan: Plan = {"bin/x": program_, f"{LIB}/libzed.so": (), "etc/ld.so.preload": "libno.so\n"}
    root = native_root(tmp_path / "root", plan)
    assert runs(root)
    resolution = resolved(root)
    assert [need.name for need in resolution.needs["bin/x"]] == ["libzed.so"]
    assert resolution.needs["bin/x"][0].met


@witnessed
def test_a_preloaded_soname_meets_a_need_that_no_search_finds(tmp_path: Path) -> None:
    program_ = needing(tmp_path / "build", "libzed.so")
    plan: Plan = {"bin/x": program_, "opt/libzed.so": (), "etc/ld.so.preload": "/opt/libzed.so\n"}
    root = native_root(tmp_path / "root", plan)
    assert runs(root)
    assert resolved(root).needs["bin/x"][0].path == "opt/libzed.so"
    (root / "etc/ld.so.preload").unlink()
    assert not runs(root)
    assert not resolved(root).needs["bin/x"][0].met


def test_preloading_for_ever_ends_at_the_limit_and_says_so(tmp_path: Path) -> None:
    names = " ".join(f"lib{number}.so" for number in range(1000)).encode()
    plan: dict[str, Content] = {f"bin/x{number}": program(interpreter=GLIBC) for number in range(20)}
    tree = tree_of(tmp_path, {**plan, GLIBC[1:]: library(), "etc/ld.so.preload": names})
    found = resolve(tree, find_platforms(tree), limits=replace(DEFAULT_LIMITS, start_steps=5000))
    assert {cut.limit for cut in found.cuts} == {"start_steps"}
    assert len(found.walked) == 4  # 1,001 steps each


@pytest.mark.parametrize(("interpreter", "expected"), [(GLIBC, True), (SOFT_MUSL, False)])
def test_musl_preloads_nothing(tmp_path: Path, interpreter: str, *, expected: bool) -> None:
    plan: dict[str, Content] = {
        "sbin/init": program(interpreter=interpreter),
        interpreter[1:]: library(),
        "etc/ld.so.preload": b"/opt/libpre.so",
        "opt/libpre.so": library(),
    }
    *_, resolution = judged(tmp_path, plan)
    assert ("opt/libpre.so" in resolution.closure("sbin/init")) is expected
    assert ("opt/libpre.so" in resolution.started) is expected
