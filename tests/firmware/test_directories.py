"""The directories every program's libraries are searched in: ldconfig(8) for glibc, ldso/dynlink.c for musl."""

from pathlib import Path

import pytest

from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.search import searcher
from tests.firmware.plants import Content, library, program, tree_of
from tests.firmware.searching import BUILT_IN, MUSL_PATH, both, system_places


@both
def test_without_configuration_the_loader_s_own_directories_count(tmp_path: Path, libc: str) -> None:
    assert system_places(tmp_path, libc, {}) == BUILT_IN[libc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"/opt/lib\n/lib\n", ["/opt/lib", "/lib"]),
        (b"/opt/lib:/lib", ["/opt/lib", "/lib"]),
        (b"\n:/opt/lib::\n\n/lib:\n", ["/opt/lib", "/lib"]),
        (b"", []),
        (b"\n", []),
        (b"# no comment\n/lib", ["# no comment", "/lib"]),
        (b" /lib\n/usr/lib \n", [" /lib", "/usr/lib "]),
        (b"/lib\r\n", ["/lib\r"]),
    ],
)
def test_musl_s_path_file_replaces_its_directories(tmp_path: Path, text: bytes, expected: list[str]) -> None:
    assert system_places(tmp_path, "musl", {MUSL_PATH: text}) == expected


def test_musl_s_path_file_may_be_a_link_inside_the_root(tmp_path: Path) -> None:
    assert system_places(tmp_path, "musl", {MUSL_PATH: "-> /run/path", "run/path": b"/opt/lib"}) == ["/opt/lib"]


def test_musl_reads_the_path_file_beside_its_loader_s_directory(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "init": program(interpreter="/opt/lib/ld-musl-mips-sf.so.1"),
        "opt/lib/ld-musl-mips-sf.so.1": library(),
        "opt/etc/ld-musl-mips-sf.path": b"/opt/own",
        MUSL_PATH: b"/lib",
    }
    tree = tree_of(tmp_path, plan)
    platform = find_platforms(tree).primary
    assert platform
    search = searcher(tree, platform)
    assert search
    places = search.directories(tree.by_path["init"])
    assert [(place.path, place.why) for place in places] == [("/opt/own", "/opt/etc/ld-musl-mips-sf.path")]


def test_glibc_does_not_read_musl_s_file_nor_musl_glibc_s(tmp_path: Path) -> None:
    plan: dict[str, Content] = {MUSL_PATH: b"/opt/lib", "etc/ld.so.conf": b"/opt/lib"}
    assert system_places(tmp_path / "musl", "musl", {"etc/ld.so.conf": b"/opt/lib"}) == BUILT_IN["musl"]
    assert system_places(tmp_path / "glibc", "glibc", {MUSL_PATH: plan[MUSL_PATH]}) == BUILT_IN["glibc"]


CONF = "etc/ld.so.conf"
CONFIGURATIONS: dict[str, tuple[dict[str, Content], list[str]]] = {
    "directories in order": ({CONF: b"/opt/b\n/opt/a\n"}, ["/opt/b", "/opt/a"]),
    "comments and blanks": ({CONF: b"# /x\n\n  /opt/lib  # why\n#\n"}, ["/opt/lib"]),
    "no newline at the end": ({CONF: b"/opt/lib"}, ["/opt/lib"]),
    "hwcap lines": ({CONF: b"hwcap 0 nosegneg\n/opt/lib\n"}, ["/opt/lib"]),
    "an include with a pattern": (
        {CONF: b"include /etc/conf.d/*.conf\n", "etc/conf.d/b.conf": b"/b", "etc/conf.d/a.conf": b"/a",
         "etc/conf.d/c.txt": b"/c", "etc/conf.d/.d.conf": b"/d", "etc/conf.d/e/f.conf": b"/f"},
        ["/a", "/b"],
    ),
    "an include in the middle": (
        {CONF: b"/first\ninclude ld.so.conf.d/*.conf\n/last\n", "etc/ld.so.conf.d/a.conf": b"/middle\n/more"},
        ["/first", "/middle", "/more", "/last"],
    ),
    "several patterns of one include": (
        {CONF: b"include one.conf two.conf\n", "etc/one.conf": b"/one", "etc/two.conf": b"/two"},
        ["/one", "/two"],
    ),
    "nested includes, relative to the file that includes": (
        {CONF: b"include d/a.conf", "etc/d/a.conf": b"include sub/b.conf\n/a", "etc/d/sub/b.conf": b"/b"},
        ["/b", "/a"],
    ),
    "a loop of includes": (
        {CONF: b"include a.conf\n/last", "etc/a.conf": b"/a\ninclude b.conf", "etc/b.conf": b"include a.conf\n/b"},
        ["/a", "/b", "/last"],
    ),
    "a file that includes itself": ({CONF: b"include *.conf\n/x\n"}, ["/x"]),
    "an include of nothing": ({CONF: b"include absent/*.conf\n/x\ninclude\n"}, ["/x", "include"]),
    "a line is one directory": ({CONF: b"/opt/a /opt/b\n/opt/c,/opt/d\n/opt/e:/opt/f\n/opt/lib \t\n"},
                               ["/opt/a /opt/b", "/opt/c,/opt/d", "/opt/e:/opt/f", "/opt/lib"]),
    "a library type": ({CONF: b"/opt/a=libc6\n/opt/b = libc5\n"}, ["/opt/a", "/opt/b"]),
    "no include": ({CONF: b"includea.conf\nINCLUDE a.conf", "etc/a.conf": b"/a"}, ["includea.conf", "INCLUDE a.conf"]),
    "hwcap of any case": ({CONF: b"HWCAP 0 nosegneg\nhwcap\n"}, ["hwcap"]),
    "a linked file": ({CONF: b"include a.conf", "etc/a.conf": "-> /opt/a.conf", "opt/a.conf": b"/a"}, ["/a"]),
}  # fmt: skip


@pytest.mark.parametrize(("plan", "expected"), CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_ld_so_conf_goes_before_glibc_s_own_directories(
    tmp_path: Path, plan: dict[str, Content], expected: list[str]
) -> None:
    assert system_places(tmp_path, "glibc", plan) == [*expected, *BUILT_IN["glibc"]]


def test_a_configured_directory_is_searched_once_and_first(tmp_path: Path) -> None:
    places = system_places(tmp_path, "glibc", {CONF: b"/usr/lib\n/opt/lib\n/usr/lib\n"})
    assert places == ["/usr/lib", "/opt/lib", *[place for place in BUILT_IN["glibc"] if place != "/usr/lib"]]


def test_a_thousand_includes_end(tmp_path: Path) -> None:
    plan: dict[str, Content] = {f"etc/conf.d/{number:04}.conf": b"include *.conf" for number in range(1000)}
    assert system_places(tmp_path, "glibc", {CONF: b"include conf.d/*.conf", **plan}) == BUILT_IN["glibc"]
