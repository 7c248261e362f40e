"""The plan: passes in their order, what they found and what was left out, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import elfkit
from elfkit.evidence import Certainty
from elfkit.rebuild.plan import MOST_SECTIONS, PASSES, plan_sections
from elfkit.rebuild.section_indices import SectionIndices
from tests.elfwriter import Elf, Sym, write
from tests.image.proofs import unproven
from tests.rebuild.samples import DYNAMIC, LIBRARY, WHOLE, cut, dynsyms, image, in_a_section, library, name_of, table_of


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_the_plan_counts_from_one_without_a_gap_and_says_why(path: Path) -> None:
    plan = elfkit.plan_sections(image(cut(path)))
    assert [row.index for row in plan.sections] == list(range(1, len(plan.sections) + 1))
    assert all(row.because for row in plan.sections)
    assert unproven(cut(path), [row.evidence for row in plan.sections]) == []
    assert plan.patches == ()


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_the_symbols_are_counted_as_in_the_real_table(path: Path) -> None:
    plan = elfkit.plan_sections(image(cut(path)))
    symbols = dynsyms(path.read_bytes(), table_of(path))
    assert plan.count.total == len(symbols)
    assert plan.count.certainty in (Certainty.STATED, Certainty.DERIVED)
    assert (plan.defined, plan.astray) == (sum(map(in_a_section, symbols)), 0)


@pytest.mark.parametrize("path", DYNAMIC, ids=name_of)
def test_a_link_is_the_name_of_a_section_that_is_there(path: Path) -> None:
    plan = elfkit.plan_sections(image(cut(path)))
    names = {row.name for row in plan.sections}
    for row in plan.sections:
        assert row.link in names | {""}
        assert not isinstance(row.info, str) or row.info in names


def test_the_plan_of_the_same_bytes_is_the_same() -> None:
    assert elfkit.plan_sections(image(cut(LIBRARY))) == elfkit.plan_sections(image(cut(LIBRARY)))


def test_what_is_published_is_json() -> None:
    shown = json.loads(json.dumps(elfkit.plan_sections(image(cut(LIBRARY))).to_dict()))
    assert [row["index"] for row in shown["sections"]] == list(range(1, len(shown["sections"]) + 1))
    assert shown["symbols"]["count"] == 8
    assert (shown["defined"], shown["astray"], shown["patches"]) == (7, 0, [])


def test_what_was_left_out_is_told() -> None:
    """DT_STRTAB leads into the symbols: the earlier pass wins."""
    built = library(3)
    damaged = built.patched("DT_STRTAB", "d_val", 0x400000 + built.blobs["dynsym"][0] + 8)
    plan = plan_sections(image(damaged), symbols=2)
    assert [(lost.section.name, lost.why) for lost in plan.rejected] == [(".dynstr", "it overlaps .dynsym")]
    assert ".dynstr" not in [row.name for row in plan.sections]


def test_each_pass_is_there_once() -> None:
    assert len(set(PASSES)) == len(PASSES)
    assert all(find.__doc__ for find in PASSES)


@pytest.mark.parametrize(("index", "kept"), [(MOST_SECTIONS - 1, True), (MOST_SECTIONS, False), (0xFEFF, False)])
def test_a_table_is_not_made_huge_for_a_symbol(index: int, kept: bool) -> None:  # noqa: FBT001
    plan = plan_sections(image(library(index).data))
    assert (len(plan.sections) >= index) is kept
    assert len(plan.sections) < MOST_SECTIONS + 20
    assert plan.astray == (0 if kept else 1)


def test_without_keeping_indices_there_is_no_filler() -> None:
    content = library(500).data
    for indices in (SectionIndices.OFF, SectionIndices.REWRITE):
        plan = plan_sections(image(content), indices=indices)
        assert ".filler" not in [row.name for row in plan.sections]
        assert bool(plan.patches) == (indices is SectionIndices.REWRITE)
        assert plan.astray == (indices is SectionIndices.OFF)


def test_counts_that_contradict_each_other_are_told() -> None:
    """DT_HASH says 3 symbols, and leads to a fourth; the GNU table says 4."""
    symbols = (Sym(b"a", 0x400100), Sym(b"b", 0x400100), Sym(b"c", 0x400100))
    built = write(Elf(symbols=symbols, sysv_words=4, gnu="gnu"))
    start = built.blobs["hash"][0]
    damaged = built.data[: start + 4] + (3).to_bytes(4, "little") + built.data[start + 8 :]
    count = plan_sections(image(damaged)).count
    assert [(proof.source, proof.value) for proof in count.evidence] == [("DT_GNU_HASH walk", 4)]
    assert [anomaly.evidence.source for anomaly in count.anomalies] == ["DT_HASH"]


@pytest.mark.parametrize("shndx", ["keep", "rewrite", "off"])
def test_the_plan_is_that_of_a_rebuild_with_the_same_values(shndx: str) -> None:
    content = library(60_000, 7).data if shndx != "keep" else cut(LIBRARY)
    planned = elfkit.plan_sections(image(content), shndx=shndx, symbols=3)
    assert planned == elfkit.rebuild_sections(content, shndx=shndx, symbols=3).plan
    assert planned.count.total == 3
    assert bool(planned.patches) == (shndx == "rewrite")
