"""From the cut file to the written one: what was lost is there again, witnessed by the uncut file's own table."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

import elfkit
from benchmarks.fidelity_tables import Row, uncovered
from elfkit.errors import ArgumentError, FormatError, Option, ReadError, RefusedError
from elfkit.rebuild.report import Action
from elfkit.rebuild.section_indices import SectionIndices
from tests.elfwriter import Elf, build, patch
from tests.image.proofs import FIXTURES
from tests.rebuild.samples import (
    DYNAMIC,
    LIBRARY,
    STATIC,
    WHOLE,
    Rebuilt,
    cut,
    dynsyms,
    image,
    in_a_section,
    library,
    name_of,
    rebuilt,
    table_of,
)

TABLES = (".dynsym", ".dynstr", ".dynamic", ".hash", ".gnu.hash", ".gnu.version", ".gnu.version_d", ".gnu.version_r")
every_file = pytest.mark.parametrize("path", WHOLE, ids=name_of)
every_dynamic_file = pytest.mark.parametrize("path", DYNAMIC, ids=name_of)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Rebuilt]:
    """Every fixture cut as sstrip does and rebuilt, pyelftools and LIEF reading the result as well."""
    folder = tmp_path_factory.mktemp("rebuilt")
    found = {}
    for number, path in enumerate(WHOLE):
        (folder / str(number)).mkdir()
        found[path] = rebuilt(cut(path), folder / str(number), independent=True)
    return found


def fields(row: Row) -> tuple[object, ...]:
    # of .gnu.hash in 32 bits bfd says that an entry has 4 bytes, lld says 0 as of a table of several kinds of words
    entsize = 0 if row.name == ".gnu.hash" and row.entsize == 4 else row.entsize
    return (row.name, row.type, row.flags, row.addr, row.offset, row.size, entsize, row.link, row.info)


def test_the_fixtures_are_of_all_machines() -> None:
    assert len({path.parent for path in WHOLE}) == 23
    assert len(DYNAMIC) >= 2 * 23
    assert STATIC


@every_file
def test_what_was_cut_is_rebuilt_and_two_other_readers_agree(path: Path, results: dict[Path, Rebuilt]) -> None:
    result = results[path]
    assert table_of(path).rows
    assert result.report.action is Action.REBUILT
    assert {"pyelftools", "LIEF", "bytes kept", "coverage"} <= {check.name for check in result.report.checks}


@every_dynamic_file
def test_the_tables_of_the_loader_are_the_originals(path: Path, results: dict[Path, Rebuilt]) -> None:
    wanted = [fields(row) for row in table_of(path).rows if row.name in TABLES]
    assert {row[0] for row in wanted} >= {".dynsym", ".dynstr", ".dynamic"}
    assert sorted(fields(row) for row in results[path].table.rows if row.name in TABLES) == sorted(wanted)


@every_dynamic_file
def test_every_defined_symbol_names_a_section_that_holds_it(path: Path, results: dict[Path, Rebuilt]) -> None:
    table = results[path].table
    symbols = [symbol for symbol in dynsyms(results[path].content, table) if in_a_section(symbol)]
    assert symbols or path.name != "libgreet.so"
    for symbol in symbols:
        row, real = table.rows[symbol.shndx], table_of(path).rows[symbol.shndx]
        assert row.addr <= symbol.value <= row.addr + row.size
        # the class of the section is what linkers and debuggers go by: code, writable, allocated
        assert row.flags & 7 == real.flags & 7
        assert row.addralign > 0


@every_file
def test_every_byte_of_the_segments_is_the_originals(path: Path, results: dict[Path, Rebuilt]) -> None:
    original, content = cut(path), results[path].content
    wide = table_of(path).elf_class == 64
    shoff, counts = ((0x28, 8), (0x3A, 6)) if wide else ((0x20, 4), (0x2E, 6))
    for start, size in (shoff, counts):
        content = patch(content, start, original[start : start + size])
    assert content[: len(original)] == original


@every_file
def test_every_loaded_byte_lies_in_a_section(path: Path, results: dict[Path, Rebuilt]) -> None:
    assert uncovered(results[path].content, results[path].table) == []


@every_file
def test_what_was_rebuilt_needs_nothing(path: Path, results: dict[Path, Rebuilt], tmp_path: Path) -> None:
    again = elfkit.rebuild_sections(results[path].path, tmp_path / "again")
    assert (again.action, again.plan, again.checks) == (Action.NOTHING, None, ())
    assert not (tmp_path / "again").exists()


@every_file
def test_a_whole_file_needs_nothing(path: Path) -> None:
    assert elfkit.rebuild_sections(path).action is Action.NOTHING


@pytest.mark.parametrize("path", STATIC, ids=name_of)
def test_a_file_without_dynamic_section_has_a_table_of_its_segments_and_a_warning(
    path: Path, results: dict[Path, Rebuilt]
) -> None:
    (warning,) = results[path].report.warnings
    assert warning == "it has no PT_DYNAMIC: the table holds what the program headers show, and no symbols"
    code = [row for row in results[path].table.rows if row.flags & 4]
    assert code
    assert results[path].table.named(".dynsym") is None


def test_without_a_target_the_plan_is_all(tmp_path: Path) -> None:
    source = tmp_path / "library"
    source.write_bytes(cut(LIBRARY))
    report = elfkit.rebuild_sections(source)
    assert (report.action, report.target, report.checks) == (Action.REBUILT, None, ())
    assert report.plan is not None
    assert os.listdir(tmp_path) == ["library"]
    assert source.read_bytes() == cut(LIBRARY)
    written = elfkit.rebuild_sections(source, tmp_path / "out")
    assert written.plan == report.plan


def test_the_report_says_why_and_what(tmp_path: Path) -> None:
    report = rebuilt(cut(LIBRARY), tmp_path).report
    shown = report.to_dict()
    assert (shown["schema"], shown["action"]) == ("elfkit.rebuild-sections/1", "rebuilt")
    assert shown["reason"] == "it has no section headers"
    assert shown["plan"]["symbols"]["count"] == len(dynsyms(LIBRARY.read_bytes(), table_of(LIBRARY)))
    assert [row["index"] for row in shown["plan"]["sections"]] == list(range(1, len(shown["plan"]["sections"]) + 1))
    assert all(row["because"] for row in shown["plan"]["sections"])


def test_the_count_that_is_stated_is_taken(tmp_path: Path) -> None:
    result = rebuilt(cut(LIBRARY), tmp_path, symbols=7)
    row = result.table.named(".dynsym")
    assert row is not None
    assert row.size == 7 * row.entsize
    assert result.report.plan is not None
    assert result.report.plan.count.evidence[0].source == "the user's count"


def test_a_count_that_the_file_contradicts_is_told(tmp_path: Path) -> None:
    report = rebuilt(cut(LIBRARY), tmp_path, symbols=7).report
    assert report.warnings == ("given are 7 dynamic symbols, DT_HASH nchain says 8",)
    assert report.plan is not None
    shown = [(proof.source, proof.value) for proof in report.plan.count.evidence]
    assert shown == [("the user's count", 7), ("DT_HASH nchain", 8), ("DT_GNU_HASH walk", 8)]
    assert [check.detail for check in report.checks if check.name == "symbols"] == ["7 dynamic symbols (stated)"]


def test_a_count_that_the_file_confirms_is_no_news(tmp_path: Path) -> None:
    assert rebuilt(cut(LIBRARY), tmp_path, symbols=8).report.warnings == ()


def test_more_symbols_than_there_is_room_for_are_refused(tmp_path: Path) -> None:
    row = table_of(LIBRARY).named(".dynsym")
    loads = [segment for segment in table_of(LIBRARY).segments if segment.type == "PT_LOAD"]
    assert row is not None
    most = (loads[0].offset + loads[0].filesz - row.offset) // row.entsize
    for count in (most + 1, 10**9, 2**64 - 1):
        said = refusal(cut(LIBRARY), tmp_path, symbols=count)
        assert said == f"there is room for {most} dynamic symbols at DT_SYMTAB, {count} were given"
    elfkit.plan_sections(image(cut(LIBRARY)), symbols=most)
    assert refusal(cut(STATIC[0]), tmp_path, symbols=1).startswith("there is room for 0 dynamic symbols")


def refusal(content: bytes, folder: Path, **wishes: object) -> str:
    """The sentence with which rebuilding is refused; nothing is written."""
    with pytest.raises(RefusedError) as caught:
        rebuilt(content, folder, **wishes)
    assert os.listdir(folder) == []
    sentence = str(caught.value)
    assert sentence.startswith("<bytes>: ")
    assert "\n" not in sentence
    return sentence.removeprefix("<bytes>: ")


def test_an_object_file_is_refused(tmp_path: Path) -> None:
    content = (FIXTURES / "mips-soft" / "greet.o").read_bytes()
    said = refusal(content, tmp_path)
    assert said == "it is an object file, whose sections are all it is made of (ET_REL)"


def test_a_core_dump_is_refused(tmp_path: Path) -> None:
    assert refusal(build(Elf(type=4)), tmp_path) == "it is a core dump, not a program (ET_CORE)"


def test_a_file_without_segments_is_refused(tmp_path: Path) -> None:
    content = library(3).patched("Ehdr", "e_phnum", 0)
    assert refusal(content, tmp_path).startswith("it has no PT_LOAD")


@pytest.mark.parametrize("missing", [1, 100])
def test_a_truncated_file_is_refused(missing: int, tmp_path: Path) -> None:
    content = cut(LIBRARY)
    said = refusal(content[:-missing], tmp_path)
    assert said == (
        f"its segments end at {len(content):#x}, the file at {len(content) - missing:#x}: {missing} bytes are missing"
    )


def test_program_headers_that_are_cut_are_refused(tmp_path: Path) -> None:
    said = refusal(library(3).patched("Ehdr", "e_phnum", 1000), tmp_path)
    assert said.startswith("the table of 1000 program headers needs bytes up to ")


def test_a_packed_file_is_refused(tmp_path: Path) -> None:
    content = cut(STATIC[0])
    size = 56 if content[4] == 2 else 32
    start, count = (64, content[0x38]) if content[4] == 2 else (52, max(content[0x2C:0x2E]))
    packed = patch(content, start + count * size + 4, b"UPX!")
    assert refusal(packed, tmp_path).startswith("it is packed with UPX: ")


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\n", b"MZ" + bytes(200), bytes(64)])
def test_what_is_no_elf_file_is_a_format_error(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        rebuilt(content, tmp_path)
    assert os.listdir(tmp_path) == []


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        elfkit.rebuild_sections(tmp_path / "nothing", tmp_path / "out")


NONE_OF_THEIRS: dict[str, tuple[object, ...]] = {
    "shndx": ("bogus", "", None, 1, SectionIndices.KEEP),
    "overlay": ("append", None, 1),
    "symbols": (-1, 1.5, "12", True, 2**64),
    "memory_dump": (-1, 2**70, 1.5, "0x1000", False),
    "backup": ("/x", "a/b", "a\0b", None, 1),
    "target": ("-", 3, b"out", ["out"]),
    "source": (None, 5, ["file"], io.StringIO("text")),
    "independent": (None, 1, "yes"),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in NONE_OF_THEIRS.items() for value in values]
)
def test_a_value_that_is_none_of_its_parameter_is_an_error_that_names_it(
    name: str, value: object, tmp_path: Path
) -> None:
    arguments: dict[str, object] = {"source": cut(LIBRARY), "target": tmp_path / "out", name: value}
    with pytest.raises(ArgumentError) as caught:
        elfkit.rebuild_sections(**arguments)  # type: ignore[arg-type]  # values that no caller with types could give
    assert caught.value.name == name
    assert str(caught.value).startswith(f"{name} is ")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_needs_a_target() -> None:
    with pytest.raises(ArgumentError, match=r"^backup keeps what a target replaces, and there is no target$"):
        elfkit.rebuild_sections(cut(LIBRARY), backup=".orig")


@pytest.mark.parametrize(("name", "value"), [("shndx", "bogus"), ("symbols", -3), ("symbols", "1")])
def test_a_plan_takes_the_same_values(name: str, value: object) -> None:
    wishes: dict[str, object] = {name: value}
    with pytest.raises(ArgumentError, match=f"^{name} is "):
        elfkit.plan_sections(image(cut(LIBRARY)), **wishes)  # type: ignore[arg-type]  # values that it cannot take


def test_a_plan_is_made_of_an_image() -> None:
    path: Any = "libgreet.so"
    with pytest.raises(ArgumentError, match=r"^image is of type str, not what elfkit.load returns$"):
        elfkit.plan_sections(path)


def test_options_are_named_as_this_library_spells_them(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        rebuilt(cut(LIBRARY) + b"payload", tmp_path)
    assert caught.value.options == (Option("overlay", True, "allows it"),)  # noqa: FBT003  # the value of the keyword
    assert str(caught.value).endswith("; overlay=True allows it")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # what was dumped just now
    assert str(again) == str(caught.value)
    with pytest.raises(RefusedError) as caught:
        rebuilt(library(60_000, 60_001).data, tmp_path)
    assert str(caught.value).endswith('; shndx="rewrite" changes the symbols, shndx="off" leaves them')
