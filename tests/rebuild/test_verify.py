"""What verification hears: each fault of a result is told, and then nothing was written."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

import elfkit
from benchmarks.fidelity_tables import Form
from elfkit.abi.sections import SHT_DYNSYM
from elfkit.errors import UnverifiedError
from elfkit.image.image import load
from elfkit.image.source import Source
from elfkit.rebuild import remedy as remedies
from elfkit.rebuild import write as writer
from elfkit.rebuild.plan import SectionPlan, plan_sections
from elfkit.rebuild.revive import find_old_table, revived_plan
from elfkit.rebuild.verify import (
    BLOCK,
    bytes_are_kept,
    loaded_bytes_are_covered,
    sections_do_not_overlap,
    symbols_are_counted,
    symbols_lie_in_their_sections,
    table_is_as_planned,
    verify,
    verify_revived,
)
from elfkit.rebuild.write import Appendix, Patch, appendix, pointing_to
from tests.elfwriter import patch
from tests.rebuild.samples import LIBRARY, cut, image, row, with_row

CONTENT = cut(LIBRARY)
ROW = 64


def applied(content: bytes, added: Appendix) -> bytes:
    """What the writer makes of a file."""
    made = content + added.data
    for offset, raw in added.patches:
        made = patch(made, offset, raw)
    return made


class Made(NamedTuple):
    plan: SectionPlan
    added: Appendix
    content: bytes


def made(change: Callable[[SectionPlan], SectionPlan] = lambda plan: plan) -> Made:
    """LIBRARY rebuilt, the plan changed before it was written."""
    original = image(CONTENT)
    plan = change(plan_sections(original))
    added = appendix(original, plan.sections)
    return Made(plan, added, applied(CONTENT, added))


def shdr_at(content: bytes, plan: SectionPlan, name: str) -> int:
    """The file offset of the section header of that name, by e_shoff alone."""
    return int.from_bytes(content[0x28:0x30], "little") + (row(plan, name).index or 0) * ROW


def test_a_sound_result_is_verified() -> None:
    result = made()
    checks = verify(image(CONTENT), image(result.content), result.plan, result.added)
    assert [check.name for check in checks] == [
        "fields changed",
        "bytes kept",
        "table",
        "symbols",
        "no overlap",
        "symbols in place",
        "coverage",
    ]
    assert all(check.detail for check in checks)


@pytest.mark.parametrize("place", [0, 0x40, 0x3F0, len(CONTENT) - 1], ids=hex)
def test_a_byte_that_differs_is_heard(place: int) -> None:
    result = made()
    flipped = patch(result.content, place, bytes([result.content[place] ^ 1]))
    with pytest.raises(UnverifiedError, match="a byte between 0x0 and 0x7d0 differs from the original"):
        bytes_are_kept(image(CONTENT).source, image_of(flipped), result.added)


def image_of(content: bytes) -> Source:
    return Source.of_bytes(content)


def test_a_byte_that_differs_far_in_the_file_is_heard() -> None:
    original = bytes(2 * BLOCK + 5)
    for place in (BLOCK - 1, BLOCK, 2 * BLOCK + 4):
        with pytest.raises(UnverifiedError):
            bytes_are_kept(image_of(original), image_of(patch(original, place, b"\x01")), Appendix(0, b"", ()))


def test_a_patch_across_two_blocks_is_meant() -> None:
    original = bytes(2 * BLOCK)
    added = Appendix(0, b"", (Patch(BLOCK - 2, b"\x01\x02\x03\x04"),))
    check = bytes_are_kept(image_of(original), image_of(patch(original, BLOCK - 2, b"\x01\x02\x03\x04")), added)
    assert check.detail == f"all {2 * BLOCK} bytes are the original's but 4 that were meant to change"
    with pytest.raises(UnverifiedError):
        bytes_are_kept(image_of(original), image_of(original), added)


def test_a_result_that_is_shorter_is_heard() -> None:
    with pytest.raises(UnverifiedError):
        bytes_are_kept(image_of(bytes(100)), image_of(bytes(99)), Appendix(0, b"", ()))


# sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link, sh_info, sh_addralign, sh_entsize
FIELDS = {"name": 0, "type": 4, "flags": 8, "addr": 16, "offset": 24, "size": 32, "link": 40, "info": 44}
FIELDS |= {"addralign": 48, "entsize": 56}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_each_field_of_a_row_is_held_against_the_plan(field: int) -> None:
    result = made()
    table_is_as_planned(image(result.content), result.plan)
    place = shdr_at(result.content, result.plan, ".dynsym") + field
    wrong = patch(result.content, place, bytes([result.content[place] ^ 1]))
    with pytest.raises(UnverifiedError, match="read back as"):
        table_is_as_planned(image(wrong), result.plan)


def test_a_link_beyond_the_table_is_heard() -> None:
    result = made()
    place = shdr_at(result.content, result.plan, ".dynsym") + FIELDS["link"]
    with pytest.raises(UnverifiedError, match="read back as"):
        table_is_as_planned(image(patch(result.content, place, b"\xff\xff")), result.plan)


def test_a_row_more_or_less_is_heard() -> None:
    result = made()
    (count,) = result.content[0x3C:0x3D]
    with pytest.raises(UnverifiedError, match=f"{count - 1} rows were read back of {count}"):
        table_is_as_planned(image(patch(result.content, 0x3C, bytes([count - 1, 0, count - 2]))), result.plan)


def test_a_table_that_cannot_be_read_is_heard() -> None:
    result = made()
    with pytest.raises(UnverifiedError, match="cannot be read"):
        table_is_as_planned(image(patch(result.content, 0x28, b"\xff" * 8)), result.plan)


@pytest.mark.parametrize("count", [7, 9])
def test_a_wrong_count_of_symbols_is_heard(count: int) -> None:
    result = made(with_row(".dynsym", size=24 * count))
    with pytest.raises(UnverifiedError, match=f".dynsym holds {count} symbols, there are 8"):
        symbols_are_counted(image(result.content), result.plan)


def test_symbols_without_a_table_are_heard() -> None:
    result = made(with_row(".dynsym", type=1))
    assert not any(row.type == SHT_DYNSYM for row in result.plan.sections)
    with pytest.raises(UnverifiedError, match=r"\.dynsym holds 0 symbols, there are 8"):
        symbols_are_counted(image(result.content), result.plan)


def test_sections_that_overlap_are_heard() -> None:
    plan = made().plan
    text = row(plan, ".text")
    wrong = replace(plan, sections=(*plan.sections, replace(text, name=".more", addr=text.end - 1, size=1)))
    with pytest.raises(UnverifiedError, match=r"\.text and \.more overlap"):
        sections_do_not_overlap(image(CONTENT), wrong)


def test_a_section_within_another_is_heard_though_a_third_lies_between() -> None:
    plan = made().plan
    text = row(plan, ".text")
    inside = (
        replace(text, name=".one", addr=text.addr + 4, size=4),
        replace(text, name=".two", addr=text.end - 4, size=4),
    )
    for wrong in inside:
        with pytest.raises(UnverifiedError, match="overlap"):
            sections_do_not_overlap(image(CONTENT), replace(plan, sections=(*plan.sections, wrong)))


@pytest.mark.parametrize("addr", [0x100000, 0x2660, 0x62C])
def test_a_section_outside_the_segments_is_heard(addr: int) -> None:
    plan = made().plan
    stray = replace(row(plan, ".text"), name=".stray", addr=addr, size=8)
    with pytest.raises(UnverifiedError, match=r"\.stray lies in no PT_LOAD"):
        sections_do_not_overlap(image(CONTENT), replace(plan, sections=(*plan.sections, stray)))


@pytest.mark.parametrize(
    ("name", "fields", "astray"),
    [
        (".text", {"addr": 0x1640}, 1),  # greet begins before
        (".text", {"size": 0x20}, 3),  # three functions begin behind
        (".data", {"flags": 1}, 1),  # not loaded
        (".data", {"flags": 0x403}, 1),  # thread-local, its symbol is not
    ],
)
def test_symbols_outside_their_section_are_heard(name: str, fields: dict[str, object], astray: int) -> None:
    result = made(with_row(name, **fields))
    with pytest.raises(UnverifiedError, match=f"{astray} of 7 defined symbols name a section that does not hold them"):
        symbols_lie_in_their_sections(image(result.content), result.plan)


def test_symbols_of_a_row_that_is_gone_are_heard() -> None:
    result = made(lambda plan: replace(plan, sections=plan.sections[:3]))
    with pytest.raises(UnverifiedError, match="7 of 7 defined symbols"):
        symbols_lie_in_their_sections(image(result.content), result.plan)


def test_symbols_are_sought_in_the_rows_that_were_written() -> None:
    result = made()
    symbols_lie_in_their_sections(image(result.content), result.plan)
    place = shdr_at(result.content, result.plan, ".text") + FIELDS["addr"]
    with pytest.raises(UnverifiedError, match="4 of 7 defined symbols"):
        symbols_lie_in_their_sections(image(patch(result.content, place, bytes(8))), result.plan)


@pytest.mark.parametrize("name", [".text", ".dynsym", ".data", ".dynamic", ".rela.dyn"])
def test_a_loaded_byte_in_no_section_is_heard(name: str) -> None:
    plan = made().plan
    kept = tuple(section for section in plan.sections if section.name != name)
    with pytest.raises(UnverifiedError, match="is loaded and lies in no section"):
        loaded_bytes_are_covered(image(CONTENT), replace(plan, sections=kept))


def test_the_last_byte_is_missed_too() -> None:
    plan = made().plan
    text = row(plan, ".text")
    end = text.offset + text.size
    assert CONTENT[end - 1]  # it is code
    wrong = replace(plan, sections=tuple(replace(s, size=s.size - 1) if s is text else s for s in plan.sections))
    with pytest.raises(UnverifiedError, match=f"the byte at {end - 1:#x} is loaded"):
        loaded_bytes_are_covered(image(CONTENT), wrong)


def test_a_revived_table_that_does_not_hold_is_heard() -> None:
    wiped = cut(LIBRARY, Form.WIPED)
    original = image(wiped)
    old = find_old_table(original)
    assert old is not None
    plan = revived_plan(original, old)
    added = pointing_to(original, old.offset, len(old.rows), old.names)
    assert verify_revived(original, image(applied(wiped, added)), plan, added)
    wrong = pointing_to(original, old.offset + ROW, len(old.rows) - 1, old.names - 1)
    with pytest.raises(UnverifiedError):
        verify_revived(original, image(applied(wiped, wrong)), plan, wrong)


def lost_byte(_: object, added: Appendix) -> Appendix:
    """A writer that also changes a byte of .text."""
    return added._replace(data=added.data, patches=(*added.patches, Patch(0x640, b"\x00")))


def shifted_row(_: object, added: Appendix) -> Appendix:
    """A writer whose table begins a byte late."""
    return added._replace(data=b"\0" + added.data)


def lost_row(_: object, added: Appendix) -> Appendix:
    return added._replace(data=added.data[:-ROW])


@pytest.mark.parametrize("fault", [shifted_row, lost_row, lost_byte])
@pytest.mark.parametrize("there", [False, True], ids=["new", "replaced"])
def test_what_was_not_verified_was_not_written(
    fault: Callable[[object, Appendix], Appendix], *, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = writer.appendix
    monkeypatch.setattr(remedies, "appendix", lambda image, rows: fault(image, sound(image, rows)))
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(CONTENT)
    if there:
        target.write_bytes(b"what was there")
    with pytest.raises(UnverifiedError) as caught:
        elfkit.rebuild_sections(source, target)
    assert str(caught.value).endswith("; nothing was written")
    assert sorted(os.listdir(tmp_path)) == ["source", "target"][: 1 + there]
    assert source.read_bytes() == CONTENT
    assert not there or target.read_bytes() == b"what was there"


def test_what_the_disk_returns_otherwise_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are read back from the file, not taken from what was meant to be written."""
    from elfkit.rebuild import rebuild

    def loaded(origin: object, **limits: object) -> object:
        if isinstance(origin, str):
            path = Path(origin)
            path.write_bytes(patch(path.read_bytes(), 0x640, b"\xcc"))
        return load(origin, **limits)  # type: ignore[arg-type]  # it takes what the library gives it

    monkeypatch.setattr(rebuild, "load", loaded)
    with pytest.raises(UnverifiedError, match="differs from the original"):
        elfkit.rebuild_sections(CONTENT, tmp_path / "target")
    assert os.listdir(tmp_path) == []
