"""EK2xx and EK3xx about interpreters, search paths and what is found through them: what each tells, and passes over."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checks.judging import checked, only, proved
from tests.checks.linking import STRANGE, Plan, findings, glibc, told, uclibc
from tests.firmware.plants import (
    FIXTURES,
    GLIBC,
    HARD,
    HARD_MUSL,
    SOFT_MUSL,
    X86_64,
    asking,
    leaked,
    library,
    program,
    router,
)

# EK202


def test_an_interpreter_of_another_machine_is_proved_by_both_headers(tmp_path: Path) -> None:
    plan = router({"bin/x": program(interpreter=STRANGE), STRANGE[1:]: asking(X86_64, "", ())})
    finding = only(checked(tmp_path, plan, select=["EK202"]), "EK202")
    assert (finding.subject, finding.paths) == (STRANGE, ("bin/x",))
    assert proved(tmp_path, "bin/x", finding.evidence)
    sources = {(proof.path, proof.source) for proof in finding.evidence}
    assert {("", "PT_INTERP"), ("", "e_machine"), (STRANGE[1:], "e_machine")} <= sources


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n"])
def test_an_interpreter_that_is_no_elf_file_is_told(tmp_path: Path, content: bytes) -> None:
    plan = router({"bin/x": program(interpreter=STRANGE), STRANGE[1:]: content})
    assert told(tmp_path, plan) == {("EK202", STRANGE): "error"}


def test_another_float_abi_alone_is_not_ek202_s(tmp_path: Path) -> None:
    plan = router({"bin/x": program(interpreter=HARD_MUSL), HARD_MUSL[1:]: library(fp_abi=HARD)})
    assert told(tmp_path, plan) == {}


def test_a_foreign_program_s_interpreter_is_not_judged(tmp_path: Path) -> None:
    plan = router({"bin/jq": leaked(), "lib64/ld-linux-x86-64.so.2": library()})
    assert told(tmp_path, plan) == {}


# EK203


@pytest.mark.parametrize(
    ("links", "named", "words"),
    [
        ({STRANGE[1:]: "-> nowhere"}, "lib/ld-strange.so.1 -> nowhere", "dangles"),
        ({STRANGE[1:]: "-> ld-strange.so.1"}, "lib/ld-strange.so.1 -> ld-strange.so.1", "goes round in a circle"),
        ({STRANGE[1:]: "-> /staging/ld.so"}, "lib/ld-strange.so.1 -> /staging/ld.so", "is absolute"),
        ({STRANGE[1:]: "-> ../../host/ld.so"}, "lib/ld-strange.so.1 -> ../../host/ld.so", "would leave the root"),
        ({STRANGE[1:]: "-> /sbin/init/ld.so"}, "lib/ld-strange.so.1 -> /sbin/init/ld.so", "is absolute"),
        ({STRANGE[1:]: "-> b", "lib/b": "-> gone"}, "lib/b -> gone", "dangles"),
        ({"lib/ld-strange.so.1": "-> /d/ld", "d": "-> gone"}, "d -> gone", "dangles"),
    ],
)
def test_the_link_that_goes_wrong_is_named(tmp_path: Path, links: Plan, named: str, words: str) -> None:
    plan = router({"bin/x": program(interpreter=STRANGE), **links})
    assert told(tmp_path, plan) == {("EK203", STRANGE): "error"}
    (finding,) = checked(tmp_path, {}, select=["EK203"]).findings
    assert f"the link {named} {words}" in finding.message
    assert finding.fix.startswith("ln -sfn ")
    assert [step.path for step in finding.trace]


def test_a_link_into_the_build_machine_s_copy_of_the_tree_is_said_to_be_one(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plan = router({"bin/x": program(interpreter=STRANGE), STRANGE[1:]: f"-> {root}{SOFT_MUSL}"})
    finding = only(checked(root, plan, select=["EK203"]), "EK203")
    assert "the build machine's copy of this tree" in finding.message


def test_an_absolute_link_inside_the_root_is_no_fault(tmp_path: Path) -> None:
    plan = router({"bin/x": program(interpreter=STRANGE), STRANGE[1:]: f"-> {SOFT_MUSL}"})
    assert told(tmp_path, plan) == {}


def test_all_programs_behind_one_link_are_one_finding(tmp_path: Path) -> None:
    users: Plan = {f"bin/x{number}": program(interpreter=STRANGE) for number in range(5)}
    (finding,) = findings(tmp_path, router({**users, STRANGE[1:]: "-> gone"}))
    assert len(finding.paths) == 5


# EK204

STORE = "/nix/store/abc-glibc/lib/ld.so.1"


@pytest.mark.parametrize("path", ["/build/out/ld.so.1", STORE, "/opt/x-tools/mips/sysroot/lib/ld.so.1"])
def test_an_interpreter_of_a_build_machine_is_told_once(tmp_path: Path, path: str) -> None:
    assert told(tmp_path, router({"bin/x": program(interpreter=path)})) == {("EK204", path): "error"}


def test_an_interpreter_at_a_build_path_that_is_there_is_a_warning_and_in_a_store_nothing(tmp_path: Path) -> None:
    path = "/opt/toolchain/lib/ld-musl-mips-sf.so.1"
    plan = router({"bin/x": program(interpreter=path), path[1:]: library()})
    assert told(tmp_path / "a", plan) == {("EK204", path): "warning"}
    plan = router({"bin/x": program(interpreter=STORE), STORE[1:]: library()})
    assert told(tmp_path / "b", plan) == {}


# EK206


@pytest.mark.parametrize("name", ["libc.musl-mips-sf.so.1", "libc.so.0", "libc.so"])
def test_another_libc_s_name_in_a_glibc_tree_is_told_instead_of_a_missing_library(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, glibc({"bin/x": program(name, interpreter=GLIBC)})) == {("EK206", name): "error"}


def test_glibc_s_own_name_is_missing_and_no_other_family(tmp_path: Path) -> None:
    plan = glibc({"bin/x": program("libc.so.6", interpreter=GLIBC)})
    assert told(tmp_path, plan) == {("EK301", "libc.so.6"): "error"}


def test_what_musl_answers_itself_is_a_warning(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libc.so.6"), "usr/lib/libx.so": library("libc.so.6", soname="libx.so")})
    assert told(tmp_path, plan) == {("EK206", "libc.so.6"): "warning"}


@pytest.mark.parametrize(
    "more",
    [
        {"bin/x": program("libc.so.6", "libgcompat.so.0"), "lib/libgcompat.so.0": library()},
        {"bin/x": program("libc.so.6", interpreter=GLIBC), GLIBC[1:]: library(), "lib/libc.so.6": library()},
        {"bin/x": program("libc.so")},
    ],
    ids=["gcompat", "a platform of its own", "musl's own"],
)
def test_a_compatible_libc_is_no_fault(tmp_path: Path, more: Plan) -> None:
    assert told(tmp_path, router(more)) == {}


def test_a_file_of_that_name_is_taken_for_a_compatibility_layer(tmp_path: Path) -> None:
    plan = glibc({"bin/x": program("libc.so.1", interpreter=GLIBC), "lib/libc.so.1": library()})
    assert told(tmp_path, plan) == {}


def test_a_program_whose_interpreter_is_missing_has_that_one_cause(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libc.so.6", interpreter=GLIBC)})
    assert told(tmp_path, plan) == {("EK201", GLIBC): "error"}


def test_uclibc_s_old_name_beside_its_new_one_is_told(tmp_path: Path) -> None:
    user = program("libc.so.0", interpreter="/lib/ld-uClibc.so.0")
    plan = uclibc({"bin/x": user, "lib/libc.so.1": library(soname="libc.so.1")})
    assert told(tmp_path, plan) == {("EK206", "libc.so.0"): "error"}


# EK302


def test_a_library_off_the_path_has_every_path_tried_and_a_fix_for_its_loader(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libz.so"), "opt/vendor/libz.so": library()})
    (finding,) = findings(tmp_path, plan)
    assert (finding.rule, finding.subject, finding.severity.word) == ("EK302", "libz.so", "error")
    assert [step.path for step in finding.trace] == [
        f"{place}/libz.so" for place in ("/lib", "/usr/local/lib", "/usr/lib")
    ]
    assert proved(tmp_path, "bin/x", finding.evidence)
    assert "-Wl,-rpath,/opt/vendor" in finding.fix
    assert "/etc/ld-musl-mips-sf.path" in finding.fix


def test_the_fix_for_glibc_names_ld_so_conf(tmp_path: Path) -> None:
    plan = glibc({"bin/x": program("libz.so", interpreter=GLIBC), "opt/vendor/libz.so": library()})
    (finding,) = findings(tmp_path, plan)
    assert "/etc/ld.so.conf and run ldconfig" in finding.fix


def test_a_library_that_fails_in_one_start_says_in_which_and_who_needs_it(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("liba.so", interpreter=GLIBC),
        "lib/liba.so": library("libz.so", soname="liba.so"),
        "opt/libz.so": library(),
    }
    (finding,) = findings(tmp_path, glibc(files))
    assert finding.path == "lib/liba.so"
    assert finding.message.endswith("when bin/x starts")
    assert finding.needed_by == ("bin/x",)


def test_what_the_program_s_rpath_finds_for_its_library_is_found(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("liba.so", interpreter=GLIBC, rpath="/opt"),
        "lib/liba.so": library("libz.so", soname="liba.so"),
        "opt/libz.so": library(),
    }
    assert told(tmp_path, glibc(files)) == {}


def test_a_plugin_alone_is_a_warning(tmp_path: Path) -> None:
    plan = router({"usr/lib/app/plug.so": library("libz.so"), "opt/libz.so": library()})
    (finding,) = findings(tmp_path, plan)
    assert (finding.severity.word, finding.confidence.value) == ("warning", "medium")


def test_a_plugin_whose_host_has_the_library_is_passed_over(tmp_path: Path) -> None:
    files: Plan = {
        "bin/x": program("libz.so", interpreter=GLIBC, runpath="/opt"),
        "usr/lib/app/plug.so": library("libz.so"),
        "opt/libz.so": library(),
    }
    assert told(tmp_path, glibc(files)) == {}


def test_a_family_of_plugins_that_need_it_alike_is_one_note(tmp_path: Path) -> None:
    files: Plan = {f"usr/lib/jvm/lib{number}.so": library("libjvm.so") for number in range(3)}
    (finding,) = findings(tmp_path, router({**files, "usr/lib/jvm/server/libjvm.so": library()}))
    assert (finding.rule, finding.severity.word, len(finding.paths)) == ("EK302", "note", 3)


def test_a_relative_path_in_dt_needed_is_passed_over(tmp_path: Path) -> None:
    assert told(tmp_path, router({"bin/x": program("./libz.so"), "opt/libz.so": library()})) == {}


# EK303

X86_LIBRARY = asking(X86_64, "", ())


def test_a_foreign_file_early_on_the_path_hides_the_right_one_from_musl(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libz.so"), "lib/libz.so": X86_LIBRARY, "usr/lib/libz.so": library()})
    (finding,) = findings(tmp_path, plan)
    assert (finding.rule, finding.severity.word) == ("EK303", "error")
    assert "before usr/lib/libz.so" in finding.message
    assert proved(tmp_path, "bin/x", finding.evidence)


def test_glibc_goes_on_to_the_right_one(tmp_path: Path) -> None:
    user = program("libz.so", interpreter=GLIBC)
    assert told(tmp_path, glibc({"bin/x": user, "lib/libz.so": X86_LIBRARY, "usr/lib/libz.so": library()})) == {}


def test_a_library_of_another_float_abi_alone_is_told_with_its_bytes(tmp_path: Path) -> None:
    plan = glibc({"bin/x": program("libz.so", interpreter=GLIBC), "lib/libz.so": library(fp_abi=HARD)})
    (finding,) = findings(tmp_path, plan)
    assert finding.rule == "EK303"
    shown = {(proof.path, proof.source) for proof in finding.evidence}
    assert ("lib/libz.so", "PT_MIPS_ABIFLAGS fp_abi") in shown
    assert [step.outcome for step in finding.trace if step.path == "/lib/libz.so"] == ["passed over: hard-float"]


def test_for_what_is_opened_at_run_time_it_is_a_warning(tmp_path: Path) -> None:
    plan = router({"usr/lib/app/plug.so": library("libz.so"), "lib/libz.so": X86_LIBRARY})
    assert told(tmp_path, plan) == {("EK303", "libz.so"): "warning"}


# a /usr of its own


def test_a_tree_that_a_device_mounts_at_usr_is_searched_as_one(tmp_path: Path) -> None:
    files: Plan = {
        "lib/ld-musl-mips-sf.so.1": library(),
        "bin/x": program("libz.so", runpath="/usr/lib/app"),
        "lib/app/libz.so": library(),
        "share": None,
    }
    assert told(tmp_path, files) == {}


def test_the_clean_router_says_nothing_of_all_this(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(FIXTURES / "trees/router-clean", root, symlinks=True)
    assert told(root, {}) == {}


def test_library_with_a_pt_interp_asks_for_none(tmp_path: Path) -> None:
    odd = replace(library(soname="libz.so"), interpreter=b"/build/ld.so")
    assert told(tmp_path, router({"lib/libz.so": odd})) == {}


def test_a_library_of_another_float_abi_is_one_finding_with_all_who_need_it(tmp_path: Path) -> None:
    users: Plan = {f"bin/x{number}": program("libz.so") for number in range(3)}
    plan = router({**users, "lib/libz.so": library(fp_abi=HARD)})
    (finding,) = checked(tmp_path, plan, select=["EK106", "EK303"]).findings
    assert (finding.rule, finding.paths) == ("EK106", ("lib/libz.so",))
    assert finding.needed_by == ("bin/x0", "bin/x1", "bin/x2")
    assert {f.rule for f in checked(tmp_path, {}, select=["EK303"]).findings} == {"EK303"}


def test_what_else_a_file_of_another_float_abi_lacks_is_still_told(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libz.so", fp_abi=HARD), "lib/libz.so": replace(library(), elf_class=2)})
    found = {(f.rule, f.path) for f in checked(tmp_path, plan, select=["EK106", "EK303"]).findings}
    assert found == {("EK106", "bin/x"), ("EK303", "bin/x")}
