"""Files that other projects keep for their own tests or ship to phones: without section headers, with damaged ones,
prelinked, with 8-byte hash words, from other linkers. Each beside what its own project or its twin says of it.
"""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import elfkit
from benchmarks.fidelity_compare import compare
from benchmarks.fidelity_measure import Measured, by_elfkit, measure
from benchmarks.fidelity_rows import STATED
from benchmarks.fidelity_tables import read_table
from benchmarks.fidelity_witnesses import asked, cause, readelf
from elfkit.rebuild.report import Action
from tests.needs import needs
from tests.real import archives
from tests.real.fetch import UnavailableError

pytestmark = needs("readelf", "nm", "eu-elflint")

WITH_TABLE = [
    *(("elfutils", name) for name in ("testfile10", "testfile27", "testfile42", "testfile-s390x-hash-both")),
    *(
        ("elfutils", f"testfile{number}-{word}{end}")
        for number in (53, 55)
        for word in (32, 64)
        for end in ("", ".prelink")
    ),
    *(
        ("elfutils", f"testfile{number}-{word}{end}")
        for number in (52, 54)
        for word in (32, 64)
        for end in (".so", ".prelink.so")
    ),
    *(("pyelftools", name) for name in ("android_dyntags.so.elf", "aarch64_be_gnu_hash.so.elf")),
    ("rollup-s390x", "rollup.linux-s390x-gnu.node"),
    ("rollup-loong64-gnu", "rollup.linux-loong64-gnu.node"),
    ("rollup-loong64-musl", "rollup.linux-loong64-musl.node"),
    ("canvas-android", "skia.android-arm64.node"),
    ("lz4-android", "lz4-napi.android-arm-eabi.node"),
    *(
        ("hermes", f"{abi}-lib{name}.so")
        for abi in ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
        for name in ("hermes", "c++_shared")
    ),
]
STALE = ("armeabi-v7a-libc++_shared.so", "x86-libc++_shared.so")
"""Their symbols name by st_shndx other sections than those they lie in: what nm prints of the original is wrong."""

TWINS = [
    ("testfile42_noshdrs", "testfile42"),
    *(
        (f"testfile{number}-{word}.noshdrs.so", f"testfile{number}-{word}.so")
        for number in (52, 54)
        for word in (32, 64)
    ),
]
"""Sectionless files of elfutils, and the one each was made from; all but the first were moved to another base since."""

EXTENDED: Mapping[str, str] = {
    f"testfile{number}.prelink": ".dynstr" for number in ("53-32", "53-64", "55-32", "55-64")
}
"""prelink appended strings of its own behind DT_STRSZ: no tag tells of them."""


def member(archive: str, name: str) -> Path:
    (row,) = (row for row in archives.ARCHIVES if row.name == archive)
    try:
        return archives.obtain(row)[name]
    except UnavailableError as reason:
        pytest.skip(f"{archive}: {reason}")


def listed(path: Path) -> list[str]:
    """What ``nm -D`` says without the addresses."""
    return [re.sub(r"^[0-9a-f]* +", "", line) for line in asked(("nm", "-D"), path).out.decode().splitlines()]


def wrong(found: Measured, name: str) -> list[str]:
    """How the sections that linkers read differ. entsize apart: of .gnu.hash each linker writes another."""
    verdicts = [verdict for verdict in found.comparison.verdicts if verdict.kind.label in STATED]
    fields = {verdict.real.name: set(verdict.wrong) - {"entsize"} for verdict in verdicts if verdict.ours}
    missing = [verdict.real.name for verdict in verdicts if verdict.ours is None]
    differing = [
        f"{section}: {sorted(what)}" for section, what in fields.items() if what and section != EXTENDED.get(name)
    ]
    return missing + differing


@pytest.mark.parametrize(("archive", "name"), WITH_TABLE, ids=[name for _, name in WITH_TABLE])
def test_a_table_that_was_there_comes_back(archive: str, name: str, tmp_path: Path) -> None:
    found = measure(member(archive, name), tmp_path)
    assert found is not None
    assert found.refused == ""
    assert (found.counted, found.kept, found.bare[0], found.revived) == (True, True, 0, True)
    assert wrong(found, name) == []
    assert found.judged["readelf"].fresh == ()
    assert found.judged["eu-elflint"].fresh == ()
    assert name in STALE or found.judged["nm"].fresh == ()


@pytest.mark.parametrize("name", STALE)
def test_symbols_that_named_wrong_sections_are_listed_by_where_they_lie(name: str, tmp_path: Path) -> None:
    found = measure(member("hermes", name), tmp_path)
    assert found is not None
    changes = {cause(line) for line in found.judged["nm"].fresh}
    assert changes <= {"N -> B*"}


@pytest.mark.parametrize(("name", "twin"), TWINS, ids=[name for name, _ in TWINS])
def test_a_sectionless_file_gets_the_table_of_its_twin(name: str, twin: str, tmp_path: Path) -> None:
    whole, bare, rebuilt = member("elfutils", twin), member("elfutils", name), tmp_path / name
    certainties = by_elfkit(bare, rebuilt)
    real, ours = read_table(whole), read_table(rebuilt)
    verdicts = [verdict for verdict in compare(real, ours, certainties).verdicts if verdict.kind.label in STATED]
    assert {verdict.real.name for verdict in verdicts} >= {".dynsym", ".dynstr", ".dynamic"}
    assert [verdict.real.name for verdict in verdicts if set(verdict.wrong) - {"addr"} or verdict.ours is None] == []
    assert len({verdict.ours.addr - verdict.real.addr for verdict in verdicts if verdict.ours}) == 1
    assert listed(rebuilt) == listed(whole)
    assert readelf(whole, rebuilt).fresh == ()


def test_the_smallest_program_of_pyelftools_has_the_symbols_its_own_test_expects(tmp_path: Path) -> None:
    path, rebuilt = member("pyelftools", "aarch64_super_stripped.elf"), tmp_path / "rebuilt"
    assert elfkit.rebuild_sections(path, rebuilt).action is Action.REBUILT
    assert read_table(rebuilt).symbol_count() == 4
    names = [entry.split("@")[0] for entry in listed(rebuilt)]
    assert sorted(name.split()[-1] for name in names) == ["__gmon_start__", "__libc_start_main", "abort"]
    assert asked(("readelf", "-aW"), rebuilt).err == ""


def test_a_table_beyond_the_end_and_no_dynamic_section_leave_what_the_segments_show(tmp_path: Path) -> None:
    path, rebuilt = member("pyelftools", "corrupt_sh.elf"), tmp_path / "rebuilt"
    report = elfkit.rebuild_sections(path, rebuilt)
    assert report.action is Action.REBUILT
    assert report.warnings
    assert {row.name for row in read_table(rebuilt).rows} >= {".note.gnu.property", ".text", ".shstrtab"}
    done = subprocess.run(["readelf", "-aW", str(rebuilt)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
