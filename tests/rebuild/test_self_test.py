"""How much of a real table is found again: held against what pyelftools reads, and against plans with known faults."""

from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

import elfkit
from elfkit.errors import RefusedError
from elfkit.image.image import Image
from elfkit.rebuild import self_test as module
from elfkit.rebuild.plan import SectionPlan, plan_sections
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.self_test import Compared, Found, SelfTest, cut, self_test

MACHINES = Path(__file__).parents[2] / "fixtures/machines"
LIBRARIES = sorted(MACHINES.glob("*/libgreet.so"))
EACH = pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.parent.name)
ALLOCATED = 2


def cut_and_planned(path: Path) -> SelfTest:
    with elfkit.load(path) as image:
        return self_test(image)


@EACH
def test_the_real_rows_are_those_that_pyelftools_reads(path: Path) -> None:
    test = cut_and_planned(path)
    with ELFFile.load_from_path(str(path)) as elf:
        sections = list(elf.iter_sections())[1:]
        loaded = [section for section in sections if section["sh_flags"] & ALLOCATED]
        names = [section.name for section in sections]
    real = [row for row in test.rows if row.real is not None]
    assert [row.name for row in real if row.real and int(row.real["flags"]) & ALLOCATED] == [row.name for row in loaded]
    for row, section in zip(real, loaded, strict=False):
        assert row.real is not None
        for field in ("flags", "addr", "offset", "size", "info", "addralign", "entsize"):
            assert row.real[field] == section[f"sh_{field}"]
    assert sorted([*[row.name for row in real], *test.untold]) == sorted(set(names) - {".shstrtab"})


@EACH
def test_what_only_the_table_tells_is_cut_off_and_nothing_else(path: Path) -> None:
    with elfkit.load(path) as image:
        bare = cut(image)
    whole = bytearray(path.with_name("libgreet.noshdr.so").read_bytes())
    place = 46 if whole[4] == 1 else 58  # e_shentsize, which the fixture keeps
    whole[place : place + 2] = bytes(2)
    assert bare == whole[: len(bare)]
    with elfkit.load(bare) as image:
        assert image.sections.rows == ()
        assert len(bare) == max(segment.offset + segment.filesz for segment in image.segments)


def test_what_an_own_loader_goes_by_is_found_exactly() -> None:
    rows = {row.name: row.found for row in cut_and_planned(MACHINES / "x86_64/libgreet.so").rows}
    for name in (".dynsym", ".dynstr", ".hash", ".gnu.hash", ".gnu.version", ".gnu.version_d", ".dynamic"):
        assert rows[name] is Found.EXACT


def test_each_way_to_miss_a_row_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(image: Image) -> SectionPlan:
        made = plan_sections(image)
        rows = [changed(row) for row in made.sections if row.name != ".dynstr"]
        extra = PlannedSection(".nowhere", 1, ALLOCATED, 0, 0, 4, "a fault")
        return replace(made, sections=(*rows, extra))

    def changed(row: PlannedSection) -> PlannedSection:
        if row.name == ".dynsym":
            return replace(row, info=77, index=55)
        return replace(row, size=row.size + 8) if row.name == ".hash" else row

    monkeypatch.setattr(module, "plan_sections", spoiled)
    rows: dict[str, Compared] = {row.name: row for row in cut_and_planned(MACHINES / "x86_64/libgreet.so").rows}
    assert (rows[".dynsym"].found, rows[".dynsym"].differing) == (Found.ALTERED, ("info",))
    assert not rows[".dynsym"].index_kept
    assert (rows[".hash"].found, rows[".hash"].differing[:1]) == (Found.MOVED, ("size",))
    assert (rows[".dynstr"].found, rows[".dynstr"].planned) == (Found.MISSING, None)
    assert (rows[".nowhere"].found, rows[".nowhere"].real) == (Found.SURPLUS, None)
    assert (rows[".gnu.hash"].found, rows[".gnu.hash"].index_kept) == (Found.EXACT, True)


def test_a_file_without_a_table_is_no_truth_to_test_against() -> None:
    with pytest.raises(RefusedError, match="nothing to test against: it has no section headers"):
        cut_and_planned(MACHINES / "x86_64/libgreet.noshdr.so")
