"""EK201 and EK301: what the loader will not find, and what only looks missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.checks.judging import checked_about, only, proved, said
from tests.firmware.plants import (
    GLIBC,
    HARD,
    HARD_MUSL,
    MIPS,
    SOFT,
    SOFT_MUSL,
    Content,
    asking,
    leaked,
    library,
    program,
    router,
    static,
)

STRANGE = "/lib/ld-strange.so.1"

# EK201


def test_a_missing_interpreter_is_proved_by_its_bytes_and_the_float_abi_s(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({"bin/x": program(interpreter=HARD_MUSL, fp_abi=HARD)}))
    finding = only(report, "EK201")
    assert (finding.subject, finding.paths) == (HARD_MUSL, ("bin/x",))
    assert [(proof.path, proof.source, proof.raw) for proof in finding.evidence] == [
        ("", "PT_INTERP", HARD_MUSL.encode()),
        ("", "PT_MIPS_ABIFLAGS fp_abi", bytes([HARD])),
        (SOFT_MUSL[1:], "PT_MIPS_ABIFLAGS fp_abi", bytes([SOFT])),
    ]
    assert proved(tmp_path, "bin/x", finding.evidence)
    assert SOFT_MUSL in finding.message


def test_programs_that_ask_for_the_same_interpreter_are_one_finding(tmp_path: Path) -> None:
    plan = router({f"bin/x{number}": program(interpreter=STRANGE) for number in range(9)})
    assert len(only(checked_about(tmp_path, plan), "EK201").paths) == 9


def test_only_the_name_is_wrong_where_the_float_abi_is_the_tree_s(tmp_path: Path) -> None:
    finding = only(checked_about(tmp_path, router({"bin/x": program(interpreter=HARD_MUSL)})), "EK201")
    assert finding.fix.endswith(f"-Wl,--dynamic-linker={SOFT_MUSL}")
    assert "soft-float" in finding.fix


@pytest.mark.parametrize(
    "links",
    [
        {STRANGE[1:]: f"-> {SOFT_MUSL}"},
        {STRANGE[1:]: "-> ld-musl-mips-sf.so.1"},
        {STRANGE[1:]: "-> ../../../lib/ld-musl-mips-sf.so.1"},
        {STRANGE[1:]: "-> /elsewhere/ld", "elsewhere": "-> lib", "lib/ld": "-> ld-musl-mips-sf.so.1"},
    ],
    ids=str,
)
def test_an_interpreter_reached_through_links_inside_the_root_is_there(
    tmp_path: Path, links: dict[str, Content]
) -> None:
    assert said(tmp_path, router({"bin/x": program(interpreter=STRANGE), **links}), "EK201") == {}


@pytest.mark.parametrize(
    ("links", "ending"),
    [
        ({}, "is not in this tree"),
        ({STRANGE[1:]: None}, "is a directory"),
        ({STRANGE[1:]: "-> ../opt", "opt": None}, "is a directory"),
    ],
)
def test_the_message_says_how_the_interpreter_is_missing(
    tmp_path: Path, links: dict[str, Content], ending: str
) -> None:
    finding = only(checked_about(tmp_path, router({"bin/x": program(interpreter=STRANGE), **links})), "EK201")
    assert ending in finding.message
    assert [step.path for step in finding.trace] == [path for path, what in links.items() if what]


def test_files_that_are_not_started_need_no_interpreter(tmp_path: Path) -> None:
    library_with_interpreter = replace(library(soname="libc.so.6"), interpreter=STRANGE.encode())
    plan = router({"lib/libc.so.6": library_with_interpreter, "bin/jq": leaked(), "bin/static": static()})
    assert said(tmp_path, plan, "EK201") == {}


def test_a_tree_without_any_loader_misses_it(tmp_path: Path) -> None:
    finding = only(checked_about(tmp_path, {"sbin/init": program(), "bin/x": program()}), "EK201")
    assert finding.paths == ("bin/x", "sbin/init")
    assert SOFT_MUSL in finding.fix


# EK301


def test_a_missing_library_is_told_with_the_name_s_bytes_and_every_path_tried(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({"bin/x": program("libc.so", "libnot.so.1", runpath="/opt/lib")}))
    finding = only(report, "EK301")
    assert (finding.subject, finding.severity.word, finding.needed_by) == ("libnot.so.1", "error", ("bin/x",))
    assert [(proof.source, proof.raw) for proof in finding.evidence] == [("DT_NEEDED", b"libnot.so.1")]
    assert proved(tmp_path, "bin/x", finding.evidence)
    assert [step.path for step in finding.trace] == [
        f"{place}/libnot.so.1" for place in ("/opt/lib", "/lib", "/usr/local/lib", "/usr/lib")
    ]


def test_one_missing_library_is_one_finding_and_two_are_two(tmp_path: Path) -> None:
    users: dict[str, Content] = {f"bin/x{number}": program("liba.so", "libb.so") for number in range(7)}
    findings = [finding for finding in checked_about(tmp_path, router(users)).findings if finding.rule == "EK301"]
    assert {finding.subject: len(finding.needed_by) for finding in findings} == {"liba.so": 7, "libb.so": 7}


@pytest.mark.parametrize("name", ["libc.so.6", "libm.so", "libpthread.so.0", "libc.musl-mips-sf.so.1", "libdl.so.2"])
def test_what_musl_answers_itself_is_not_missing(tmp_path: Path, name: str) -> None:
    assert said(tmp_path, router({"bin/x": program(name)}), "EK301") == {}


@pytest.mark.parametrize("name", ["linux-vdso.so.1", "linux-gate.so.1", "ld.so.1"])
def test_what_the_kernel_maps_is_not_missing(tmp_path: Path, name: str) -> None:
    plan: dict[str, Content] = {"init": program(name, interpreter=GLIBC), GLIBC[1:]: library()}
    assert said(tmp_path, plan, "EK301") == {}


def test_glibc_s_libc_is_missing_where_it_is(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"init": program("libc.so.6", interpreter=GLIBC), GLIBC[1:]: library()}
    assert said(tmp_path, plan, "EK301") == {"init": "error"}


def test_a_library_that_is_anywhere_in_the_tree_is_not_nowhere(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libhidden.so"), "opt/strange/libhidden.so": library()})
    assert said(tmp_path, plan, "EK301") == {}


def test_for_a_plugin_alone_it_is_a_warning(tmp_path: Path) -> None:
    plan = router({"usr/lib/app/mod_x.so": library("libnot.so")})
    assert said(tmp_path, plan, "EK301") == {"usr/lib/app/mod_x.so": "warning"}


def test_a_library_with_a_soname_is_no_plugin(tmp_path: Path) -> None:
    plan = router({"usr/lib/libx.so.1": library("libnot.so", soname="libx.so.1")})
    assert said(tmp_path, plan, "EK301") == {"usr/lib/libx.so.1": "error"}


def test_a_program_beside_the_plugin_makes_it_an_error(tmp_path: Path) -> None:
    plan = router({"usr/lib/app/mod_x.so": library("libnot.so"), "bin/x": program("libnot.so")})
    finding = only(checked_about(tmp_path, plan), "EK301")
    assert (finding.severity.word, finding.needed_by) == ("error", ("bin/x", "usr/lib/app/mod_x.so"))


def test_a_leaked_program_s_libraries_are_not_missed(tmp_path: Path) -> None:
    assert said(tmp_path, router({"bin/jq": leaked("libc.so.6", "libjq.so.1")}), "EK301") == {}


def test_a_program_whose_own_loader_is_missing_is_searched_by_the_tree_s(tmp_path: Path) -> None:
    plan = router({"bin/x": asking(MIPS, HARD_MUSL, ("libnot.so", "libc.so"))})
    assert said(tmp_path, plan, "EK301") == {"bin/x": "error"}


def test_a_platform_without_known_rules_is_told_of_absence_alone(tmp_path: Path) -> None:
    loader = "/lib/ld-uClibc.so.0"
    user = program("libc.so.0", "libnot.so", interpreter=loader)
    plan: dict[str, Content] = {"init": user, loader[1:]: library(), "opt/libc.so.0": library()}
    finding = only(checked_about(tmp_path, plan), "EK301")
    assert finding.subject == "libnot.so"
