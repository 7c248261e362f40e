"""What bears the right name and is no library, and what bears the wrong machine and is meant to be started."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.checks.judging import checked, only, said
from tests.firmware.plants import Content, library, program, router, static


@pytest.mark.parametrize(
    "content", [b"", b"no space left\n", b"GROUP ( libz.so.1 )\n"], ids=["empty", "text", "script"]
)
def test_a_needed_file_that_is_no_elf_file_is_missing(tmp_path: Path, content: bytes) -> None:
    plan: dict[str, Content] = {"usr/lib/libz.so": content, "bin/x": program("libz.so")}
    finding = only(checked(tmp_path, router(plan), select=["EK3"]), "EK301")
    assert (finding.paths, finding.severity.word) == (("bin/x",), "error")
    assert "no ELF file" in finding.message


def test_a_link_to_such_a_file_is_missing_too(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"usr/lib/z": b"text", "usr/lib/libz.so": "-> z", "bin/x": program("libz.so")}
    assert said(tmp_path, router(plan), "EK301") == {"bin/x": "error"}


@pytest.mark.parametrize("name", ["libssl.so.1.0.2k", "libcrypto.so.1.1.1k", "plugin-engine"])
def test_a_needed_name_that_is_a_dangling_link_is_an_error_whatever_the_name(tmp_path: Path, name: str) -> None:
    plan: dict[str, Content] = {f"usr/lib/{name}": "-> gone", "bin/x": program(name)}
    report = checked(tmp_path, router(plan), select=["EK3"])
    assert {(finding.rule, finding.severity.word) for finding in report.findings} == {("EK316", "error")}


def test_a_needed_link_that_is_filled_at_run_time_is_a_note(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"usr/lib/libz.so": "-> /var/lib/z/libz.so", "bin/x": program("libz.so")}
    assert said(tmp_path, router(plan), "EK316") == {"usr/lib/libz.so": "note"}


@pytest.mark.parametrize("machine", [83, 0xFFF0], ids=["AVR", "unregistered"])
def test_a_program_among_programs_is_foreign_whatever_its_machine(tmp_path: Path, machine: int) -> None:
    assert said(tmp_path, router({"bin/x": replace(static(), machine=machine)}), "EK101") == {"bin/x": "error"}


def test_a_dynamic_program_of_an_unregistered_machine_is_foreign_wherever_it_lies(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"opt/x": replace(program(), machine=0xFFF0)}
    assert said(tmp_path, router(plan), "EK101") == {"opt/x": "error"}


def test_a_library_of_a_signal_processor_is_left_alone(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"usr/lib/rfsa/libx.so": replace(library("libdsp.so"), machine=164)}  # Hexagon
    assert said(tmp_path, router(plan), "EK101") == {}
