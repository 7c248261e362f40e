"""EK608 to EK610: tables that a loader binds symbols by, damaged one field at a time."""

from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest

from elfkit.abi import dynamic as dt
from elfkit.checks.check import check
from elfkit.evidence import Damage
from elfkit.facts.facts import SYMBOLS, conclude
from elfkit.image.image import load
from tests.elfwriter import BASE, LAYOUTS, Elf, Sym, Written, patch, write
from tests.image.proofs import FIXTURES, fixtures, unproven
from tests.tables.relocationwriter import with_table

RULES = ("EK608", "EK609", "EK610")
EXPORTS = tuple(Sym(f"greet{number}".encode(), value=number) for number in range(5))


def told(tmp_path: Path, content: bytes) -> dict[str, str]:
    """What each of the three rules says of one file."""
    path = tmp_path / "file"
    path.write_bytes(content)
    findings = check(path, select=RULES).findings
    assert all(unproven(content, list(finding.evidence)) == [] for finding in findings)
    return {finding.rule: finding.message for finding in findings}


@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize("tables", [{"sysv_words": 4}, {"gnu": "gnu"}], ids=str)
def test_a_symbol_renamed_behind_its_table_is_not_found(
    tables: dict[str, object], where: tuple[int, int], tmp_path: Path
) -> None:
    built = write(Elf(*where, symbols=EXPORTS, **tables))  # type: ignore[arg-type]
    assert told(tmp_path, built.data) == {}
    renamed = built.data.replace(b"\0greet3\0", b"\0Greet3\0")
    assert list(told(tmp_path, renamed)) == ["EK608"]
    assert "'Greet3'" in told(tmp_path, renamed)["EK608"]


def test_a_table_that_does_not_hold_together_is_told_once(tmp_path: Path) -> None:
    built = write(Elf(symbols=EXPORTS, sysv_words=4))
    content = patch(built.data, built.blobs["hash"][0], b"\xff" * 4)  # nbucket
    assert list(told(tmp_path, content)) == ["EK608"]
    with load(content) as image:
        damages = [anomaly.damage for anomaly in conclude(image).anomalies]
    assert damages.count(Damage.HASHES) == 1


def usual(tmp_path: Path, content: bytes) -> dict[str, str]:
    """What the three rules say of a file where none of them is named."""
    path = tmp_path / "file"
    path.write_bytes(content)
    findings = [finding for finding in check(path).findings if finding.rule in RULES]
    assert all(unproven(content, list(finding.evidence)) == [] for finding in findings)
    return {finding.rule: finding.message for finding in findings}


def test_what_takes_a_look_at_all_symbols_is_told_by_a_rule_that_is_named_alone(tmp_path: Path) -> None:
    renamed = write(Elf(symbols=EXPORTS, gnu="gnu")).data.replace(b"\0greet3\0", b"\0Greet3\0")
    assert usual(tmp_path, renamed) == {}
    assert list(told(tmp_path, renamed)) == ["EK608"]


@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize(
    ("tables", "field", "words"),
    [
        ({"sysv_words": 4}, (0, 0), "no bucket or no chain"),  # nbucket
        ({"sysv_words": 4}, (4, 0), "no bucket or no chain"),  # nchain
        ({"sysv_words": 4}, (4, 1 << 31), "more of them than fit"),
        ({"gnu": "gnu"}, (0, 0), "it has no bucket"),  # nbuckets
        ({"gnu": "gnu"}, (0, 1 << 31), "do not fit into the segment"),
        ({"gnu": "gnu"}, (8, 0), "no power of 2"),  # bloom_size
        ({"gnu": "gnu"}, (8, 3), "no power of 2"),
        ({"gnu": "gnu"}, (8, 1 << 31), "do not fit into the segment"),
    ],
)
def test_the_head_of_a_hash_table_is_judged_by_itself(
    tables: dict[str, object], field: tuple[int, int], words: str, where: tuple[int, int], tmp_path: Path
) -> None:
    built = write(Elf(*where, symbols=EXPORTS, **tables))  # type: ignore[arg-type]
    assert usual(tmp_path, built.data) == {}
    place = built.blobs["gnu_hash" if "gnu" in tables else "hash"][0] + field[0]
    found = usual(tmp_path, patch(built.data, place, field[1].to_bytes(4, "little" if where[1] == 1 else "big")))
    assert list(found) == ["EK608"]
    assert words in found["EK608"]


def test_records_of_another_version_are_told(tmp_path: Path) -> None:
    defined = patch(VERSIONED.read_bytes(), record(dt.DT_VERDEF), pack("<H", 2))
    raw = pack("<HHIII", 2, 0, 1, 16, 0)
    needed = with_table(raw, {dt.DT_VERNEED: None, dt.DT_VERNEEDNUM: 1}, Elf(symbols=EXPORTS)).data
    for content in (defined, needed):
        assert "has version 2, not 1" in usual(tmp_path, content)["EK609"]
        assert "EK609" in told(tmp_path, content)


@pytest.mark.parametrize("more", [0, 1])
def test_a_table_of_relocations_larger_than_its_segment_is_told(more: int, tmp_path: Path) -> None:
    built = relocated((BASE, 0x403))
    start, size = built.place("PT_LOAD", "p_filesz")
    room = int.from_bytes(built.data[start : start + size], "little") - built.blobs["table"][0]
    found = usual(tmp_path, built.patched("DT_RELASZ", "d_val", room + more))
    assert list(found) == (["EK610"] if more else [])
    assert "EK610" in told(tmp_path, built.patched("DT_RELASZ", "d_val", room + 1))


VERSIONED = FIXTURES / "x86_64" / "libgreet.so"


def record(tag: int) -> int:
    with load(VERSIONED) as image:
        assert image.dynamic is not None
        extent = image.extent_of(image.dynamic.values[tag])
        assert extent is not None
        return extent.offset


@pytest.mark.parametrize(
    ("tag", "within", "raw", "words"),
    [
        (dt.DT_VERSYM, 2, pack("<H", 9), "have a version that nothing names"),
        (dt.DT_VERSYM, 2, pack("<H", 0x8009), "have a version that nothing names"),  # the hidden bit is no number
        (dt.DT_VERDEF, 8, pack("<I", 7), "another hash than their name"),  # vd_hash of the first
        (dt.DT_VERDEF, 16, pack("<I", 1), "the chain ends after 1 of"),  # vd_next of the first
    ],
)
def test_versions_that_contradict_each_other_are_told(
    tag: int, within: int, raw: bytes, words: str, tmp_path: Path
) -> None:
    content = patch(VERSIONED.read_bytes(), record(tag) + within, raw)
    found = told(tmp_path, content)
    assert list(found) == ["EK609"]
    assert words in found["EK609"]


def relocated(*entries: tuple[int, int], symbols: tuple[Sym, ...] = EXPORTS) -> Written:
    raw = b"".join(pack("<QQq", offset, info, 0) for offset, info in entries)
    tags = {dt.DT_RELA: None, dt.DT_RELASZ: len(raw), dt.DT_RELAENT: 24}
    return with_table(raw, tags, Elf(symbols=symbols))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ((BASE, 1 << 32 | 1), ""),
        ((BASE, 5 << 32 | 1), ""),
        ((BASE, 6 << 32 | 1), "name a symbol beyond the 6 that there are"),
        ((BASE - 1, 1 << 32 | 1), "write to an address that no PT_LOAD maps"),
        ((1 << 63, 0x403), "write to an address that no PT_LOAD maps"),
        ((0, 0), ""),  # R_*_NONE
    ],
)
def test_relocations_outside_of_memory_and_symbols_are_told(entry: tuple[int, int], words: str, tmp_path: Path) -> None:
    content = relocated((BASE, 0x403), entry).data
    found = told(tmp_path, content)
    assert list(found) == (["EK610"] if words else [])
    assert words in found.get("EK610", "")


@pytest.mark.parametrize("path", fixtures("*"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_linkers_wrote_is_in_order(path: Path, tmp_path: Path) -> None:
    assert told(tmp_path, path.read_bytes()) == {}
    assert usual(tmp_path, path.read_bytes()) == {}


def test_nothing_is_read_of_tables_that_no_rule_asks_for() -> None:
    built = write(Elf(symbols=EXPORTS, sysv_words=4))
    with load(built.data.replace(b"\0greet3\0", b"\0Greet3\0")) as image:
        assert conclude(image, frozenset({SYMBOLS})).anomalies == ()
