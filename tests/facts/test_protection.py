"""Stack, writable code, RELRO, text relocations, binding at start."""

from __future__ import annotations

import pytest

from elfkit.abi.dynamic import DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_TEXTREL
from elfkit.evidence import Certainty
from tests.elfwriter import Elf, build, write
from tests.image.proofs import concluded
from tests.image.samples import every_layout

NOW = ((DT_BIND_NOW, 0), (DT_FLAGS, 8), (DT_FLAGS_1, 1))  # DF_BIND_NOW, DF_1_NOW
NOT_NOW = ((DT_FLAGS, 0xF7), (DT_FLAGS_1, 0xFFFFFFFE))
TEXT = ((DT_TEXTREL, 0), (DT_FLAGS, 4))  # DF_TEXTREL


@every_layout
@pytest.mark.parametrize(
    ("flags", "value"), [(7, "executable"), (6, "non-executable"), (1, "executable"), (0, "non-executable")]
)
def test_the_stack_is_what_pt_gnu_stack_asks_for(elf_class: int, data: int, flags: int, value: str) -> None:
    built = write(Elf(elf_class, data, stack=flags))
    fact = concluded(built.data).stack
    offset, size = built.place("PT_GNU_STACK", "p_flags")
    raw = built.data[offset : offset + size]
    assert fact == (value, Certainty.STATED, (("PT_GNU_STACK p_flags", offset, raw, flags, ""),), "")


def test_without_pt_gnu_stack_nothing_is_stated() -> None:
    assert concluded(build(Elf(stack=None))).stack == ("unstated", Certainty.DERIVED, (), "")


@pytest.mark.parametrize(("flags", "both"), [(7, True), (3, True), (6, False), (5, False), (4, False)])
def test_code_is_writable_where_a_segment_is_both(flags: int, *, both: bool) -> None:
    built = write(Elf(code_flags=flags))
    fact = concluded(built.data).writable_code
    assert fact.value is both
    offsets = [proof.offset for proof in fact.evidence]
    assert offsets == ([built.place("PT_LOAD code", "p_flags")[0]] if both else [])


@every_layout
@pytest.mark.parametrize("tag", NOW)
def test_each_mark_alone_binds_at_start(elf_class: int, data: int, tag: tuple[int, int]) -> None:
    fact = concluded(build(Elf(elf_class, data, tags=(tag,)))).bind_now
    assert (fact.value, fact.certainty, len(fact.evidence)) == (True, Certainty.STATED, 1)


def test_all_marks_are_shown() -> None:
    fact = concluded(build(Elf(tags=NOW))).bind_now
    assert [proof.source for proof in fact.evidence] == ["DT_BIND_NOW", "DT_FLAGS", "DT_FLAGS_1"]


def test_every_other_bit_binds_nothing_at_start() -> None:
    assert concluded(build(Elf(tags=NOT_NOW))).bind_now == (False, Certainty.DERIVED, (), "")


@pytest.mark.parametrize("tag", TEXT)
def test_each_mark_alone_tells_of_text_relocations(tag: tuple[int, int]) -> None:
    fact = concluded(build(Elf(tags=(tag,)))).text_relocations
    assert (fact.value, fact.certainty) == (True, Certainty.STATED)


def test_every_other_bit_tells_of_no_text_relocations() -> None:
    assert concluded(build(Elf(tags=((DT_FLAGS, 0xFB),)))).text_relocations.value is False


@pytest.mark.parametrize(
    ("relro", "tags", "value"),
    [
        (False, (), "none"),
        (False, NOW, "none"),
        (True, (), "partial"),
        (True, NOT_NOW, "partial"),
        (True, NOW[:1], "full"),
    ],
)
def test_relro_is_full_only_with_binding_at_start(
    value: str, tags: tuple[tuple[int, int], ...], *, relro: bool
) -> None:
    fact = concluded(build(Elf(relro=relro, tags=tags))).relro
    assert (fact.value, fact.certainty) == (value, Certainty.DERIVED)
    shown = {"none": [], "partial": ["PT_GNU_RELRO"], "full": ["PT_GNU_RELRO", "DT_BIND_NOW"]}
    assert [proof.source for proof in fact.evidence] == shown[value]
