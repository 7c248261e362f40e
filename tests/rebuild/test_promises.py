"""What holds whatever the bytes: a verified file or an ElfkitError, the source untouched, never half a target."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

import elfkit
from benchmarks.fidelity_tables import Form
from elfkit.errors import ElfkitError
from elfkit.rebuild.report import Action, RebuildReport
from tests.elfwriter import LAYOUTS, Elf, Sym, patch
from tests.image.proofs import at_most
from tests.image.samples import sample
from tests.rebuild.samples import (
    WHOLE,
    Extra,
    cut,
    data_segment,
    library,
    name_of,
    table_of,
    thread_local,
)

THREAD = Sym(b"t", 8, 4, 0x16, shndx=9)
SEEDS = (
    *[cut(path, form) for path in WHOLE for form in Form],
    *[path.read_bytes() for path in WHOLE[::3]],
    *[sample(*where).data for where in LAYOUTS],
    *[
        library(
            7, 7, 9, elf=Elf(*where, sysv_words=4, symbols=(THREAD,)), extras=thread_local(bytes(range(40)), 9)
        ).data
        for where in LAYOUTS
    ],
)
EDGES = (0, 1, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


def promised(content: bytes, folder: str, **wishes: object) -> RebuildReport | None:
    """The report if the file was rebuilt, None if it was refused; what must hold of either is asserted."""
    source, target = Path(folder, "source"), Path(folder, "target")
    source.write_bytes(content)
    target.unlink(missing_ok=True)
    report, said = None, ""
    try:
        with at_most(10):
            report = elfkit.rebuild_sections(source, target, **wishes)  # type: ignore[arg-type]  # of any type
    except ElfkitError as error:
        said = str(error)
    assert source.read_bytes() == content
    if report is None:
        assert os.listdir(folder) == ["source"]
        assert said
        assert "\n" not in said
        return None
    assert set(os.listdir(folder)) == {"source"} | ({"target"} if report.action is not Action.NOTHING else set())
    if report.action is Action.NOTHING:
        return report
    assert report.checks
    held(content, target.read_bytes(), report)
    if "symbols" not in wishes:  # else the count that was asked for is none that the file shows
        assert elfkit.rebuild_sections(target).action is Action.NOTHING
    return report


def held(content: bytes, made: bytes, report: RebuildReport) -> None:
    """What the bytes themselves say of the result."""
    assert len(made) >= len(content)
    assert report.plan is not None
    meant = {place for piece in report.plan.patches for place in range(piece.offset, piece.offset + len(piece.data))}
    for start, end in ((0x28, 0x30), (0x3A, 0x40)) if content[4] == 2 else ((0x20, 0x24), (0x2E, 0x34)):
        meant |= set(range(start, end))
    if made[: len(content)] != content:
        assert {place for place, byte in enumerate(content) if made[place] != byte} <= meant


def read_by_pyelftools(path: Path) -> int:
    """How many sections pyelftools walks through, their names read."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        return len([section.name for section in elf.iter_sections()])


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A sound file with a few fields overwritten, and perhaps cut."""
    content = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 6))):
        size = draw(st.sampled_from([1, 2, 4, 8]))
        most = min(draw(st.sampled_from([300, 0x600, len(content)])), len(content)) - 8
        value = draw(st.one_of(st.sampled_from(EDGES), st.integers(0, 2**64 - 1))) & (1 << 8 * size) - 1
        order = draw(st.booleans())
        content = patch(content, draw(st.integers(16, most)), value.to_bytes(size, "little" if order else "big"))
    return content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]


WISHES = st.fixed_dictionaries(
    {},
    optional={
        "shndx": st.sampled_from(["keep", "rewrite", "off"]),
        "overlay": st.just(True),  # noqa: FBT003  # the value of a keyword
        "symbols": st.sampled_from([0, 1, 2, 7, 1000, 2**31, 2**64]),
        "memory_dump": st.sampled_from([0, 1, 0x10000, 0x7F00_0000_0000, 2**64 - 1]),
        "backup": st.sampled_from(["", ".orig"]),
    },
)


@settings(max_examples=400)
@given(content=mutants(), wishes=WISHES)
def test_rebuilding_gives_a_verified_file_or_an_error_of_ours(content: bytes, wishes: dict[str, object]) -> None:
    if "memory_dump" in wishes:  # the patches that make a file of a dump are no part of the plan
        with tempfile.TemporaryDirectory() as folder:
            try:
                elfkit.rebuild_sections(content, Path(folder, "target"), **wishes)  # type: ignore[arg-type]  # of any type
            except ElfkitError:
                assert os.listdir(folder) == []
        return
    with tempfile.TemporaryDirectory() as folder:
        promised(content, folder, **wishes)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.binary(max_size=9), st.just([1])
)
BAD_WISHES = st.dictionaries(
    st.sampled_from(["shndx", "overlay", "symbols", "memory_dump", "backup", "independent"]), ANYTHING, max_size=3
)


@given(content=st.sampled_from(SEEDS[:8]), wishes=BAD_WISHES)
def test_whatever_is_wished_for_the_error_is_ours(content: bytes, wishes: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            elfkit.rebuild_sections(content, Path(folder, "target"), **wishes)  # type: ignore[arg-type]  # of any type
        except ElfkitError:
            assert os.listdir(folder) == []


@given(source=ANYTHING, target=ANYTHING)
def test_whatever_is_named_the_error_is_ours(source: object, target: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder, target)) if isinstance(target, str) and "\0" not in target else target
        with pytest.raises(ElfkitError):
            elfkit.rebuild_sections(source, place)  # type: ignore[arg-type]  # of any type
        assert os.listdir(folder) == []


@given(content=st.one_of(st.binary(max_size=300), st.binary(max_size=400).map(lambda raw: b"\x7fELF" + raw)))
def test_garbage_is_refused_or_rebuilt(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        promised(content, folder)


def damaged(dice: random.Random) -> bytes:
    """A fixture that lost its table, and a few bytes more."""
    content = bytearray(cut(dice.choice(WHOLE), dice.choice(list(Form))))
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        place = dice.randrange(16, min(len(content), dice.choice((0x300, 0x1000, len(content)))) - 8)
        size = dice.choice((1, 2, 4, 8))
        value = dice.choice((*EDGES, dice.getrandbits(64))) & (1 << 8 * size) - 1
        content[place : place + size] = value.to_bytes(size, dice.choice(("little", "big")))
    return bytes(content)


def test_hundreds_of_damaged_files_are_rebuilt_or_refused_and_read_by_others(tmp_path: Path) -> None:
    dice = random.Random(20)  # noqa: S311 - the same files on every run
    done = 0
    for _ in range(400):
        report = promised(damaged(dice), str(tmp_path))
        if report is not None and report.action is Action.REBUILT:
            assert report.plan is not None
            # row 0 and the names beside those of the plan
            assert read_by_pyelftools(tmp_path / "target") == len(report.plan.sections) + 2
            done += 1
    assert done > 100


@pytest.mark.parametrize("path", WHOLE[::5], ids=name_of)
def test_every_truncation_is_refused_or_rebuilt(path: Path, tmp_path: Path) -> None:
    content = cut(path)
    loads = [segment for segment in table_of(path).segments if segment.type == "PT_LOAD"]
    loaded = max(segment.offset + segment.filesz for segment in loads)
    for size in range(0, len(content), 97):
        report = promised(content[:size], str(tmp_path))
        assert report is None or size >= loaded


HOSTILE = {
    "segments that overlap": lambda built: built.patched("PT_LOAD code", "p_vaddr", 0x400000),
    "segments at one place of the file": lambda built: built.patched("PT_LOAD code", "p_offset", 0),
    "a segment over all addresses": lambda built: built.patched("PT_LOAD", "p_memsz", 2**63),
    "a segment at the last address": lambda built: built.patched("PT_LOAD code", "p_vaddr", 2**64 - 8),
    "PT_DYNAMIC behind the file": lambda built: built.patched("PT_DYNAMIC", "p_offset", 2**40),
    "PT_DYNAMIC nowhere in memory": lambda built: built.patched("PT_DYNAMIC", "p_vaddr", 2**40),
    "PT_DYNAMIC of no size": lambda built: built.patched("PT_DYNAMIC", "p_filesz", 0),
    "PT_DYNAMIC of every size": lambda built: built.patched("PT_DYNAMIC", "p_filesz", 2**64 - 1),
    "symbols in the ELF header": lambda built: built.patched("DT_SYMTAB", "d_val", 0x400000),
    "strings of every size": lambda built: built.patched("DT_STRSZ", "d_val", 2**64 - 1),
    "an alignment of no power of two": lambda built: built.patched("PT_LOAD", "p_align", 12345),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_headers_are_refused_or_rebuilt(fault: str, tmp_path: Path) -> None:
    built = library(7, 8, 9, extras=(data_segment(b"data" * 9, 40), Extra(7, b"", 4, more=2**40)))
    for shndx in ("keep", "rewrite", "off"):
        promised(HOSTILE[fault](built), str(tmp_path), shndx=shndx)


def test_zeros_without_end_take_no_time(tmp_path: Path) -> None:
    with at_most(5):
        promised(library(7, extras=(data_segment(b"data", 2**47),)).data, str(tmp_path))
