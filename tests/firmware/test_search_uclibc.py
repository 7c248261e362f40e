"""uClibc-ng's search. Expected is ldso/ldso/dl-elf.c _dl_load_shared_library; its options are never an error."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.evidence import Certainty
from elfkit.firmware.needs import Need, Outcome
from tests.firmware.plants import X86_64, Content, asking, judged, library, program
from tests.firmware.test_ld_so_cache import old_cache

UCLIBC = "/lib/ld-uClibc.so.0"


def need_in(root: Path, plan: dict[str, Content], name: str, *, loader: str = UCLIBC, **paths: str) -> Need:
    user = program(name, interpreter=loader, **paths)  # type: ignore[arg-type]
    *_, resolution = judged(root, {"sbin/init": user, loader[1:]: library(), **plan})
    return resolution.needs["sbin/init"][0]


def test_directories_are_asked_in_their_order(tmp_path: Path) -> None:
    loader = "/opt/uclibc/ld-uClibc.so.0"
    cache = old_cache("big", (4, "libz.so", "/cached/libz.so"))
    order = ["rpath", "runpath", "cached", "opt/uclibc", "opt/lib", "opt/usr/lib", "opt/usr/X11R6/lib"]
    plan: dict[str, Content] = {f"{place}/libz.so": library() for place in order} | {"opt/etc/ld.so.cache": cache}
    for number, place in enumerate(order):
        need = need_in(tmp_path / str(number), plan, "libz.so", loader=loader, rpath="/rpath", runpath="/runpath")
        assert need.path == f"{place}/libz.so"
        del plan[f"{place}/libz.so"]
    assert need_in(tmp_path / "none", plan, "libz.so", loader=loader).outcome is Outcome.MISSING


@pytest.mark.parametrize(
    ("place", "certainty"),
    [
        ("rpath", Certainty.DERIVED),
        ("runpath", Certainty.GUESSED),
        ("lib", Certainty.DERIVED),
        ("usr/X11R6/lib", Certainty.GUESSED),
        ("conf", Certainty.GUESSED),
    ],
)
def test_what_depends_on_how_the_loader_was_built_is_no_certain_find(
    tmp_path: Path, place: str, certainty: Certainty
) -> None:
    plan: dict[str, Content] = {f"{place}/libz.so": library(), "etc/ld.so.conf": b"/conf\n"}
    need = need_in(tmp_path, plan, "libz.so", rpath="/rpath", runpath="/runpath")
    assert (need.outcome, need.certainty) == (Outcome.FOUND, certainty)


def test_neither_path_is_inherited(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "lib/liba.so": library("libz.so"),
        "own/libz.so": library(),
        "sbin/init": program("liba.so", interpreter=UCLIBC, rpath="/own", runpath="/own"),
        UCLIBC[1:]: library(),
    }
    *_, resolution = judged(tmp_path, plan)
    assert resolution.needs["lib/liba.so"][0].outcome is Outcome.NOT_ON_PATH


@pytest.mark.parametrize("foreign", [asking(X86_64, "", ()), b"text", asking(replace(X86_64, elf_class=1), "", ())])
def test_what_is_no_library_of_the_machine_is_passed_over(tmp_path: Path, foreign: Content) -> None:
    plan: dict[str, Content] = {"rpath/libz.so": foreign, "lib/libz.so": library()}
    assert need_in(tmp_path, plan, "libz.so", rpath="/rpath").path == "lib/libz.so"


def test_where_a_name_with_a_slash_is_no_file_its_end_is_searched(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"lib/libz.so": library()}
    need = need_in(tmp_path / "1", plan, "/gone/libz.so")
    assert (need.outcome, need.path) == (Outcome.FOUND, "lib/libz.so")
    assert need_in(tmp_path / "2", {**plan, "gone/libz.so": library()}, "/gone/libz.so").path == "gone/libz.so"


@pytest.mark.parametrize(
    ("path", "found"), [("$ORIGIN/../own", True), ("/own/$ORIGIN", False), ("${ORIGIN}/../own", False)]
)
def test_origin_stands_at_the_beginning_and_without_braces(tmp_path: Path, path: str, *, found: bool) -> None:
    plan: dict[str, Content] = {"own/libz.so": library(), "own/sbin/libz.so": library()}
    assert need_in(tmp_path, plan, "libz.so", rpath=path).met is found


def test_a_cache_of_the_new_format_alone_is_not_read(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"etc/ld.so.cache": b"glibc-ld.so.cache1.1", "opt/libz.so": library()}
    need = need_in(tmp_path, plan, "libz.so")
    assert need.outcome is Outcome.NOT_ON_PATH
    assert ("/etc/ld.so.cache", "not used: its magic number is another") in need.tried


def test_ld_so_conf_holds_words_and_no_includes(tmp_path: Path) -> None:
    conf = b"/opt/a:/opt/b,/opt/c\t/opt/d # /opt/e\ninclude /etc/more.conf\n"
    plan: dict[str, Content] = {"etc/ld.so.conf": conf, "etc/more.conf": b"/opt/e\n"}
    ends = [
        need_in(tmp_path / place, {**plan, f"opt/{place}/libz.so": library()}, "libz.so").outcome for place in "abcde"
    ]
    assert ends == [Outcome.FOUND] * 4 + [Outcome.NOT_ON_PATH]
