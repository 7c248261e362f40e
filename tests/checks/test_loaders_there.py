"""EK201 where the loader lies elsewhere in the tree, or is another C library's: what is said once, and the command."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks.check import check
from tests.checks.judging import checked, only, proved, rules_of, said, told
from tests.elfwriter import Elf
from tests.firmware.plants import (
    GLIBC,
    HARD,
    MIPS,
    SOFT_MUSL,
    X86_64,
    Content,
    asking,
    library,
    program,
    router,
)

X86_LOADER = "/lib64/ld-linux-x86-64.so.2"
PLACES: dict[str, tuple[dict[str, Content], str]] = {
    "Debian's layout without /lib64": ({"lib": "-> usr/lib"}, "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    "lib is a directory": ({"lib/libx.so": asking(X86_64, "", ())}, "lib/ld-linux-x86-64.so.2"),
    "merged /usr without its links": ({}, "usr/lib64/ld-linux-x86-64.so.2"),
    "another name, by DT_SONAME": ({}, "lib/ld-2.36.so"),
    "a link to it": ({"lib/ld-linux-x86-64.so.2": "-> ld-2.36.so"}, "lib/ld-2.36.so"),
    "lib64 leads elsewhere": ({"usr/lib64": None, "lib64": "-> /usr/lib64"}, "opt/ld-linux-x86-64.so.2"),
}


def x86_64(more: dict[str, Content], place: str) -> dict[str, Content]:
    loader = replace(asking(X86_64, "", ()), soname=b"ld-linux-x86-64.so.2")
    init = asking(X86_64, X86_LOADER, ())
    return {"sbin/init": init, "bin/true": init, place: loader, **more}


@pytest.mark.parametrize("case", PLACES)
def test_the_loader_that_is_there_is_named_and_the_command_mends_the_tree(tmp_path: Path, case: str) -> None:
    more, place = PLACES[case]
    report = checked(tmp_path, x86_64(more, place))
    finding = only(report, "EK201")
    assert finding.paths == ("bin/true", "sbin/init")
    assert f"; the tree has it at {place}" in finding.message
    assert {proof.path for proof in finding.evidence} == {"", place}
    assert proved(tmp_path, "bin/true", finding.evidence)
    command, where, _ = finding.fix.partition(", in the root of the tree")
    assert where
    subprocess.run(["/bin/sh", "-ec", command], cwd=tmp_path, check=True, timeout=10)
    assert (tmp_path / X86_LOADER[1:]).read_bytes()[:4] == b"\x7fELF" or (tmp_path / "lib64").is_symlink()
    assert "EK201" not in rules_of(check(tmp_path))


@pytest.mark.parametrize(
    ("place", "loader"),
    [
        ("usr/lib/ld-linux-x86-64.so.2", library()),
        ("usr/lib/ld-linux-x86-64.so.2", b"text"),
        ("usr/lib/ld-linux-x86-64.so.3", asking(X86_64, "", ())),
        ("usr/bin/ld-linux-x86-64.so.2", asking(X86_64, "/lib/ld.so", ())),
    ],
    ids=["another machine", "no ELF file", "another name", "a program"],
)
def test_what_is_no_loader_for_the_program_is_not_offered(tmp_path: Path, place: str, loader: Content) -> None:
    plan: dict[str, Content] = {"sbin/init": asking(X86_64, X86_LOADER, ()), place: loader}
    findings = checked(tmp_path, plan, select=["EK201"]).findings
    assert not [finding for finding in findings if "the tree has it" in finding.message]


def test_a_loader_of_another_float_abi_is_not_offered(tmp_path: Path) -> None:
    loader = {"usr/lib/ld-musl-mips-sf.so.1": library(fp_abi=HARD)}
    plan: dict[str, Content] = {"sbin/init": program(), **loader}
    assert "the tree has it" not in only(checked(tmp_path, plan, select=["EK201"]), "EK201").message
    plan["usr/lib/ld-musl-mips-sf.so.1"] = library()
    assert "the tree has it" in only(checked(tmp_path / "2", plan, select=["EK201"]), "EK201").message


def test_musl_s_loader_is_found_as_its_c_library(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"sbin/init": program(), "lib/libc.so": library()}
    assert "; the tree has it at lib/libc.so" in only(checked(tmp_path, plan), "EK201").message


def test_a_name_the_shell_would_take_apart_is_quoted(tmp_path: Path) -> None:
    report = checked(tmp_path, x86_64({}, "opt/a b;c/ld-linux-x86-64.so.2"))
    command = only(report, "EK201").fix.partition(", in the root")[0]
    subprocess.run(["/bin/sh", "-ec", command], cwd=tmp_path, check=True, timeout=10)
    assert "EK201" not in rules_of(check(tmp_path))


def test_one_proof_is_shown_once(tmp_path: Path) -> None:
    """The float ABI that only PT_INTERP tells has the same bytes as the interpreter."""
    report = checked(tmp_path, router({"bin/x": asking(replace(MIPS, fp_abi=None), "/lib/ld-musl-mips.so.1", ())}))
    evidence = only(report, "EK201").evidence
    assert len(evidence) == len(set(evidence))


# another C library


def strangers(base: Elf = MIPS) -> dict[str, Content]:
    hard = replace(base, fp_abi=HARD)
    init = asking(hard, GLIBC, ("libc.so.6",))
    return {"sbin/init": init, GLIBC[1:]: asking(hard, "", ()), "lib/libc.so.6": asking(hard, "", ())}


def test_a_program_of_another_c_library_is_one_error(tmp_path: Path) -> None:
    """Soft-float musl on a hard-float glibc root, as copied from another router."""
    plan = {**strangers(), "bin/x": program("libc.so", "libconf.so", "librouter.so")}
    report = checked(tmp_path, plan)
    errors = {key for key, severity in told(report).items() if severity == "error"}
    assert errors == {("EK201", "bin/x")}
    assert "that is musl's, and this tree's C library is glibc" in only(report, "EK201").message
    assert "EK301" in only(report, "EK905").message
    assert only(report, "EK905").paths == ("bin/x",)


def test_what_it_needs_is_told_where_ek201_is_left_out(tmp_path: Path) -> None:
    plan = {**strangers(), "bin/x": program("libconf.so")}
    assert {("EK106", "bin/x"), ("EK301", "bin/x")} <= {*told(checked(tmp_path, plan, select=["EK106", "EK301"]))}


def test_a_missing_loader_of_the_tree_s_own_family_hides_no_missing_library(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libconf.so", interpreter="/lib/ld-musl-mips.so.1", fp_abi=HARD)})
    assert said(tmp_path, plan, "EK301") == {"bin/x": "error"}
    assert said(tmp_path / "again", plan, "EK905") == {}
    assert said(tmp_path / "more", plan, "EK106") == {}


def test_the_tree_s_own_loader_is_still_named(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, {**strangers(), "bin/x": program()}), "EK201")
    assert f"; the tree's loader is {GLIBC}" in finding.message
    assert SOFT_MUSL in finding.message
