"""What an image inherits from whoever loads it: search paths, and what is loaded already."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import Outcome, Resolution, resolve
from elfkit.firmware.tree import read_tree
from tests.firmware.plants import (
    FIXTURES,
    GLIBC,
    HARD,
    HARD_MUSL,
    SOFT_MUSL,
    X86_64,
    Content,
    asking,
    judged,
    library,
    program,
    router,
)
from tests.firmware.running import Verdict, start
from tests.needs import needs

both = pytest.mark.parametrize("interpreter", [GLIBC, SOFT_MUSL], ids=["glibc", "musl"])


def tree_with(interpreter: str, plan: Mapping[str, Content]) -> dict[str, Content]:
    return {"sbin/init": program(interpreter=interpreter), interpreter[1:]: library(), **plan}


def ends(resolution: Resolution, path: str) -> dict[str, Outcome]:
    return {need.name: need.outcome for need in resolution.needs[path]}


# A program finds liba.so by its own search path; liba.so needs libb.so beside it and says nothing of where that is.
def chained(interpreter: str, *, rpath: str = "", runpath: str = "") -> dict[str, Content]:
    user = program("liba.so", interpreter=interpreter, rpath=rpath, runpath=runpath)
    return tree_with(interpreter, {"bin/x": user, "opt/a/liba.so": library("libb.so"), "opt/a/libb.so": library()})


@both
def test_the_rpath_of_the_program_serves_what_its_libraries_need(tmp_path: Path, interpreter: str) -> None:
    _, _, resolution = judged(tmp_path, chained(interpreter, rpath="/opt/a"))
    assert ends(resolution, "opt/a/liba.so") == {"libb.so": Outcome.FOUND}
    assert resolution.closure("bin/x") == ("bin/x", "opt/a/liba.so", "opt/a/libb.so")
    assert resolution.needed_by("opt/a/libb.so") == ("opt/a/liba.so", "bin/x")


@pytest.mark.parametrize(("interpreter", "outcome"), [(GLIBC, Outcome.NOT_ON_PATH), (SOFT_MUSL, Outcome.FOUND)])
def test_musl_alone_hands_a_runpath_on(tmp_path: Path, interpreter: str, outcome: Outcome) -> None:
    _, _, resolution = judged(tmp_path, chained(interpreter, runpath="/opt/a"))
    assert ends(resolution, "opt/a/liba.so") == {"libb.so": outcome}


def test_a_library_s_own_runpath_silences_glibc_s_inherited_rpath(tmp_path: Path) -> None:
    plan = chained(GLIBC, rpath="/opt/a") | {"opt/a/liba.so": library("libb.so", runpath="/nowhere")}
    _, _, resolution = judged(tmp_path, plan)
    assert ends(resolution, "opt/a/liba.so") == {"libb.so": Outcome.NOT_ON_PATH}


def test_the_rpath_of_a_library_on_the_way_is_inherited_from_its_own_directory(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so", interpreter=GLIBC),
        "lib/liba.so": library("libb.so", rpath="$ORIGIN/deep"),
        "lib/deep/libb.so": library("libc0.so"),
        "lib/deep/libc0.so": library(),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert resolution.closure("bin/x")[1:] == ("lib/liba.so", "lib/deep/libb.so", "lib/deep/libc0.so")


@both
def test_one_start_that_fails_is_what_a_library_s_need_tells(tmp_path: Path, interpreter: str) -> None:
    plan = chained(interpreter, rpath="/opt/a") | {
        "bin/other": program("liba.so", interpreter=interpreter),
        "lib/liba.so": "-> ../opt/a/liba.so",
    }
    _, _, resolution = judged(tmp_path, plan)
    (need,) = resolution.needs["opt/a/liba.so"]
    assert (need.outcome, need.start, need.path) == (Outcome.NOT_ON_PATH, "bin/other", "opt/a/libb.so")
    assert need.tried


def test_a_plugin_s_start_tells_nothing_of_what_programs_start(tmp_path: Path) -> None:
    plan = chained(GLIBC, rpath="/opt/a") | {"usr/lib/plug/p.so": library("liba.so", runpath="/opt/a")}
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, plan))
    assert ends(resolution, "usr/lib/plug/p.so") == {"liba.so": Outcome.FOUND}
    assert ends(resolution, "opt/a/liba.so") == {"libb.so": Outcome.FOUND}


def test_what_the_program_loaded_is_taken_again_whatever_the_path(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("libcore.so", "libshared.so", interpreter=GLIBC, runpath="/opt/a"),
        "opt/a/libcore.so": library("libshared.so"),
        "opt/a/libshared.so": library(),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert ends(resolution, "opt/a/libcore.so") == {"libshared.so": Outcome.FOUND}


@pytest.mark.parametrize(("interpreter", "met"), [(GLIBC, True), (SOFT_MUSL, False)])
def test_glibc_alone_knows_what_is_loaded_by_its_soname(tmp_path: Path, interpreter: str, *, met: bool) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so", "libb.so", interpreter=interpreter),
        "lib/liba.so": library(soname="libreal.so.1"),
        "lib/libb.so": library("libreal.so.1"),
    }
    _, _, resolution = judged(tmp_path, tree_with(interpreter, files))
    (need,) = resolution.needs["lib/libb.so"]
    assert need.met is met
    assert need.path == ("lib/liba.so" if met else None)


def test_of_two_files_of_one_name_a_process_has_the_first(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so", "libb.so", interpreter=GLIBC),
        "lib/liba.so": library("libz.so", runpath="/opt/a"),
        "lib/libb.so": library("libz.so", runpath="/opt/b"),
        "opt/a/libz.so": library(),
        "opt/b/libz.so": library(),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert resolution.closure("bin/x") == ("bin/x", "lib/liba.so", "lib/libb.so", "opt/a/libz.so")
    assert [need.path for need in resolution.needs["lib/libb.so"]] == ["opt/a/libz.so"]


def test_libraries_are_loaded_breadth_first(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so", "libb.so", interpreter=GLIBC),
        "lib/liba.so": library("libd.so", "libb.so"),
        "lib/libb.so": library("libc0.so"),
        "lib/libc0.so": library(),
        "lib/libd.so": library("liba.so"),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    names = [path.removeprefix("lib/") for path in resolution.closure("bin/x")[1:]]
    assert names == ["liba.so", "libb.so", "libd.so", "libc0.so"]


def test_what_nobody_needs_begins_a_start_of_its_own(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "usr/lib/app/plug.so": library("liba.so", rpath="$ORIGIN/libs"),
        "usr/lib/app/libs/liba.so": library("libb.so"),
        "usr/lib/app/libs/libb.so": library(),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert ends(resolution, "usr/lib/app/libs/liba.so") == {"libb.so": Outcome.FOUND}
    assert resolution.started == {"sbin/init"}
    assert resolution.needed_by("usr/lib/app/libs/libb.so")[-1] == "usr/lib/app/plug.so"


def test_circles_end(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so", interpreter=GLIBC, rpath="/opt"),
        "opt/liba.so": library("libb.so"),
        "opt/libb.so": library("liba.so", "libb.so"),
        "opt/libc0.so": library("libd.so"),
        "opt/libd.so": library("libc0.so"),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert resolution.closure("bin/x") == ("bin/x", "opt/liba.so", "opt/libb.so")
    assert resolution.needed_by("bin/x") == ()
    assert ends(resolution, "opt/libc0.so") == {"libd.so": Outcome.NOT_ON_PATH}


def test_glibc_expands_tokens_in_needed_names(tmp_path: Path) -> None:
    user = program("$ORIGIN/../opt/libz.so", interpreter=GLIBC)
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, {"bin/x": user, "opt/libz.so": library()}))
    assert [need.path for need in resolution.needs["bin/x"]] == ["opt/libz.so"]


def test_a_loader_of_its_own_prefix_looks_beside_itself(tmp_path: Path) -> None:
    loader = "/opt/lib/ld.so.1"
    files: dict[str, Content] = {
        loader[1:]: library(),
        "opt/bin/x": program("libz.so", interpreter=loader),
        "opt/lib/libz.so": library(),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert ends(resolution, "opt/bin/x") == {"libz.so": Outcome.FOUND}


# another ABI

X86_LIBRARY = asking(X86_64, "", ())


def test_glibc_passes_over_a_file_that_does_not_fit_and_says_so_where_no_other_is(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so", "libb.so", interpreter=GLIBC),
        "lib/liba.so": X86_LIBRARY,
        "usr/lib/liba.so": library(),
        "lib/libb.so": library(fp_abi=HARD),
    }
    _, _, resolution = judged(tmp_path, tree_with(GLIBC, files))
    assert ends(resolution, "bin/x") == {"liba.so": Outcome.FOUND, "libb.so": Outcome.WRONG_ABI}
    assert [need.path for need in resolution.needs["bin/x"]] == ["usr/lib/liba.so", "lib/libb.so"]


def test_musl_takes_the_first_file_of_the_name_and_never_looks_at_the_right_one(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so"),
        "lib/liba.so": X86_LIBRARY,
        "usr/lib/liba.so": library(),
    }
    _, _, resolution = judged(tmp_path, router(files))
    (need,) = resolution.needs["bin/x"]
    assert (need.outcome, need.path) == (Outcome.WRONG_ABI, "lib/liba.so")
    assert [step.path for step in need.tried] == ["/lib/liba.so", "/usr/lib/liba.so"]


def test_off_the_path_a_foreign_file_alone_is_no_library_that_lies_elsewhere(tmp_path: Path) -> None:
    _, _, resolution = judged(tmp_path, router({"bin/x": program("liba.so"), "opt/x86/liba.so": X86_LIBRARY}))
    assert ends(resolution, "bin/x") == {"liba.so": Outcome.WRONG_ABI}


def test_an_unmarked_float_abi_keeps_nothing_out(tmp_path: Path) -> None:
    files: dict[str, Content] = {"bin/x": program("liba.so"), "lib/liba.so": library(fp_abi=0)}
    _, _, resolution = judged(tmp_path, router(files))
    assert ends(resolution, "bin/x") == {"liba.so": Outcome.FOUND}


def test_a_library_is_searched_by_the_loader_of_the_process_it_is_in(tmp_path: Path) -> None:
    # liba.so is soft-float as the first platform is, and a hard-float program takes it
    files: dict[str, Content] = {
        HARD_MUSL[1:]: library(fp_abi=HARD),
        "bin/hard": program("liba.so", interpreter=HARD_MUSL, fp_abi=HARD),
        "lib/liba.so": library(),
    }
    _, _, resolution = judged(tmp_path, router(files))
    assert ends(resolution, "bin/hard") == {"liba.so": Outcome.WRONG_ABI}


# the real musl as witness: agent's DT_RUNPATH is $ORIGIN/../lib/agent, and libagent.so stands in for a library that
# needs libconf.so

CLEAN = FIXTURES / "trees/router-clean"
AGENT, LIBAGENT, LIBCONF = "usr/libexec/agent", "usr/lib/agent/libagent.so", "usr/lib/libconf.so"
NEEDS_CONF = (CLEAN / "usr/lib/librouter.so").read_bytes()
CONF = (CLEAN / LIBCONF).read_bytes()
SITUATIONS: dict[str, dict[str, bytes | None]] = {
    "beside the library, by the program's RUNPATH": {"usr/lib/agent/libconf.so": CONF, LIBCONF: None},
    "on the system's path": {},
    "nowhere the loader looks": {"opt/vendor/libconf.so": CONF, LIBCONF: None},
    "nowhere at all": {LIBCONF: None},
}


@needs("root", "qemu-mips-static")
@pytest.mark.parametrize("changes", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_musl_finds_what_a_library_needs_where_it_is_said_to(tmp_path: Path, changes: dict[str, bytes | None]) -> None:
    verdict, root = start(tmp_path, AGENT, {LIBAGENT: NEEDS_CONF, **changes})
    tree = read_tree(str(root), needs=frozenset())
    resolution = resolve(tree, find_platforms(tree))
    met = all(need.met for path in resolution.closure(AGENT) for need in resolution.needs.get(path, ()))
    assert (verdict is not Verdict.NOT_FOUND) == met
    shutil.rmtree(root)
