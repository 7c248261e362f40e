"""Android's linker. Expected is bionic's linker.cpp and ld.config.format.md."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_AARCH64, EM_ARM
from elfkit.firmware.linker_config import read_linker_config
from elfkit.firmware.needs import Need, Outcome
from elfkit.firmware.platforms import Platforms
from elfkit.firmware.resolve import Resolution
from tests.elfwriter import Elf
from tests.firmware.plants import Content, asking, judged

ARM64 = Elf(machine=EM_AARCH64)
ARM = Elf(elf_class=1, machine=EM_ARM, flags=0x05000200)
LINKER64, LINKER = "/system/bin/linker64", "/system/bin/linker"
CONFIG = b"""
dir.vendor = /vendor/bin/
dir.system = /system/bin/   # first match wins
dir.system = /data

[system]
additional.namespaces = sphal,rs
namespace.default.isolated = true
namespace.default.search.paths  = /system/${LIB}
namespace.default.search.paths += /product/${LIB}
namespace.default.permitted.paths = /system/extra
namespace.default.links = sphal
namespace.default.link.sphal.shared_libs = libhal.so:libhal2.so
namespace.sphal.search.paths = /vendor/${LIB}/hal:/vendor/${LIB}/vndk${VNDK_VER}
namespace.rs.search.paths = /rs

[vendor]
namespace.default.search.paths = /vendor/${LIB}
namespace.default.link.system.allow_all_shared_libs = true
namespace.default.links = system
namespace.system.search.paths = /system/${LIB}
"""


def lib(*needed: str, runpath: str = "", rpath: str = "", base: Elf = ARM64) -> Elf:
    return asking(base, "", needed, runpath=runpath, rpath=rpath)


def prog(*needed: str, runpath: str = "", rpath: str = "", base: Elf = ARM64) -> Elf:
    return asking(base, LINKER64 if base is ARM64 else LINKER, needed, runpath=runpath, rpath=rpath)


def android(root: Path, plan: dict[str, Content]) -> tuple[Platforms, Resolution]:
    _, platforms, resolution = judged(root, {"system/bin/init": prog(), **plan})
    return platforms, resolution


def need_in(root: Path, plan: dict[str, Content], path: str = "system/bin/x") -> Need:
    return android(root, {LINKER64[1:]: lib(), **plan})[1].needs[path][0]


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        ("system/lib64", Outcome.FOUND),
        ("odm/lib64", Outcome.FOUND),
        ("vendor/lib64", Outcome.FOUND),
        ("system/lib", Outcome.NOT_ON_PATH),
        ("lib64", Outcome.NOT_ON_PATH),
    ],
)
def test_without_a_configuration_three_directories_are_searched(tmp_path: Path, place: str, outcome: Outcome) -> None:
    plan: dict[str, Content] = {"system/bin/x": prog("libz.so"), f"{place}/libz.so": lib()}
    assert need_in(tmp_path, plan).outcome is outcome


OWN = "$ORIGIN/../own"


@pytest.mark.parametrize(
    ("user", "met"),
    [(prog("libz.so", runpath=OWN), True), (prog("libz.so", rpath=OWN), False)],
    ids=["RUNPATH", "RPATH"],
)
def test_runpath_is_heeded_and_rpath_is_not(tmp_path: Path, user: Elf, *, met: bool) -> None:
    plan: dict[str, Content] = {"system/bin/x": user, "system/own/libz.so": lib()}
    assert need_in(tmp_path, plan).met is met


def test_runpath_serves_the_object_itself_alone(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "system/bin/x": prog("liba.so", runpath="/own"),
        "own/liba.so": lib("libz.so"),
        "own/libz.so": lib(),
    }
    assert need_in(tmp_path, plan, "own/liba.so").outcome is Outcome.NOT_ON_PATH


def test_the_first_file_of_the_name_is_taken_whatever_it_is(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "system/bin/x": prog("libz.so"),
        "system/lib64/libz.so": lib(base=ARM),
        "vendor/lib64/libz.so": lib(),
    }
    assert need_in(tmp_path, plan).outcome is Outcome.WRONG_ABI


def test_a_configuration_is_read_as_it_is_written() -> None:
    config = read_linker_config(CONFIG.decode())
    assert config.sections[0] == ("/vendor/bin/", "vendor")
    assert [config.section_of(path) for path in ("/vendor/bin/a", "/system/bin/a", "/data/x/a", "/opt/a")] == [
        "vendor",
        "system",
        "system",
        "",
    ]
    default = config.namespaces["system"]["default"]
    assert default.search == ("/system/${LIB}", "/product/${LIB}")
    assert (default.isolated, default.permitted) == (True, ("/system/extra",))
    assert default.links == (("sphal", frozenset({"libhal.so", "libhal2.so"})),)
    assert config.namespaces["vendor"]["default"].links == (("system", None),)
    assert not config.namespaces["vendor"]["default"].isolated


@pytest.mark.parametrize("text", ["", "[", "[a\nnamespace.", "=\n+=\nnamespace.x.y = z", "[a]\nnamespace..links = "])
def test_lines_that_are_none_are_passed_over(text: str) -> None:
    assert not any(read_linker_config(text).namespaces.values())


@pytest.mark.parametrize(
    ("program", "name", "place", "met"),
    [
        ("system/bin/x", "libz.so", "product/lib64", True),
        ("system/bin/x", "libz.so", "vendor/lib64", False),  # no longer a default directory
        ("system/bin/x", "libhal.so", "vendor/lib64/hal", True),  # through the link
        ("system/bin/x", "libother.so", "vendor/lib64/hal", False),  # not among its libraries
        ("system/bin/x", "libhal2.so", "vendor/lib64/vndk-29", True),  # a version nobody here knows
        ("system/bin/x", "libz.so", "rs", False),
        ("vendor/bin/x", "libz.so", "vendor/lib64", True),
        ("vendor/bin/x", "libz.so", "system/lib64", True),
        ("vendor/bin/x", "libz.so", "product/lib64", False),
    ],
)
@pytest.mark.parametrize("config", ["linkerconfig/ld.config.txt", "system/etc/ld.config.29.txt"])
def test_a_program_s_namespace_and_its_links_tell_where_it_looks(
    tmp_path: Path, program: str, name: str, place: str, config: str, *, met: bool
) -> None:
    plan: dict[str, Content] = {program: prog(name), f"{place}/{name}": lib(), config: CONFIG}
    need = need_in(tmp_path, plan, program)
    assert need.outcome is (Outcome.FOUND if met else Outcome.NOT_ON_PATH)
    assert need.why.startswith("namespace ") is met


def test_two_programs_of_two_namespaces_do_not_share_an_answer(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        LINKER64[1:]: lib(),
        "system/bin/x": prog("libz.so"),
        "vendor/bin/x": prog("libz.so"),
        "vendor/lib64/libz.so": lib(),
        "linkerconfig/ld.config.txt": CONFIG,
    }
    _, resolution = android(tmp_path, plan)
    assert not resolution.needs["system/bin/x"][0].met
    assert resolution.needs["vendor/bin/x"][0].met


def test_a_library_asks_in_the_namespaces_that_hold_it(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "vendor/lib64/hal/libhal.so": lib("libz.so"),
        "vendor/lib64/hal/libz.so": lib(),
        "linkerconfig/ld.config.txt": CONFIG,
    }
    assert need_in(tmp_path, plan, "vendor/lib64/hal/libhal.so").met


@pytest.mark.parametrize(("place", "met"), [("system/extra/deep", True), ("elsewhere", False)])
def test_an_isolated_namespace_keeps_a_runpath_out_and_says_so(tmp_path: Path, place: str, *, met: bool) -> None:
    plan: dict[str, Content] = {
        "system/bin/x": prog("libz.so", runpath=f"/{place}"),
        f"{place}/libz.so": lib(),
        "linkerconfig/ld.config.txt": CONFIG,
    }
    need = need_in(tmp_path, plan)
    assert need.met is met
    told = (f"/{place}/libz.so", "not accessible in namespace default of /linkerconfig/ld.config.txt")
    assert (told in need.tried) is not met


def test_a_configuration_without_bound_costs_no_time_without_bound(tmp_path: Path) -> None:
    lines = [f"namespace.n{i}.search.paths = " + ":".join(f"/{i}/{k}/${{X}}" for k in range(40)) for i in range(400)]
    plan: dict[str, Content] = {f"d{i}/libz.so": lib("libno.so") for i in range(50)}
    plan |= {f"system/bin/p{i}": prog("libz.so", runpath=":".join(["/r"] * 50)) for i in range(50)}
    text = "dir.a = /a\n" * 5000 + "[a]\nnamespace.default.isolated = true\n" + "\n".join(lines)
    config = read_linker_config(text)
    assert (len(config.sections), len(config.namespaces["a"])) == (1024, 64)
    assert need_in(tmp_path, {**plan, "linkerconfig/ld.config.txt": text.encode()}, "system/bin/p1").path


APEX = "system/apex/com.android.runtime"


def test_what_an_apex_archive_may_hold_is_not_missing(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        LINKER64[1:]: "-> /apex/com.android.runtime/bin/linker64",
        "system/lib64/libc.so": "-> /apex/com.android.runtime/lib64/bionic/libc.so",
        f"{APEX}.apex": b"PK",
        "system/bin/x": prog("libc.so", "libart.so", "libz.so"),
        "system/bin/y": prog("libc.so", base=ARM),
        LINKER[1:]: "-> /apex/com.android.runtime/bin/linker",
        "system/lib64/libz.so": lib(),
    }
    platforms, resolution = android(tmp_path, plan)
    outcomes = [need.outcome for need in resolution.needs["system/bin/x"]]
    assert outcomes == [Outcome.ASSUMED, Outcome.ASSUMED, Outcome.FOUND]
    assert {row.elf_class for row in platforms} == {32, 64}


def test_an_apex_that_is_a_directory_is_mounted(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        LINKER64[1:]: "-> /apex/com.android.runtime/bin/linker64",
        f"{APEX}.release/bin/linker64": lib(),
        f"{APEX}.release/lib64/libc.so": lib(),
        "system/bin/x": prog("libc.so"),
    }
    platforms, resolution = android(tmp_path, plan)
    assert platforms.primary
    assert platforms.primary.loader == f"{APEX}.release/bin/linker64"
    assert resolution.needs["system/bin/x"][0].path == f"{APEX}.release/lib64/libc.so"


def test_without_apex_what_is_missing_is_missing(tmp_path: Path) -> None:
    assert need_in(tmp_path, {"system/bin/x": prog("libno.so")}).outcome is Outcome.MISSING


def test_both_classes_are_platforms(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        LINKER64[1:]: lib(),
        LINKER[1:]: lib(base=ARM),
        "system/bin/y": prog("libz.so", base=ARM),
        "system/lib/libz.so": lib(base=replace(ARM)),
    }
    platforms, resolution = android(tmp_path, plan)
    assert [(row.elf_class, row.libc) for row in platforms] == [(64, "bionic"), (32, "bionic")]
    assert resolution.needs["system/bin/y"][0].path == "system/lib/libz.so"
