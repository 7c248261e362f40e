"""EK304 to EK308, EK314, EK315, EK317, EK318: the names of libraries, where each must speak and where it must not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi import dynamic as dt
from elfkit.checks.check import check
from elfkit.checks.finding import Finding
from tests.checks.judging import proved, rules_of
from tests.checks.linking import glibc, uclibc
from tests.elfwriter import BASE, Elf, Note
from tests.firmware.plants import FIXTURES, GLIBC, Content, grow, library, program, router

MINE = ("EK304", "EK305", "EK306", "EK307", "EK308", "EK314", "EK315", "EK317", "EK318")
BIONIC = "/system/bin/linker"
Plan = dict[str, Content]
Told = dict[tuple[str, str, str], str]


def findings(root: Path, plan: Plan, assumed: tuple[str, ...] = ()) -> list[Finding]:
    report = check(grow(root, plan), select=MINE, assume_present=assumed)
    for finding in report.findings:
        assert proved(root, finding.path, finding.evidence)
    return list(report.findings)


def told(root: Path, plan: Plan) -> Told:
    return {
        (found.rule, path, found.subject): found.severity.word for found in findings(root, plan) for path in found.paths
    }


def android(level: int, more: Plan) -> Plan:
    properties = f"ro.build.version.sdk={level}\n".encode()
    return {
        "system/bin/init": program(interpreter=BIONIC),
        BIONIC[1:]: library(),
        "system/build.prop": properties,
        **more,
    }


@pytest.mark.parametrize("rule", MINE)
def test_the_committed_roots_show_this_rule_and_nothing_else(rule: str) -> None:
    roots = FIXTURES / "rules" / rule
    assert rules_of(check(roots / "bad", select=MINE)) == [rule]
    assert rules_of(check(roots / "good")) == []


# EK304


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("./liba.so", "warning"),
        ("lib/liba.so", "warning"),
        ("/usr/lib/liba.so", "warning"),
        ("/nix/store/x/lib/liba.so", ""),  # Nix names it so on purpose
        ("/opt/gone/liba.so", ""),  # EK302 tells
        ("/opt/gone/libb.so", ""),  # EK301 tells
        ("./libb.so", ""),
    ],
)
def test_a_path_is_told_where_no_other_rule_tells(tmp_path: Path, name: str, severity: str) -> None:
    files: Plan = {"bin/x": program(name), "usr/lib/liba.so": library(), "nix/store/x/lib/liba.so": library()}
    expected = {("EK304", "bin/x", name): severity} if severity else {}
    found = {key: word for key, word in told(tmp_path, router(files)).items() if key[0] == "EK304"}
    assert found == expected


def test_android_refuses_a_path_since_api_level_23(tmp_path: Path) -> None:
    files: Plan = {
        "system/bin/x": program("./liba.so", interpreter=BIONIC),
        "system/lib/liba.so": library(soname="liba.so"),
    }
    for level, severity in ((22, "warning"), (23, "error")):
        found = told(tmp_path / str(level), android(level, files))
        assert found == {("EK304", "system/bin/x", "./liba.so"): severity}


# EK305, EK306


def test_a_name_without_the_version_is_told_and_a_library_without_one_is_not(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("liba.so", "libb.so"),
        "usr/lib/liba.so": library(soname="liba.so.1"),
        "usr/lib/libb.so": library(soname="libb.so"),
    }
    assert told(tmp_path, router(files)) == {("EK305", "bin/x", "liba.so"): "warning"}


def test_a_compatibility_link_is_a_note(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("libold.so.1"),
        "usr/lib/libnew.so.2": library(soname="libnew.so.2"),
        "usr/lib/libold.so.1": "-> libnew.so.2",
    }
    (finding,) = findings(tmp_path, router(files))
    assert (finding.rule, finding.severity.word, finding.subject) == ("EK306", "note", "libold.so.1")
    assert "libnew.so.2" in finding.message


def test_a_library_whose_own_name_is_missing_where_others_need_it_is_a_warning(tmp_path: Path) -> None:
    files: Plan = {"bin/x": program("liba.so.1"), "usr/lib/liba.so.1.2": library(soname="liba.so.1")}
    (finding,) = findings(tmp_path / "bad", router(files))
    assert (finding.rule, finding.severity.word) == ("EK306", "warning")
    assert (finding.path, finding.needed_by) == ("usr/lib/liba.so.1.2", ("bin/x",))
    linked: Plan = {**files, "usr/lib/liba.so.1": "-> liba.so.1.2"}
    assert told(tmp_path / "good", router(linked)) == {}
    unused: Plan = {"usr/lib/liba.so.1.2": library(soname="liba.so.1")}
    assert told(tmp_path / "unused", router(unused)) == {}


def test_the_names_of_a_c_library_are_passed_over(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("libc.so.0", interpreter="/lib/ld-uClibc.so.0"),
        "lib/libuClibc-1.0.45.so": library(soname="libc.so.1"),
        "lib/libc.so.0": "-> libuClibc-1.0.45.so",
    }
    assert told(tmp_path, uclibc(files)) == {}


# EK307, EK308


@pytest.mark.parametrize(
    ("path", "spoken"),
    [
        ("usr/lib/liba.so", True),
        ("usr/lib/liba-1.2.so.3", True),
        ("usr/lib/app/liba.so", False),
        ("usr/lib/plugin.so", False),
        ("usr/lib/liba.solver", False),
    ],
)
def test_libraries_for_everybody_have_a_soname(tmp_path: Path, path: str, spoken: bool) -> None:  # noqa: FBT001
    expected = {("EK307", path, "DT_SONAME"): "note"} if spoken else {}
    assert told(tmp_path, router({path: library()})) == expected


def test_a_loader_needs_no_soname() -> None:
    assert "EK307" not in rules_of(check(FIXTURES / "trees/router-clean", select=MINE))


def test_a_name_is_told_once_however_often_it_is_repeated(tmp_path: Path) -> None:
    files: Plan = {"bin/x": program(*["liba.so.1"] * 5), "usr/lib/liba.so.1": library(soname="liba.so.1")}
    (finding,) = findings(tmp_path, router(files))
    assert (finding.rule, finding.severity.word) == ("EK308", "note")
    assert "5 times" in finding.message
    assert len(finding.evidence) == 5


# EK314


def test_an_rpath_beside_a_runpath_is_told_where_it_had_a_directory(tmp_path: Path) -> None:
    lost = program(rpath="/opt/a:/opt/b:/opt/gone", runpath="/opt/b", interpreter=GLIBC)
    plan = glibc({"bin/x": lost, "opt/a": None, "opt/b": None})
    (finding,) = findings(tmp_path / "lost", plan)
    assert (finding.rule, finding.severity.word) == ("EK314", "warning")
    assert "/opt/a" in finding.message
    assert "/opt/gone" not in finding.message.partition(": the")[2]
    kept = program(rpath="$ORIGIN/../opt/b:/opt/gone", runpath="/opt/b", interpreter=GLIBC)
    assert told(tmp_path / "kept", glibc({"bin/x": kept, "opt/b": None})) == {}


@pytest.mark.parametrize("path", ["/usr/$LIB", "$ORIGIN/../lib:/opt/${PLATFORM}"])
def test_a_token_that_musl_does_not_know_voids_the_path(tmp_path: Path, path: str) -> None:
    assert told(tmp_path / "musl", router({"bin/x": program(runpath=path)})) == {
        ("EK314", "bin/x", f"DT_RUNPATH {path}"): "warning"
    }
    assert told(tmp_path / "glibc", glibc({"bin/x": program(runpath=path, interpreter=GLIBC)})) == {}


@pytest.mark.parametrize(("path", "odd"), [("$ORIGIN/../lib", False), ("/opt/$ORIGIN", True), ("/opt/$LIB", True)])
def test_uclibc_expands_origin_in_front_alone(tmp_path: Path, path: str, odd: bool) -> None:  # noqa: FBT001
    loader = "/lib/ld-uClibc.so.0"
    found = told(tmp_path, uclibc({"bin/x": program(rpath=path, interpreter=loader)}))
    assert found == ({("EK314", "bin/x", f"DT_RPATH {path}"): "warning"} if odd else {})


def test_android_reads_runpath_alone(tmp_path: Path) -> None:
    rpath, runpath = (
        program(rpath="/vendor/lib", interpreter=BIONIC),
        program(runpath="/vendor/lib", interpreter=BIONIC),
    )
    plan = android(28, {"system/bin/x": rpath, "system/bin/y": runpath})
    assert told(tmp_path, plan) == {("EK314", "system/bin/x", "DT_RPATH /vendor/lib"): "warning"}


# EK315


def opener(*rows: dict[str, object]) -> Elf:
    return replace(program(), notes=(Note(b"FDO", 0x407C0C0A, json.dumps(rows).encode()),))


def row(priority: str, *names: str) -> dict[str, object]:
    return {"soname": list(names), "priority": priority, "feature": "audio"}


def test_a_required_group_is_a_warning_and_one_of_its_names_is_enough(tmp_path: Path) -> None:
    both = opener(row("required", "liba.so.2", "liba.so.1"), row("required", "libb.so.1"))
    files: Plan = {"bin/x": both, "opt/lib/liba.so.1": library(soname="liba.so.1")}
    assert told(tmp_path / "tree", router(files)) == {("EK315", "bin/x", "libb.so.1"): "warning"}
    assert findings(tmp_path / "assumed", router(files), ("libb.so.*",)) == []


def test_what_is_optional_is_one_note_a_file(tmp_path: Path) -> None:
    rows = [
        row(priority, f"lib{priority}{number}.so") for priority in ("recommended", "suggested") for number in range(9)
    ]
    found = told(tmp_path, router({"bin/x": opener(*rows)}))
    assert found == {("EK315", "bin/x", "recommended"): "note", ("EK315", "bin/x", "suggested"): "note"}


def test_a_name_that_musl_answers_itself_is_there(tmp_path: Path) -> None:
    assert told(tmp_path, router({"bin/x": opener(row("required", "libm.so.6"))})) == {}


# EK317


def test_two_libraries_under_one_name_are_told_once(tmp_path: Path) -> None:
    one = library(soname="liba.so.1")
    files: Plan = {
        "bin/x": program("liba.so.1"),
        "lib/liba.so.1": one,
        "usr/lib/liba.so.1": replace(one, code=b"\1" * 32),
    }
    (finding,) = findings(tmp_path / "two", router(files))
    assert (finding.rule, finding.severity.word, finding.subject) == ("EK317", "warning", "liba.so.1")
    assert "programs get lib/liba.so.1" in finding.message
    assert told(tmp_path / "same", router({**files, "usr/lib/liba.so.1": one})) == {}


@pytest.mark.parametrize("place", ["usr/lib/app/liba.so.1", "opt/liba.so.1", "usr/lib/liba.so.1.bak"])
def test_a_copy_that_the_loader_does_not_come_upon_is_passed_over(tmp_path: Path, place: str) -> None:
    one = library(soname="liba.so.1")
    files: Plan = {"lib/liba.so.1": one, place: replace(one, code=b"\1" * 32)}
    assert told(tmp_path, router(files)) == {}


# EK318


def clashing(versioned: int, interpreter: str) -> Plan:
    """A program with liba.so.1 and, through libb.so.1, liba.so.2; of which so many define symbol versions."""
    tags = ((dt.DT_VERDEF, BASE),)
    old, new = (
        replace(library(soname=f"liba.so.{number}"), tags=tags if number <= versioned else ()) for number in (1, 2)
    )
    return {
        "bin/x": program("liba.so.1", "libb.so.1", interpreter=interpreter),
        "usr/lib/libb.so.1": library("liba.so.2", soname="libb.so.1"),
        "usr/lib/liba.so.1": old,
        "usr/lib/liba.so.2": new,
    }


@pytest.mark.parametrize(("versioned", "spoken"), [(0, True), (1, True), (2, False)])
def test_symbol_versions_keep_two_versions_apart_under_glibc(
    tmp_path: Path,
    versioned: int,
    spoken: bool,  # noqa: FBT001
) -> None:
    expected = {("EK318", "bin/x", "liba.so.1 liba.so.2"): "warning"} if spoken else {}
    assert told(tmp_path, glibc(clashing(versioned, GLIBC))) == expected


def test_musl_does_not_look_at_versions(tmp_path: Path) -> None:
    plan = router(clashing(2, "/lib/ld-musl-mips-sf.so.1"))
    (finding,) = findings(tmp_path, plan)
    assert finding.rule == "EK318"
    assert "needed by bin/x and usr/lib/libb.so.1" in finding.message


def test_two_versions_in_two_programs_are_in_order(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("liba.so.1"),
        "bin/y": program("liba.so.2"),
        "usr/lib/liba.so.1": library(soname="liba.so.1"),
        "usr/lib/liba.so.2": library(soname="liba.so.2"),
    }
    assert told(tmp_path, router(files)) == {}
