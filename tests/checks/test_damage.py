"""EK001 to EK005: what is damage, and what is meant so."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_NONE, ET_CORE, ET_REL
from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS
from tests.checks.judging import check, checked_about, only, proved, rules_of, said, told
from tests.elfwriter import Elf, Sect, build, write
from tests.firmware.plants import MIPS, Content, fixture, library, program, router, static

DAMAGE = {"EK001", "EK002", "EK003", "EK004"}
BOX = library("libz.so", soname="libbox.so")
EACH = {"32-bit big-endian": BOX, "64-bit little-endian": replace(BOX, elf_class=2, data=1, flags=0x80000007)}
each = pytest.mark.parametrize("elf", EACH.values(), ids=EACH.keys())


def alone(folder: Path, data: bytes) -> list[str]:
    """The rules of damage that a file shows on its own."""
    place = folder / "file"
    place.write_bytes(data)
    report = check(place)
    for finding in report.findings:
        assert proved(folder, "file", tuple(proof for proof in finding.evidence if proof.raw))
    return [rule for rule in rules_of(report) if rule in DAMAGE]


@each
def test_a_whole_file_shows_no_damage(tmp_path: Path, elf: Elf) -> None:
    assert alone(tmp_path, build(elf)) == []


@each
def test_a_cut_segment_is_truncation_and_nothing_else(tmp_path: Path, elf: Elf) -> None:
    assert alone(tmp_path, build(elf)[:-1]) == ["EK001"]


@each
@pytest.mark.parametrize("size", [4, 5, 15, 16, 17, 51])
def test_a_file_cut_inside_its_header_is_told_and_not_a_crash(tmp_path: Path, elf: Elf, size: int) -> None:
    assert alone(tmp_path, build(elf)[:size]) == ["EK001"]


def test_truncation_tells_how_many_bytes_are_missing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(build(BOX)[:-5])
    assert "5 bytes are missing" in only(check(tmp_path / "x"), "EK001").message


@each
@pytest.mark.parametrize(("field", "value"), [("e_version", 7), ("e_ehsize", 1), ("e_phentsize", 3)], ids=str)
def test_a_header_against_the_gabi_is_told_by_its_field(tmp_path: Path, elf: Elf, field: str, value: int) -> None:
    (tmp_path / "x").write_bytes(write(elf).patched("Ehdr", field, value))
    finding = only(check(tmp_path / "x"), "EK002")
    assert (finding.evidence[0].source, finding.evidence[0].value) == (field, value)
    assert finding.severity.word == "error"


@pytest.mark.parametrize(("index", "name"), [(4, "EI_CLASS"), (5, "EI_DATA")])
def test_an_unusable_ident_is_told(tmp_path: Path, index: int, name: str) -> None:
    data = bytearray(build(BOX))
    data[index] = 9
    (tmp_path / "x").write_bytes(data)
    finding = only(check(tmp_path / "x"), "EK002")
    assert (finding.evidence[0].source, finding.evidence[0].offset, finding.evidence[0].raw) == (name, index, b"\x09")


def test_a_file_without_a_machine_is_a_note_at_most(tmp_path: Path) -> None:
    data = write(replace(BOX, machine=EM_NONE)).patched("Ehdr", "e_ehsize", 0)
    found = told(checked_about(tmp_path, {"usr/lib/guile/x.go": data}))
    assert found[("EK002", "usr/lib/guile/x.go")] == "note"
    assert "error" not in found.values()


@each
def test_a_program_header_table_behind_the_end_is_told_once(tmp_path: Path, elf: Elf) -> None:
    assert alone(tmp_path, write(elf).patched("Ehdr", "e_phoff", 0x100000)) == ["EK003"]


@each
def test_a_library_without_program_headers_is_told(tmp_path: Path, elf: Elf) -> None:
    assert alone(tmp_path, write(elf).patched("Ehdr", "e_phnum", 0)) == ["EK003"]


def test_an_object_file_needs_no_program_headers(tmp_path: Path) -> None:
    assert alone(tmp_path, build(replace(MIPS, type=ET_REL, dynamic=False, fp_abi=None))) == []
    assert alone(tmp_path, fixture("mips-soft/greet.o")) == []
    assert alone(tmp_path, fixture("x86_64/greet.o")) == []


DYNAMIC = {
    "DT_STRTAB": ("DT_STRTAB", "d_val", 0x7FFF0000),
    "DT_SYMTAB": ("DT_SYMTAB", "d_val", 0x7FFF0000),
    "DT_NEEDED": ("DT_NEEDED", "d_val", 0xFFFF),
    "DT_SONAME": ("DT_SONAME", "d_val", 0xFFFF),
    "PT_DYNAMIC p_vaddr": ("PT_DYNAMIC", "p_vaddr", 0x7FFF0000),
    "PT_DYNAMIC p_filesz": ("DT_NULL", "d_tag", 0x6FFFFEF5),  # a table no entry ends
}


@each
@pytest.mark.parametrize(("source", "damage"), DYNAMIC.items(), ids=DYNAMIC.keys())
def test_a_dynamic_section_no_loader_can_use_is_told(
    tmp_path: Path, elf: Elf, source: str, damage: tuple[str, str, int]
) -> None:
    assert alone(tmp_path, write(elf).patched(*damage)) == ["EK004"]
    finding = only(check(tmp_path / "file"), "EK004")
    assert source in {proof.source for proof in finding.evidence}


def test_a_detached_debug_file_is_no_damaged_one(tmp_path: Path) -> None:
    written = write(replace(program("libz.so"), sections=()))
    for name in ("PT_LOAD", "PT_LOAD code", "PT_DYNAMIC", "PT_INTERP"):  # as objcopy --only-keep-debug writes them
        written = written.also(name, "p_filesz", 0)
    plan = router({"usr/lib/debug/bin/x.debug": written.data})
    assert {rule for rule, path in told(checked_about(tmp_path, plan)) if path.startswith("usr/lib/debug")} <= {"EK005"}


@pytest.mark.parametrize(("kind", "expected"), [(SHT_NOBITS, []), (SHT_PROGBITS, ["EK001"])], ids=["debug", "cut"])
def test_bytes_that_stayed_in_the_stripped_file_are_not_missed(tmp_path: Path, kind: int, expected: list[str]) -> None:
    code = Sect(b".text", kind, SHF_ALLOC | SHF_EXECINSTR)
    written = write(replace(program(), sections=(code,)))  # as older objcopies write them: p_filesz stays
    assert alone(tmp_path, written.patched("PT_LOAD code", "p_offset", 0x100000)) == expected


@each
def test_a_file_cut_inside_its_dynamic_section_is_told_as_cut_alone(tmp_path: Path, elf: Elf) -> None:
    written = write(elf)
    offset, size = written.blobs["dynamic"]
    assert alone(tmp_path, written.data[: offset + size // 2]) == ["EK001"]


def test_a_static_program_has_no_dynamic_section_to_break(tmp_path: Path) -> None:
    assert alone(tmp_path, build(static())) == []
    assert alone(tmp_path, fixture("mips-soft/static")) == []


# EK005


def test_absent_section_headers_never_weaken_other_rules(tmp_path: Path) -> None:
    whole, cut = fixture("mips-hard/hello"), fixture("mips-hard/hello.noshdr")
    one = told(checked_about(tmp_path / "1", router({"bin/x": whole})))
    two = told(checked_about(tmp_path / "2", router({"bin/x": cut})))
    assert {rule for rule, path in one if path == "bin/x"} - {"EK005"} == {"EK201", "EK301"}
    assert {key for key in two if key[0] != "EK005"} == {key for key in one if key[0] != "EK005"}


def test_where_all_lack_section_headers_the_summary_says_so_once(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({"bin/x": program(), "lib/liba.so": library()}))
    assert rules_of(report) == []
    (sentence,) = report.roots[0].universal
    assert sentence.startswith("no program or library has section headers (EK005, 4 files, MIPS ")


def test_the_odd_one_out_is_a_note(tmp_path: Path) -> None:
    named = {path: replace(elf, sections=()) for path, elf in router().items() if isinstance(elf, Elf)}
    plan: dict[str, Content] = {**named, "bin/x": program()}
    report = checked_about(tmp_path, plan)
    assert said(tmp_path / "again", plan, "EK005") == {"bin/x": "note"}
    assert report.roots[0].universal == ()
    proof = only(report, "EK005").evidence[0]
    assert (proof.source, proof.offset, proof.raw) == ("e_shoff", 32, bytes(4))


def test_one_with_section_headers_makes_the_rest_one_note(tmp_path: Path) -> None:
    plan = router({f"bin/x{number}": program() for number in range(9)} | {"bin/y": replace(program(), sections=())})
    finding = only(checked_about(tmp_path, plan), "EK005")
    assert len(finding.paths) == 11
    assert "bin/y" not in finding.paths


def test_modules_with_section_headers_do_not_hide_the_custom_of_the_rest(tmp_path: Path) -> None:
    plan = router({"lib/modules/x.ko": replace(MIPS, type=ET_REL, dynamic=False, sections=(), fp_abi=None)})
    assert len(checked_about(tmp_path, plan).roots[0].universal) == 1


def test_a_core_dump_has_none_by_nature(tmp_path: Path) -> None:
    assert (
        rules_of(
            checked_about(tmp_path, {"core": replace(MIPS, type=ET_CORE, dynamic=False)}),
        )
        == []
    )


def test_a_lonely_file_has_no_custom(tmp_path: Path) -> None:
    report = checked_about(tmp_path / "root", {"init": static()})
    assert (rules_of(report), report.roots[0].universal) == (["EK005"], ())
    (tmp_path / "x").write_bytes(build(program()))
    assert rules_of(check(tmp_path / "x")) == ["EK005"]
