"""EK107 to EK111, EK105 and EK303: what code expects of the CPU, on roots grown for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_ARM, EM_SH, EM_X86_64, ET_EXEC, ET_REL
from elfkit.abi.targets import target_named
from elfkit.checks.check import check
from elfkit.firmware.customs import customs
from elfkit.firmware.declared import declared_baseline
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import read_tree
from tests.checks.every_rule import checked, said
from tests.checks.judging import only, proved
from tests.elfwriter import Elf, Note, Sect, build, patch, write
from tests.facts.test_cpu import ARM_ATTRIBUTES, properties
from tests.firmware.plants import GLIBC, HARD, HARD_MUSL, MIPS, Content, asking, grow, library, program, router, static
from tests.formats.test_attributes import part, subsection

NAN2008 = 0x70001405
DOUBLE, XX, FP64, FP64A = 1, 5, 6, 7
GLIBC_X86 = "/lib64/ld-linux-x86-64.so.2"


def glibc(more: dict[str, Content]) -> dict[str, Content]:
    return {"sbin/init": program(interpreter=GLIBC), GLIBC[1:]: library(), **more}


# EK107


def test_the_kernel_refuses_a_program_whose_interpreter_has_the_other_nans(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, router({"bin/tool": replace(program(), flags=NAN2008)})), "EK107")
    assert (finding.subject, finding.severity.word) == ("nan2008", "error")
    assert proved(tmp_path, "bin/tool", finding.evidence)


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        (replace(library(), flags=NAN2008), "warning"),
        (static(replace(MIPS, flags=NAN2008)), "warning"),
    ],
)
def test_musl_loads_such_a_library(tmp_path: Path, file: Elf, severity: str) -> None:
    assert said(tmp_path, router({"lib/x.so": file}), "EK107") == {"lib/x.so": severity}


def test_glibc_does_not_find_such_a_library(tmp_path: Path) -> None:
    plan = glibc({"bin/tool": program("x.so", interpreter=GLIBC), "lib/x.so": replace(library(), flags=NAN2008)})
    report = checked(tmp_path, plan)
    finding = only(report, "EK107")
    assert (finding.path, finding.severity.word) == ("lib/x.so", "error")
    assert finding.needed_by == ("bin/tool",)
    assert "EK303" not in {found.rule for found in report.findings}


def test_a_tree_of_release_6_has_one_encoding(tmp_path: Path) -> None:
    six = replace(MIPS, flags=0x90001407)
    plan: dict[str, Content] = {"sbin/init": asking(six, GLIBC, ()), GLIBC[1:]: six, "lib/x.so": six}
    assert said(tmp_path, plan, "EK107") == {}


def test_modules_of_the_kernel_and_object_files_meet_no_loader(tmp_path: Path) -> None:
    module = replace(MIPS, type=ET_REL, dynamic=False, stack=None, flags=NAN2008, fp_abi=None, sections=())
    assert said(tmp_path, router({"lib/modules/x.ko": module}), "EK107") == {}


# EK108


def revised(elf: Elf, rev: int, *, level: int = 32) -> bytes:
    built = write(elf)
    return patch(built.data, built.blobs["abiflags"][0] + 2, bytes([level, rev]))


@pytest.mark.parametrize(("level", "rev"), [(32, 5), (32, 6), (64, 2)])
def test_what_the_c_library_is_not_built_for_the_cpu_may_not_have(tmp_path: Path, level: int, rev: int) -> None:
    finding = only(checked(tmp_path, router({"bin/tool": revised(program(), rev, level=level)})), "EK108")
    assert (finding.severity.word, finding.confidence.value) == ("warning", "medium")
    assert "lib/ld-musl-mips-sf.so.1" in finding.message
    assert proved(tmp_path, "bin/tool", finding.evidence)


def test_older_code_runs(tmp_path: Path) -> None:
    assert said(tmp_path, router({"bin/tool": revised(program(), 1)}), "EK108") == {}


def test_the_first_program_runs_too_and_shows_what_the_cpu_has(tmp_path: Path) -> None:
    plan = router({"sbin/init": revised(program(), 5), "bin/tool": revised(program(), 5)})
    assert said(tmp_path, plan, "EK108") == {}


def test_extensions_may_be_used_after_a_look_at_the_cpu(tmp_path: Path) -> None:
    built = write(program())
    dsp = patch(built.data, built.blobs["abiflags"][0] + 12, (1).to_bytes(4, "big"))
    assert said(tmp_path, router({"bin/tool": dsp}), "EK108") == {}


def arm(content: bytes, interpreter: str = "", kind: str = "") -> Elf:
    raw = b"A" + subsection(part(content))
    base = Elf(
        1, 1, machine=EM_ARM, flags=0x05000200, sections=(Sect(b".ARM.attributes", ARM_ATTRIBUTES, content=raw),)
    )
    return replace(asking(base, interpreter, ()), soname=kind.encode() or None)


ARM_LOADER = "/lib/ld-linux.so.3"
ARM_ROOT: dict[str, Content] = {"sbin/init": arm(b"\x06\x04", ARM_LOADER), ARM_LOADER[1:]: arm(b"\x06\x04")}


def test_one_assembly_source_marks_a_whole_library_for_arm(tmp_path: Path) -> None:
    plan = ARM_ROOT | {"lib/libx.so": arm(b"\x06\x0a\x07A", kind="libx.so"), "bin/x": arm(b"\x06\x0a\x07A", ARM_LOADER)}
    assert said(tmp_path, plan, "EK108") == {"lib/libx.so": "warning", "bin/x": "warning"}  # one cause, the worst of it
    alone = {path: content for path, content in plan.items() if path != "bin/x"}
    finding = only(checked(tmp_path / "alone", alone), "EK108")
    assert (finding.severity.word, finding.confidence.value) == ("note", "low")


def test_a_directory_that_the_loader_chooses_by_the_cpu_is_passed_over(tmp_path: Path) -> None:
    plan = ARM_ROOT | {"lib/neon/libx.so": arm(b"\x06\x0a\x07A", kind="libx.so")}
    assert said(tmp_path, plan, "EK108") == {}


def test_marks_of_superh_are_what_each_file_uses(tmp_path: Path) -> None:
    loader = "/lib/ld-linux.so.2"
    sh = Elf(1, 1, machine=EM_SH, flags=0x02)
    plan: dict[str, Content] = {
        "sbin/init": asking(sh, loader, ()),
        loader[1:]: sh,
        "lib/x.so": replace(sh, flags=0x09),
    }
    assert said(tmp_path, plan, "EK108") == {}


def marked(level: int) -> Elf:
    return Elf(machine=EM_X86_64, notes=(properties((0xC0008002, level)),), note_align=8)


def test_glibc_refuses_a_level_that_the_cpu_lacks(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "sbin/init": asking(marked(1), GLIBC_X86, ()),
        GLIBC_X86[1:]: marked(1),
        "lib/x.so": marked(7),
        "lib/glibc-hwcaps/x86-64-v3/x.so": marked(7),
    }
    assert said(tmp_path, plan, "EK108") == {"lib/x.so": "error"}


def test_unmarked_files_say_nothing_of_the_cpu(tmp_path: Path) -> None:
    bare = Elf(machine=EM_X86_64)
    plan: dict[str, Content] = {"sbin/init": asking(bare, GLIBC_X86, ()), GLIBC_X86[1:]: bare, "lib/x.so": marked(7)}
    assert said(tmp_path, plan, "EK108") == {}


def test_a_cpu_that_was_named_is_all_there_is(tmp_path: Path) -> None:
    tree = read_tree(str(grow(tmp_path, router({"bin/tool": program()}))))
    platforms = find_platforms(tree)
    found = customs(tree, resolve(tree, platforms), demanded=declared_baseline(target_named("mips_24kc")))
    assert platforms.primary is not None
    baseline = found.of[platforms.primary].baseline
    assert baseline is not None
    assert (baseline.isa.base, baseline.why, baseline.given, baseline.whole) == ("mips32r2", "the target", True, True)


# EK109


def test_a_file_that_lost_its_attributes_is_the_odd_one_out(tmp_path: Path) -> None:
    bare = replace(arm(b"\x06\x04", kind="libx.so"), sections=None)
    root = grow(tmp_path, ARM_ROOT | {"lib/libx.so": bare})
    assert "EK109" not in {finding.rule for finding in check(root).findings}
    finding = only(check(root, select=["EK109"]), "EK109")
    assert (finding.path, finding.severity.word) == ("lib/libx.so", "note")
    assert proved(tmp_path, "lib/libx.so", finding.evidence)


def test_where_no_file_says_it_none_is_odd(tmp_path: Path) -> None:
    bare = Elf(machine=EM_X86_64)
    plan: dict[str, Content] = {"sbin/init": asking(bare, GLIBC_X86, ()), GLIBC_X86[1:]: bare, "lib/x.so": bare}
    assert check(grow(tmp_path, plan), select=["EK109"]).findings == ()


# EK110

BE32 = Elf(1, 2, machine=EM_ARM, flags=0x05000200)
BE8 = replace(BE32, flags=0x05800200)


@pytest.mark.parametrize(("rest", "odd", "subject"), [(BE32, BE8, "BE8"), (BE8, BE32, "BE32")])
def test_code_of_both_byte_orders_in_one_tree(tmp_path: Path, rest: Elf, odd: Elf, subject: str) -> None:
    loader = "/lib/ld-musl-armeb.so.1"
    plan: dict[str, Content] = {"sbin/init": asking(rest, loader, ()), loader[1:]: rest, "lib/x.so": odd}
    finding = only(checked(tmp_path, plan), "EK110")
    assert (finding.path, finding.subject, finding.severity.word) == ("lib/x.so", subject, "warning")


def test_the_bit_means_nothing_in_a_little_endian_file(tmp_path: Path) -> None:
    odd = replace(arm(b"\x06\x04", kind="libx.so"), flags=0x05800200)
    assert said(tmp_path, ARM_ROOT | {"lib/libx.so": odd}, "EK110") == {}


# EK111


def hard(*modes: int) -> dict[str, Content]:
    """A hard-float tree: a program with the first fp_abi that needs a library for each of the others."""
    names = [f"lib{number}.so" for number in range(1, len(modes))]
    plan: dict[str, Content] = {
        "sbin/init": program(interpreter=HARD_MUSL, fp_abi=HARD),
        HARD_MUSL[1:]: library(fp_abi=XX),
        "bin/tool": program(*names, interpreter=HARD_MUSL, fp_abi=modes[0]),
    }
    return plan | {f"lib/{name}": library(fp_abi=mode) for name, mode in zip(names, modes[1:], strict=True)}


@pytest.mark.parametrize("modes", [(DOUBLE, FP64), (XX, FP64, DOUBLE), (FP64, XX, DOUBLE)])
def test_modes_that_exclude_each_other_in_one_process(tmp_path: Path, modes: tuple[int, ...]) -> None:
    finding = only(checked(tmp_path, hard(*modes)), "EK111")
    assert (finding.path, finding.severity.word) == (f"lib/lib{len(modes) - 1}.so", "error")
    assert finding.needed_by == ("bin/tool",)
    assert proved(tmp_path, finding.path, finding.evidence)


@pytest.mark.parametrize(
    "modes", [(DOUBLE, XX), (XX, FP64), (XX, FP64A, DOUBLE), (FP64, FP64A), (DOUBLE, 0), (XX, XX, FP64)]
)
def test_modes_that_live_together(tmp_path: Path, modes: tuple[int, ...]) -> None:
    assert said(tmp_path, hard(*modes), "EK111") == {}


def test_a_mode_that_the_loader_cannot_share_is_the_program_s_fault(tmp_path: Path) -> None:
    plan = hard(FP64, XX) | {HARD_MUSL[1:]: library(fp_abi=DOUBLE), "sbin/init": program(interpreter=HARD_MUSL)}
    finding = only(checked(tmp_path, plan), "EK111")
    assert (finding.path, finding.subject, finding.needed_by) == ("bin/tool", "64", ())
    assert HARD_MUSL[1:] in finding.message
    assert proved(tmp_path, finding.path, finding.evidence)


def test_two_programs_may_have_two_modes(tmp_path: Path) -> None:
    plan = hard(DOUBLE, XX) | {"bin/other": program("lib1.so", interpreter=HARD_MUSL, fp_abi=FP64)}
    assert said(tmp_path, plan, "EK111") == {}


def test_the_refused_abi_runs_with_nobody(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, hard(4)), "EK111")
    assert (finding.path, finding.subject) == ("bin/tool", "old-64")


def test_soft_and_hard_float_are_another_rule_s(tmp_path: Path) -> None:
    assert said(tmp_path, hard(DOUBLE, 3), "EK111") == {}


# EK105 and EK106, deepened


def test_fdpic_and_the_usual_abi_do_not_meet(tmp_path: Path) -> None:
    odd = patch(build(arm(b"\x06\x04", kind="x.so")), 7, b"\x41")
    assert said(tmp_path, ARM_ROOT | {"lib/x.so": odd}, "EK105") == {"lib/x.so": "error"}


def test_an_unmarked_armv7_file_with_vfp_arguments_is_told_in_a_soft_float_tree(tmp_path: Path) -> None:
    odd = replace(arm(b"\x06\x0a\x07A\x17\x03\x1c\x01", ARM_LOADER), flags=0x05000000)
    finding = only(checked(tmp_path, ARM_ROOT | {"bin/x": odd}), "EK106")
    assert (finding.path, finding.severity.word) == ("bin/x", "error")
    assert [proof.source for proof in finding.evidence][:1] == ["SHT_ARM_ATTRIBUTES tag 28"]


def test_softfp_lives_with_soft_float(tmp_path: Path) -> None:
    softfp = replace(arm(b"\x06\x0a\x07A\x0a\x04\x17\x03", ARM_LOADER), flags=0x05000000)
    assert said(tmp_path, ARM_ROOT | {"bin/x": softfp}, "EK106") == {}


def test_a_static_go_program_is_no_mix(tmp_path: Path) -> None:
    go = Elf(1, 1, machine=EM_ARM, flags=0x05000402, type=ET_EXEC, dynamic=False, notes=(Note(b"Go", 4, b"id"),))
    c = replace(go, notes=())
    assert said(tmp_path, ARM_ROOT | {"bin/go": go, "bin/c": c}, "EK106") == {"bin/c": "warning"}
