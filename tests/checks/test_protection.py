"""EK501 and EK503: executable stacks and writable code."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_PPC, EM_SPARC, ET_CORE, ET_REL
from tests.checks.judging import check, checked_about, only, proved, said
from tests.elfwriter import Elf, build
from tests.firmware.plants import GLIBC, MIPS, X86_64, Content, asking, library, program, router, static

RW, RWX = 6, 7


def stacked(elf: Elf, flags: int | None = RWX) -> Elf:
    return replace(elf, stack=flags)


def test_an_executable_stack_is_proved_by_its_flags(tmp_path: Path) -> None:
    finding = only(checked_about(tmp_path, router({"bin/x": stacked(program())})), "EK501")
    (proof,) = finding.evidence
    assert (proof.source, proof.raw, proof.value) == ("PT_GNU_STACK p_flags", b"\0\0\0\7", RWX)
    assert proved(tmp_path, "bin/x", finding.evidence)
    assert finding.severity.word == "warning"


@pytest.mark.parametrize("flags", [RW, None, 4])
def test_a_stack_that_is_not_executable_or_not_stated_is_not_told(tmp_path: Path, flags: int | None) -> None:
    assert said(tmp_path, router({"bin/x": stacked(program(), flags)}), "EK501") == {}


def test_mips_with_glibc_has_one_note_for_all(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"init": stacked(program("libc.so.6", interpreter=GLIBC)), GLIBC[1:]: stacked(library())}
    plan |= {f"lib/lib{number}.so": stacked(library("libc.so.6")) for number in range(40)}
    finding = only(checked_about(tmp_path, plan), "EK501")
    assert (finding.severity.word, len(finding.paths)) == ("note", 42)


def test_mips_with_musl_has_a_warning_for_each(tmp_path: Path) -> None:
    plan = router({"bin/x": stacked(program("libc.so")), "bin/y": stacked(program("libc.so"))})
    assert said(tmp_path, plan, "EK501") == {"bin/x": "warning", "bin/y": "warning"}


def test_x86_with_glibc_is_no_mips(tmp_path: Path) -> None:
    loader = "/lib64/ld-linux-x86-64.so.2"
    plan: dict[str, Content] = {"init": stacked(asking(X86_64, loader, ("libc.so.6",))), loader[1:]: X86_64}
    assert said(tmp_path, plan, "EK501") == {"init": "warning"}


SHAPES = {
    "an object file": replace(MIPS, type=ET_REL, dynamic=False),
    "a core dump": replace(MIPS, type=ET_CORE, dynamic=False),
    "firmware of another processor": Elf(elf_class=1, machine=0x1234),
}


@pytest.mark.parametrize("rule", ["EK501", "EK503"])
@pytest.mark.parametrize("elf", SHAPES.values(), ids=SHAPES.keys())
def test_what_linux_never_starts_is_not_told(tmp_path: Path, rule: str, elf: Elf) -> None:
    place = tmp_path / "x"
    place.write_bytes(build(replace(elf, stack=RWX, code_flags=RWX)))
    assert rule not in {finding.rule for finding in check(place).findings}


@pytest.mark.parametrize("elf", [program(), static(), library(soname="liba.so")], ids=["program", "static", "library"])
def test_writable_code_is_told_of_all_that_is_mapped(tmp_path: Path, elf: Elf) -> None:
    finding = only(checked_about(tmp_path, router({"x": replace(elf, code_flags=RWX)})), "EK503")
    assert [(proof.source, proof.value) for proof in finding.evidence] == [("PT_LOAD p_flags", RWX)]
    assert proved(tmp_path, "x", finding.evidence)


@pytest.mark.parametrize("machine", [EM_PPC, EM_SPARC], ids=["PowerPC", "SPARC"])
def test_a_plt_that_the_abi_has_written_is_tolerated(tmp_path: Path, machine: int) -> None:
    place = tmp_path / "x"
    place.write_bytes(build(Elf(elf_class=1, data=2, machine=machine, code_flags=RWX)))
    assert "EK503" not in {finding.rule for finding in check(place).findings}


def test_separate_writable_and_executable_segments_are_right(tmp_path: Path) -> None:
    assert said(tmp_path, router({"x": replace(program(), code_flags=RW)}), "EK503") == {}
