"""EK205, EK207, EK208: a program that its interpreter, or its mode, keeps from starting."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.dynamic import DF_1_PIE, DT_DEBUG, DT_FLAGS_1
from elfkit.abi.header import (
    ET_EXEC,
)
from elfkit.checks.check import check
from elfkit.checks.finding import Severity
from tests.checks.judging import only
from tests.checks.moded import HEXAGON, X86_64, judged, report
from tests.elfwriter import Elf, build, write
from tests.firmware.plants import MIPS, SOFT_MUSL, Content, asking, grow, library, program, router, static

# EK205


def interpreter(path: bytes, **field: int) -> bytes:
    """A program with this interpreter, and other values in its PT_INTERP."""
    written = write(replace(program(), interpreter=path))
    for name, value in field.items():
        written = written.also("PT_INTERP", name, value)
    return written.data


ENOUGH = len(SOFT_MUSL) + 1
MALFORMED = {
    "empty": (interpreter(b""), "empty"),
    "not ended": (interpreter(SOFT_MUSL.encode(), p_filesz=ENOUGH - 1), "not ended by NUL"),
    "the segment ends with another byte": (interpreter(b"/lib/ld.so\0junk", p_filesz=15), "not ended by NUL"),
    "longer than PATH_MAX": (interpreter(b"/" * 4096), "4097 bytes, more than PATH_MAX"),
    "relative": (interpreter(b"lib/ld-musl-mips-sf.so.1"), "begins nowhere"),
}


@pytest.mark.parametrize(("data", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_path_that_the_kernel_refuses_is_an_error(tmp_path: Path, data: bytes, words: str) -> None:
    finding = only(report(tmp_path, router({"bin/x": data}), "EK205"), "EK205")
    assert (finding.path, finding.severity) == ("bin/x", Severity.ERROR)
    assert words in finding.message


WELL_FORMED = {
    "absolute": interpreter(SOFT_MUSL.encode()),
    "as long as PATH_MAX": interpreter(b"/" * 4095),
    "padded with NULs": interpreter(b"/lib/ld.so\0\0\0"),
    "a library's": build(replace(library(soname="libc.so.6"), interpreter=b"lib/ld.so")),
    "none": build(static()),
}


@pytest.mark.parametrize("data", WELL_FORMED.values(), ids=WELL_FORMED)
def test_what_the_kernel_takes_is_none(tmp_path: Path, data: bytes) -> None:
    assert judged(tmp_path, router({"bin/x": data}), "EK205") == {}


def test_of_a_truncated_file_the_cause_is_told_already(tmp_path: Path) -> None:
    data = write(program()).patched("PT_INTERP", "p_offset", 1 << 20)
    assert judged(tmp_path, router({"bin/x": data}), "EK205") == {}


# EK207

NEEDING = replace(MIPS, needed=(b"libc.so",))
WITHOUT = {
    "ET_EXEC": (replace(NEEDING, type=ET_EXEC), True),
    "ET_DYN that says it is a program": (replace(NEEDING, tags=((DT_FLAGS_1, DF_1_PIE),)), True),
    "a library": (NEEDING, False),
    "a library that an old linker gave DT_DEBUG": (replace(NEEDING, tags=((DT_DEBUG, 0),)), False),
    "static-pie": (replace(MIPS, tags=((DT_FLAGS_1, DF_1_PIE),)), False),
    "static": (replace(MIPS, type=ET_EXEC), False),
    "a dynamic program": (program("libc.so"), False),
    "firmware of a DSP": (replace(NEEDING, machine=HEXAGON, type=ET_EXEC), False),
}  # fmt: skip


@pytest.mark.parametrize(("elf", "told"), WITHOUT.values(), ids=WITHOUT)
def test_only_programs_that_need_libraries_need_an_interpreter(tmp_path: Path, elf: Elf, told: bool) -> None:  # noqa: FBT001
    assert judged(tmp_path, router({"bin/x": elf}), "EK207") == ({"bin/x": "warning"} if told else {})


def test_an_interpreter_hidden_by_damage_is_not_told_missing(tmp_path: Path) -> None:
    data = write(replace(MIPS, type=ET_EXEC, needed=(b"libc.so",))).patched("Ehdr", "e_phnum", 4000)
    assert judged(tmp_path, router({"bin/x": data}), "EK207") == {}


# EK208


@pytest.mark.parametrize("path", ["bin/x", "usr/sbin/x", "opt/tool/bin/x"])
def test_a_program_without_x_bits_in_a_bin_directory_is_told(tmp_path: Path, path: str) -> None:
    assert judged(tmp_path, router({path: program()}), "EK208", {path: 0o644}) == {path: "warning"}


NO_MATTER = {
    "outside bin": ("usr/share/x", program(), 0o644),
    "a library": ("bin/libx.so", library(), 0o644),
    "for the owner alone": ("bin/x", program(), 0o700),
    "for the group alone": ("bin/x", program(), 0o650),
}


@pytest.mark.parametrize(("path", "what", "mode"), NO_MATTER.values(), ids=NO_MATTER)
def test_what_may_be_executed_or_need_not_be_is_not_told(tmp_path: Path, path: str, what: Elf, mode: int) -> None:
    assert judged(tmp_path, router({path: what}), "EK208", {path: mode}) == {}


def test_files_of_one_mode_are_one_finding(tmp_path: Path) -> None:
    plan = router({f"bin/x{number}": program() for number in range(9)})
    finding = only(report(tmp_path, plan, "EK208", {path: 0o644 for path in plan if path.startswith("bin/")}), "EK208")
    assert len(finding.paths) == 9


@pytest.mark.parametrize("rule", ["EK205", "EK207", "EK208"])
def test_a_foreign_program_is_foreign_and_no_more(tmp_path: Path, rule: str) -> None:
    relative = asking(X86_64, "lib64/ld.so", ())
    plan = router({"bin/a": relative, "bin/b": replace(X86_64, type=ET_EXEC, needed=(b"libc.so.6",))})
    assert judged(tmp_path, plan, rule, {"bin/a": 0o644}) == {}


def test_lost_modes_are_one_note_of_the_tree(tmp_path: Path) -> None:
    plan = router({f"bin/x{number}": program() for number in range(9)})
    finding = only(report(tmp_path, plan, "EK208", dict.fromkeys(plan, 0o644)), "EK208")
    assert (finding.severity, len(finding.paths)) == (Severity.NOTE, 10)  # sbin/init too
    assert "lost the modes" in finding.message


@pytest.mark.parametrize(
    ("path", "what"), [("usr/libexec/x", static()), ("bin/x", static()), ("usr/libexec/git-core/x", program())]
)
def test_static_programs_and_libexec_are_looked_at_too(tmp_path: Path, path: str, what: Elf) -> None:
    assert judged(tmp_path, router({path: what}), "EK208", {path: 0o644}) == {path: "warning"}


def test_a_static_file_deep_in_libexec_may_be_for_another_machine_to_boot(tmp_path: Path) -> None:
    path = "usr/libexec/xen/boot/hvmloader"
    assert judged(tmp_path, router({path: static()}), "EK208", {path: 0o644}) == {}


STRANGE = "/lib/ld-strange.so.1"


@pytest.mark.parametrize("link", [False, True])
def test_an_interpreter_without_x_bits_is_one_error_of_all_who_ask_for_it(tmp_path: Path, link: bool) -> None:  # noqa: FBT001
    loader = "lib/libstrange.so" if link else STRANGE[1:]
    plan = router({"bin/x": program(interpreter=STRANGE), "bin/y": program(interpreter=STRANGE), loader: library()})
    plan |= {STRANGE[1:]: "-> libstrange.so"} if link else {}
    finding = only(report(tmp_path, plan, "EK208", {loader: 0o644}), "EK208")
    assert (finding.paths, finding.severity, finding.subject) == (("bin/x", "bin/y"), Severity.ERROR, STRANGE)
    assert "0644: nobody may execute it" in finding.message
    assert finding.fix == f"chmod 755 {loader}"


def test_where_modes_are_lost_the_interpreter_s_says_nothing(tmp_path: Path) -> None:
    plan = router({"bin/x": program()})
    found = report(tmp_path, plan, "EK208", dict.fromkeys(plan, 0o644))
    assert [finding.severity for finding in found.findings] == [Severity.NOTE]


@pytest.mark.parametrize("through_a_link", [False, True])
def test_an_interpreter_that_is_a_fifo_is_told(tmp_path: Path, through_a_link: bool) -> None:  # noqa: FBT001
    grow(tmp_path, router({"bin/x": program(interpreter=STRANGE)}))
    os.mkfifo(tmp_path / ("lib/pipe" if through_a_link else STRANGE[1:]))
    if through_a_link:
        (tmp_path / STRANGE[1:]).symlink_to("pipe")
    finding = only(check(tmp_path), "EK201")
    assert (finding.paths, finding.severity) == (("bin/x",), Severity.ERROR)
    assert "no regular file (FIFO, socket or device)" in finding.message
    assert finding.fix == f"install the loader as {STRANGE}"


@pytest.mark.parametrize("more", [{}, {"lib/ld.so": "-> gone"}], ids=["missing", "dangling"])
def test_a_relative_interpreter_is_told_once(tmp_path: Path, more: dict[str, Content]) -> None:
    root = grow(tmp_path, router({"bin/x": program(interpreter="lib/ld.so"), **more}))
    found = check(root, select=["EK201", "EK203", "EK205"])
    assert [(finding.rule, finding.path) for finding in found.findings] == [("EK205", "bin/x")]
