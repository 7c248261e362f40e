"""What a loader takes for a name. Expected are glibc's ld.so(8) and elf/dl-load.c, musl's ldso/dynlink.c."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.firmware.needs import Outcome
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import resolve
from elfkit.firmware.search import Search, Tried, searcher
from elfkit.firmware.tree import read_tree
from fixtures.run_tree import run_in_tree
from tests.elfwriter import Elf
from tests.firmware.plants import (
    FIXTURES,
    MIPS,
    SOFT_MUSL,
    X86_64,
    Content,
    asking,
    grow,
    judged,
    library,
    program,
    router,
    tree_of,
)
from tests.firmware.searching import BUILT_IN, INTERPRETERS, both, find, looks_into
from tests.needs import needs

# own paths


@both
def test_rpath_and_runpath_each_serve_the_object_itself(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"a.so": library(rpath="/r"), "b.so": library(runpath="/u:/v")}
    assert looks_into(tmp_path / "1", libc, plan, "a.so") == ["/r"]
    assert looks_into(tmp_path / "2", libc, plan, "b.so") == ["/u", "/v"]


@both
def test_runpath_silences_the_rpath_of_the_same_object(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"a.so": library(rpath="/r", runpath="/u")}
    assert looks_into(tmp_path, libc, plan, "a.so") == ["/u"]


@both
def test_rpath_is_inherited_nearest_first(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"a.so": library(rpath="/a"), "b.so": library(rpath="/b"), "x": program(rpath="/x")}
    assert looks_into(tmp_path, libc, plan, "a.so", "b.so", "x") == ["/a", "/b", "/x"]


@pytest.mark.parametrize(("libc", "expected"), [("glibc", ["/a"]), ("musl", ["/a", "/b", "/x"])])
def test_runpath_is_inherited_by_musl_alone(tmp_path: Path, libc: str, expected: list[str]) -> None:
    plan: dict[str, Content] = {
        "a.so": library(runpath="/a"),
        "b.so": library(runpath="/b"),
        "x": program(runpath="/x"),
    }
    assert looks_into(tmp_path, libc, plan, "a.so", "b.so", "x") == expected


@pytest.mark.parametrize(("libc", "expected"), [("glibc", ["/a"]), ("musl", ["/a", "/x"])])
def test_runpath_of_the_object_silences_inherited_rpaths_in_glibc_alone(
    tmp_path: Path, libc: str, expected: list[str]
) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath="/a"), "x": program(rpath="/x")}
    assert looks_into(tmp_path, libc, plan, "a.so", "x") == expected


@both
def test_an_ancestor_with_runpath_hands_no_rpath_down(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"a.so": library(), "x": program(rpath="/r", runpath="/u")}
    assert looks_into(tmp_path, libc, plan, "a.so", "x") == {"glibc": [], "musl": ["/u"]}[libc]


@both
def test_an_empty_element_is_no_directory_of_the_root(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath=":/u::/v:"), "libz.so": library()}
    assert looks_into(tmp_path, libc, plan, "a.so") == ["/u", "/v"]


# tokens


@both
@pytest.mark.parametrize("token", ["$ORIGIN", "${ORIGIN}"])
def test_origin_is_the_directory_of_the_object_that_says_it(tmp_path: Path, libc: str, token: str) -> None:
    plan: dict[str, Content] = {"opt/app/lib/a.so": library(rpath=f"{token}/../lib:{token}"), "x": program(rpath=token)}
    expected = ["/opt/app/lib/../lib", "/opt/app/lib", "/"]
    assert looks_into(tmp_path, libc, plan, "opt/app/lib/a.so", "x") == expected


@both
def test_a_library_beside_its_user_is_found_through_origin(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"opt/bin/x": program(runpath="$ORIGIN/../lib"), "opt/lib/libz.so": library()}
    assert find(tmp_path, libc, plan, "libz.so", "opt/bin/x").path == "opt/lib/libz.so"


def test_lib_stands_for_every_directory_it_may_be_in_glibc(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath="/opt/$LIB")}
    places = looks_into(tmp_path, "glibc", plan, "a.so")
    assert {"/opt/lib", "/opt/lib/mips-linux-gnu"} <= {*places}


@both
@pytest.mark.parametrize("token", ["$PLATFORM", "${PLATFORM}"])
def test_a_directory_only_the_device_knows_is_left_out(tmp_path: Path, libc: str, token: str) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath=f"/opt/{token}")}
    assert looks_into(tmp_path, libc, plan, "a.so") == []


@pytest.mark.parametrize("token", ["$FOO", "${FOO}", "$LIB"])
def test_one_unknown_token_voids_the_whole_path_in_musl(tmp_path: Path, token: str) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath=f"/opt/lib:{token}/lib"), "x": program(runpath="/x")}
    assert looks_into(tmp_path, "musl", plan, "a.so", "x") == ["/x"]


def test_an_unknown_token_voids_its_own_element_in_glibc(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath="/opt/lib:$FOO/lib:/opt/more")}
    assert looks_into(tmp_path, "glibc", plan, "a.so") == ["/opt/lib", "/opt/more"]


# names


@pytest.mark.parametrize(
    "name", ["libc.so", "libc.so.6", "libc.musl-mips-sf.so.1", "libm.so", "libpthread.so.0", "librt.so.1", "libdl.so.2"]
)
def test_musl_answers_names_of_its_own_libraries_itself(tmp_path: Path, name: str) -> None:
    search = find(tmp_path, "musl", {}, name)
    assert (search.path, search.builtin, search.tried) == (SOFT_MUSL[1:], True, ())


@pytest.mark.parametrize("name", ["libc.so.6", "libm.so.6", "libpthread.so.0"])
def test_glibc_looks_for_its_own_libraries_as_files(tmp_path: Path, name: str) -> None:
    search = find(tmp_path, "glibc", {}, name)
    assert (search.path, search.builtin) == (None, False)
    assert [step.path for step in search.tried] == [f"{place}/{name}" for place in BUILT_IN["glibc"]]


@pytest.mark.parametrize("name", ["libcrypt.so.1", "libmagic.so.1", "libresolv.so.2", "libc++.so.1", "liblibc.so"])
def test_musl_looks_for_every_other_name(tmp_path: Path, name: str) -> None:
    assert not find(tmp_path, "musl", {}, name).builtin


@both
@pytest.mark.parametrize("name", ["linux-vdso.so.1", "linux-gate.so.1"])
def test_the_kernel_s_vdso_is_no_file(tmp_path: Path, libc: str, name: str) -> None:
    assert find(tmp_path, libc, {}, name).builtin


@both
def test_the_loader_s_own_name_is_answered_by_itself(tmp_path: Path, libc: str) -> None:
    interpreter = INTERPRETERS[libc]
    search = find(tmp_path, libc, {}, interpreter.rpartition("/")[2])
    assert (search.builtin, search.path) == (True, interpreter[1:])


@both
def test_a_name_with_a_slash_is_a_path_and_is_searched_nowhere_else(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"opt/libz.so": library(), "lib/libz.so": library(), "lib/liby.so": library()}
    assert find(tmp_path / "1", libc, plan, "/opt/libz.so").path == "opt/libz.so"
    search = find(tmp_path / "2", libc, plan, "/opt/liby.so")
    assert search == Search(None, (Tried("/opt/liby.so", "not there (DT_NEEDED holds a path)"),))


@both
def test_the_first_directory_that_has_the_name_wins_and_the_steps_before_are_told(tmp_path: Path, libc: str) -> None:
    libraries: dict[str, Content] = {"lib/libz.so.1": library(), "usr/lib/libz.so": library()}
    plan = {"bin/x": program(runpath="/opt/lib"), "lib/libz.so": "-> libz.so.1", **libraries}
    search = find(tmp_path, libc, plan, "libz.so", "bin/x")
    assert search.path == "lib/libz.so.1"
    assert search.tried[0] == Tried("/opt/lib/libz.so", "not there (RUNPATH of bin/x)")


@both
def test_a_missing_library_is_told_with_every_path_tried(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"bin/x": program(runpath="/opt/lib")}
    search = find(tmp_path, libc, plan, "libz.so", "bin/x")
    assert search.path is None
    assert [step.path for step in search.tried] == [f"{place}/libz.so" for place in ("/opt/lib", *BUILT_IN[libc])]
    assert search.tried[-1].outcome == "not there (built into the loader)"


@both
def test_a_dangling_link_is_passed_over(tmp_path: Path, libc: str) -> None:
    plan: dict[str, Content] = {"lib/libz.so": "-> nowhere", "usr/lib/libz.so": library()}
    assert find(tmp_path, libc, plan, "libz.so").path == "usr/lib/libz.so"


# name: what has the right name and is no library, and what the search says of it
USELESS: dict[str, tuple[Content, str]] = {
    "text": (b"GROUP ( libz.so )\n", "no ELF file"),
    "empty": (b"", "no ELF file"),
    "directory": (None, "a directory"),
    "loop": ("-> libz.so", "a loop of links"),
}
useless = pytest.mark.parametrize(("what", "said"), USELESS.values(), ids=USELESS.keys())


@both
@useless
def test_what_is_no_elf_file_ends_the_search_of_an_own_path(
    tmp_path: Path, libc: str, what: Content, said: str
) -> None:
    plan = {"bin/x": program(runpath="/r"), "r/libz.so": what, "usr/lib/libz.so": library()}
    search = find(tmp_path, libc, plan, "libz.so", "bin/x")
    assert search == Search(None, (Tried("/r/libz.so", f"taken, though it is {said}"),), ended=True)


@useless
def test_what_is_no_elf_file_ends_the_search_of_musl_in_the_system_s_directories_too(
    tmp_path: Path, what: Content, said: str
) -> None:
    plan = {"lib/libz.so": what, "usr/lib/libz.so": library()}
    search = find(tmp_path, "musl", plan, "libz.so")
    assert search == Search(None, (Tried("/lib/libz.so", f"taken, though it is {said}"),), ended=True)


@useless
def test_glibc_s_cache_leads_past_what_is_no_elf_file_where_systemd_makes_it(
    tmp_path: Path, what: Content, said: str
) -> None:
    """Without a cache the loader opens what is first: the row "a text in /lib" of tests/oracle."""
    plan = {"lib/libz.so": what, "usr/lib/libz.so": library()}
    without = find(tmp_path / "without", "glibc", plan, "libz.so")
    assert without.tried[-1] == Tried("/lib/libz.so", f"taken, though it is {said}")
    plan["usr/lib/systemd/system/sysinit.target.wants/ldconfig.service"] = b""
    assert find(tmp_path / "made", "glibc", plan, "libz.so").path == "usr/lib/libz.so"


def test_a_shadowed_library_is_told_with_what_shadows_it(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"bin/x": program("libz.so"), "lib/libz.so": b"text", "usr/lib/libz.so": library()}
    *_, resolution = judged(tmp_path, router(plan))
    (need,) = resolution.needs["bin/x"]
    assert (need.outcome, need.path) == (Outcome.NOT_ON_PATH, None)
    assert need.tried[-2:] == (
        Tried("/lib/libz.so", "taken, though it is no ELF file"),
        Tried("/usr/lib/libz.so", "would fit, and is never looked at"),
    )


FOREIGN = {
    "machine": replace(X86_64, elf_class=1, machine=3),
    "class": replace(MIPS, elf_class=2),
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN.keys())
def test_glibc_passes_over_a_foreign_file_and_says_so(tmp_path: Path, foreign: Elf) -> None:
    plan: dict[str, Content] = {"lib/libz.so": asking(foreign, "", ()), "usr/lib/libz.so": library()}
    search = find(tmp_path, "glibc", plan, "libz.so")
    assert search.path == "usr/lib/libz.so"
    passed = [step for step in search.tried if step.path == "/lib/libz.so"]
    assert [step.outcome.partition(":")[0] for step in passed] == ["passed over"]


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN.keys())
def test_musl_takes_the_first_file_of_the_name_foreign_or_not(tmp_path: Path, foreign: Elf) -> None:
    plan: dict[str, Content] = {"lib/libz.so": asking(foreign, "", ()), "usr/lib/libz.so": library()}
    assert find(tmp_path, "musl", plan, "libz.so").path == "lib/libz.so"


def test_a_loader_without_a_row_searches_nothing(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"init": program(interpreter="/libexec/ld-elf.so.1"), "libexec/ld-elf.so.1": library()})
    platform = find_platforms(tree).primary
    assert platform
    assert (platform.libc, searcher(tree, platform)) == ("freebsd", None)


@needs("root", "qemu-mips-static")
@pytest.mark.parametrize("what", [*USELESS, "dangling"])
def test_the_real_musl_ends_its_search_at_the_same_things(tmp_path: Path, what: str) -> None:
    root = Path(shutil.copytree(FIXTURES / "trees/router-clean", tmp_path / "root", symlinks=True))
    content = USELESS[what][0] if what in USELESS else "-> nowhere"
    grow(root, {"lib/librouter.so": "-> librouter.so" if what == "loop" else content})
    ran = run_in_tree(root, ["/usr/bin/router"])
    tree = read_tree(str(root))
    need = resolve(tree, find_platforms(tree)).needs["usr/bin/router"][0]
    assert need.name == "librouter.so"
    assert (ran.returncode == 0) is need.met is (what == "dangling")
