"""The measurement of benchmarks/fidelity: a real table comes out as right in all, a planted fault as that fault."""

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import fidelity_measure
from benchmarks.fidelity_compare import Certainties
from benchmarks.fidelity_measure import Measured, Rebuild, measure
from benchmarks.fidelity_rows import KINDS, STATED
from benchmarks.fidelity_summary import complaints, missed, rows, share, whole_files
from benchmarks.fidelity_tables import Form, UnreadableError, read_table, uncovered, without_table
from tests.needs import needs

MACHINES = Path(__file__).parents[2] / "fixtures" / "machines"
LIBRARY = MACHINES / "x86_64" / "libgreet.so"
WHOLE = ("mips-soft", "mips64", "mips64el", "powerpc64le", "riscv32", "s390x", "x32", "x86_64")

Fault = Callable[[bytearray], None]
NAME, TYPE, FLAGS, ADDR, OFFSET, SIZE, LINK, INFO, ALIGN, ENTSIZE = range(10)
SHDR = struct.Struct("<IIQQQQIIQQ")


def telling(path: Path, fault: Fault | None = None) -> Rebuild:
    """A "rebuilder" that knows the original and writes that, with a fault."""

    def rebuild(_: Path, target: Path) -> Certainties:
        content = bytearray(path.read_bytes())
        if fault is not None:
            fault(content)
        target.write_bytes(content)
        return {(".dynsym", row.addr): "stated" for row in read_table(path).rows if row.name == ".dynsym"}

    return rebuild


def setting(name: str, field: int, change: Callable[[int], int]) -> Fault:
    """The fault of one field of one section header of LIBRARY."""

    def fault(content: bytearray) -> None:
        place = shdr_of(content, name)
        fields = list(SHDR.unpack_from(content, place))
        fields[field] = change(fields[field])
        SHDR.pack_into(content, place, *fields)

    return fault


def shdr_of(content: bytearray, name: str) -> int:
    (table,) = struct.unpack_from("<Q", content, 0x28)
    row = read_table(LIBRARY).named(name)
    assert row is not None
    return int(table + row.position * SHDR.size)


def swapped(one: str, other: str) -> Fault:
    """Two section headers change places: what named the one by its index now names the other."""

    def fault(content: bytearray) -> None:
        places = [shdr_of(content, name) for name in (one, other)]
        rows = [bytes(content[place : place + SHDR.size]) for place in places]
        for place, row in zip(places, reversed(rows), strict=True):
            content[place : place + SHDR.size] = row

    return fault


def emptied(name: str) -> Fault:
    """A section header becomes filler: PROGBITS, of no size, not loaded."""

    def fault(content: bytearray) -> None:
        SHDR.pack_into(content, shdr_of(content, name), 0, 1, 0, 0, 0, 0, 0, 0, 1, 0)

    return fault


def otherwise(name: str) -> Fault:
    """A byte of a section's content changes."""

    def fault(content: bytearray) -> None:
        row = read_table(LIBRARY).named(name)
        assert row is not None
        content[row.offset] ^= 0xFF

    return fault


def measured(tmp_path: Path, fault: Fault | None = None, path: Path = LIBRARY) -> Measured:
    found = measure(path, tmp_path, telling(path, fault))
    assert found is not None
    return found


def wrong(found: Measured) -> dict[str, str]:
    return {verdict.real.name: verdict.difference for verdict in found.comparison.verdicts if not verdict.right}


@needs("nm", "readelf", "eu-elflint")
@pytest.mark.parametrize("machine", WHOLE)
def test_the_real_table_is_all_right(machine: str, tmp_path: Path) -> None:
    for path in (MACHINES / machine / "libgreet.so", MACHINES / machine / "hello"):
        found = measured(tmp_path, path=path)
        assert wrong(found) == {}
        assert found.comparison.verdicts
        assert not found.comparison.surplus
        assert missed([found]) == []
        assert found.revived
        assert found.anchors[0] == found.anchors[1]
        assert list(tmp_path.iterdir()) == []


@needs("nm", "readelf", "eu-elflint")
@pytest.mark.parametrize(
    ("fault", "difference"),
    [
        (setting(".dynsym", SIZE, lambda size: size - 24), {".dynsym": "size"}),
        (setting(".dynsym", TYPE, lambda _: 2), {".dynsym": "type"}),
        (setting(".dynsym", LINK, lambda _: 0), {".dynsym": "link"}),
        (setting(".dynsym", INFO, lambda info: info + 1), {".dynsym": "info"}),
        (setting(".dynsym", ENTSIZE, lambda _: 0), {".dynsym": "entsize"}),
        (setting(".dynstr", FLAGS, lambda _: 0), {".dynstr": "flags"}),
        (setting(".dynamic", ADDR, lambda addr: addr + 16), {".dynamic": "addr"}),
        (setting(".gnu.hash", OFFSET, lambda offset: offset + 8), {".gnu.hash": "offset"}),
        (
            emptied(".dynstr"),
            {".dynstr": "missing", **dict.fromkeys((".dynsym", ".dynamic", ".gnu.version_d"), "link")},
        ),
        (emptied(".gnu.hash"), {".gnu.hash": "missing"}),
    ],
)
def test_a_fault_is_told_by_section_and_field_and_misses_the_bar(
    fault: Fault, difference: dict[str, str], tmp_path: Path
) -> None:
    found = measured(tmp_path, fault)
    assert wrong(found) == difference
    bars = missed([found])
    assert all(any(line.startswith(f"{name}: ") for line in bars) for name in difference)


@needs("nm", "readelf", "eu-elflint")
def test_a_lost_symbol_is_counted_and_heard_by_the_witnesses(tmp_path: Path) -> None:
    found = measured(tmp_path, setting(".dynsym", SIZE, lambda size: size - 24))
    real, ours = found.symbols
    assert (real, ours) == (read_table(LIBRARY).symbol_count(), (real or 0) - 1)
    assert found.judged["nm"].fresh
    assert found.judged["eu-elflint"].fresh
    assert any(line.startswith("the number of symbols is wrong: 1 of 1") for line in missed([found]))
    assert complaints([found], "eu-elflint").most_common(1)[0][1] == 1


@needs("nm", "readelf", "eu-elflint")
def test_a_section_that_moved_in_the_table_is_an_anchor_lost(tmp_path: Path) -> None:
    found = measured(tmp_path, swapped(".text", ".dynamic"))
    assert found.anchors[0] < found.anchors[1]
    moved = {verdict.real.name for verdict in found.comparison.verdicts if not verdict.indexed}
    assert moved == {".text", ".dynamic"}
    assert found.judged["nm"].fresh
    assert any(line.startswith("nm: ") for line in missed([found]))


@needs("nm", "readelf", "eu-elflint")
def test_writable_code_and_a_bad_link_are_heard_by_the_witnesses(tmp_path: Path) -> None:
    assert measured(tmp_path, setting(".text", FLAGS, lambda flags: flags | 1)).judged["eu-elflint"].fresh
    found = measured(tmp_path, setting(".dynsym", LINK, lambda _: 2000))
    assert found.judged["readelf"].fresh
    assert any(line.startswith("readelf: ") for line in missed([found]))


@needs("nm", "readelf", "eu-elflint")
def test_loaded_bytes_without_a_section_are_found(tmp_path: Path) -> None:
    real = read_table(LIBRARY)
    assert uncovered(LIBRARY.read_bytes(), real) == []
    found = measured(tmp_path, emptied(".text"))
    assert found.bare == (1, 0)
    assert any(line.startswith("loaded bytes lie in no section") for line in missed([found]))


@needs("nm", "readelf", "eu-elflint")
def test_a_changed_byte_of_the_program_is_found(tmp_path: Path) -> None:
    found = measured(tmp_path, otherwise(".text"))
    assert (found.kept, found.revived) == (False, False)
    assert {"bytes of the program changed: 1 of 1 files", "the wiped header did not come back: 1 of 1 files"} <= set(
        missed([found])
    )


def test_a_rebuild_that_crashes_or_writes_nothing_or_never_ends_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(_: Path, __: Path) -> Certainties:
        return {("", 1 // 0): ""}

    def idle(_: Path, __: Path) -> Certainties:
        return {}

    def endless(_: Path, __: Path) -> Certainties:
        time.sleep(60)
        return {}

    monkeypatch.setattr(fidelity_measure, "SECONDS", 1)
    reasons = {
        crashing: "ZeroDivisionError: ",
        idle: "nothing was written",
        endless: "TimeoutError: it takes more than 1 s",
    }
    for rebuild, reason in reasons.items():
        found = measure(LIBRARY, tmp_path, rebuild, {})
        assert found is not None
        assert found.refused.startswith(reason)
        assert missed([found]) == ["1 files were not rebuilt"]


def test_what_was_never_there_is_surplus(tmp_path: Path) -> None:
    found = measure(LIBRARY, tmp_path, telling(MACHINES / "x86_64" / "hello"), {})
    assert found is not None
    assert ".interp" in {row.name for row in found.comparison.surplus}


def test_a_file_without_section_headers_is_not_measured(tmp_path: Path) -> None:
    assert measure(MACHINES / "x86_64" / "libgreet.noshdr.so", tmp_path) is None
    assert measure(MACHINES / "x86_64" / "greet.o", tmp_path) is None


def test_both_forms_lose_the_table(tmp_path: Path) -> None:
    raw, table = LIBRARY.read_bytes(), read_table(LIBRARY)
    for form, size in ((Form.WIPED, len(raw)), (Form.STRIPPED, max(s.offset + s.filesz for s in table.segments))):
        cut = without_table(raw, table, form)
        (tmp_path / "cut").write_bytes(cut)
        assert len(cut) == size
        assert read_table(tmp_path / "cut").rows == ()


def test_what_pyelftools_cannot_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no ELF file\n")
    with pytest.raises(UnreadableError, match="pyelftools: ELFError"):
        read_table(path)


def test_what_a_table_of_figures_says_is_what_was_measured(tmp_path: Path) -> None:
    found = measure(LIBRARY, tmp_path, telling(LIBRARY, setting(".dynsym", LINK, lambda _: 0)), {})
    assert found is not None
    (line,) = (line for line in rows([found]).splitlines() if "`.dynsym`" in line)
    assert line == "| `.dynsym` | 1 | 0 | 0.0 % | 0 | 0 | 0 | 0 | 1 | 0 | 1 | stated 1 |"
    assert "| number of dynamic symbols right | 1 of 1, 100.0 % |" in whole_files([found])
    assert (share(1276, 1277), share(1277, 1277)) == ("99.9 %", "100.0 %")


def test_every_kind_that_must_be_right_in_all_files_exists_and_is_exact() -> None:
    exact = {kind.label for kind in KINDS if kind.exact}
    assert set(STATED) <= exact
