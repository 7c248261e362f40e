"""What a file needs, and when it is refused: one symbol in twenty may be astray."""

from __future__ import annotations

import pytest

from benchmarks.fidelity_tables import Form
from elfkit.errors import RefusedError
from elfkit.rebuild.remedy import remedy
from elfkit.rebuild.report import Action
from elfkit.rebuild.section_indices import SectionIndices
from elfkit.rebuild.wishes import Wishes
from tests.elfwriter import Elf, Sym
from tests.rebuild.samples import LIBRARY, STATIC, cut, image, library

STRAY = tuple(Sym(b"s%d" % number, 0x900000 + number, shndx=3000 + number) for number in range(40))


def of(content: bytes, **wishes: object) -> tuple[Action, tuple[str, ...]]:
    found = remedy(image(content), Wishes(**wishes))  # type: ignore[arg-type]  # of any type
    return found.action, found.warnings


def test_the_old_table_is_preferred() -> None:
    assert of(cut(LIBRARY, Form.WIPED)) == (Action.REVIVED, ())
    assert of(cut(LIBRARY)) == (Action.REBUILT, ())


def test_the_old_table_needs_no_leave_to_stand_behind_a_payload() -> None:
    found = remedy(image(cut(LIBRARY, Form.WIPED)), Wishes())
    assert found.added.data == b""


@pytest.mark.parametrize(("astray", "defined"), [(0, 1), (1, 20), (2, 40), (2, 41)])
def test_one_symbol_in_twenty_may_be_astray_and_is_named(astray: int, defined: int) -> None:
    content = library(*[5] * (defined - astray), elf=Elf(sysv_words=4, symbols=STRAY[:astray])).data
    action, warnings = of(content)
    assert action is Action.REBUILT
    named = {0: "", 1: "s0", 2: "s0, s1"}[astray]
    said = f"{astray} of {defined} defined symbols name a section that does not hold them, linkers may take them for "
    assert warnings == ((f"{said}others: {named}",) if astray else ())


@pytest.mark.parametrize(("astray", "defined"), [(1, 1), (1, 19), (2, 39), (40, 40)])
def test_more_are_refused(astray: int, defined: int) -> None:
    content = library(*[5] * (defined - astray), elf=Elf(sysv_words=4, symbols=STRAY[:astray])).data
    with pytest.raises(RefusedError, match=f": {astray} of {defined} defined symbols name sections that cannot be"):
        of(content)


@pytest.mark.parametrize("indices", [SectionIndices.REWRITE, SectionIndices.OFF])
def test_who_does_not_keep_the_indices_is_not_refused(indices: SectionIndices) -> None:
    action, warnings = of(library(elf=Elf(sysv_words=4, symbols=STRAY)).data, indices=indices)
    assert action is Action.REBUILT
    assert len(warnings) == 2
    assert warnings[1].startswith("40 of 40 defined symbols name a section that does not hold them")
    assert warnings[1].endswith("linkers may take them for others: s0, s1, s2, ...")


def test_without_dynamic_section_every_other_warning_is_told_too() -> None:
    _, warnings = of(cut(STATIC[0]), indices=SectionIndices.OFF)
    assert len(warnings) == 2


def test_an_index_that_a_table_would_have_to_be_huge_for_is_refused() -> None:
    with pytest.raises(RefusedError, match="2 of 2 defined symbols"):
        of(library(60_000, 60_001).data)
