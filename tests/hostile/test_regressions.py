"""What mutants, bombs and the fuzzer found, one small file each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.evidence import Certainty, Damage
from elfkit.image.image import load
from elfkit.image.source import Source
from elfkit.limits import Limits
from elfkit.rebuild.section_indices import symbols_astray
from tests.elfwriter import BASE, Elf, Sym, write
from tests.image.proofs import at_most
from tests.tables.relocationwriter import with_table


def test_bytes_behind_the_last_that_a_file_can_have_are_none(tmp_path: Path) -> None:
    """Found by mutant 2/46: p_offset 2^64 - 4 was handed to pread, which raised OverflowError."""
    path = tmp_path / "file"
    path.write_bytes(b"bytes")
    for source in (Source.open(str(path)), Source.of_bytes(b"bytes")):
        with source:
            assert [source.unbudgeted(offset, 4) for offset in (2**64 - 4, 2**63, 5, -1)] == [b""] * 4
            assert source.unbudgeted(3, 4) == b"es"


def test_a_plan_of_segments_beyond_all_offsets_is_made() -> None:
    content = write(Elf()).also("PT_LOAD", "p_offset", 2**64 - 4).patched("PT_LOAD code", "p_offset", 2**32)
    with elfkit.load(content) as image:
        assert elfkit.plan_sections(image).rejected


def relr(words: int) -> bytes:
    """A table of one address at the start of what is read-only, and bitmaps with every bit set."""
    raw = pack("<Q", BASE) + b"\xff" * (8 * words)
    return with_table(raw, {dt.DT_RELR: None, dt.DT_RELRSZ: len(raw)}, Elf()).data


def test_every_address_of_a_bitmap_is_counted_where_none_is_listed() -> None:
    """Bomb relr_66_million: each address was kept, 66 million of them."""
    content = relr(1000)
    closed = len(content) - 16  # the code behind it begins the second segment, which is closed as well
    with load(content) as image:
        fact = elfkit.inspect(image).text_relocation_count
    assert fact is not None
    assert fact.certainty is Certainty.DERIVED
    assert closed // 8 <= fact.value <= closed // 8 + 2
    assert [proof.value for proof in fact.evidence] == [BASE, BASE + 8, BASE + 16]


def test_more_forbidden_writes_than_the_limit_are_told() -> None:
    with load(relr(1000), limits=Limits(relocations=500)) as image:
        facts = elfkit.inspect(image)
    assert facts.text_relocation_count is not None
    assert facts.text_relocation_count.certainty is Certainty.BOUNDED
    told = [anomaly.detail for anomaly in facts.anomalies if anomaly.damage is Damage.LIMIT]
    assert any("relocations allows (500)" in detail for detail in told)


def needing(names: list[int], strings: bytes) -> bytes:
    """A file that needs the names at these places of its string table."""
    built = write(Elf(symbols=(Sym(strings),), tags=tuple((dt.DT_NEEDED, 1 + place) for place in names)))
    return built.data


def test_names_that_overlap_take_no_more_than_twice_their_table() -> None:
    """Bomb needed_of_4000_bytes: 60,000 names in a table of 64 KB were 120 MB."""
    strings = (b"n" * 3999 + b"\0") * 20
    with load(needing(list(range(5_000)), strings)) as image, at_most(5):
        facts = elfkit.inspect(image)
    assert sum(map(len, facts.needed.value)) <= 2 * (len(strings) + 100)
    assert [anomaly.detail for anomaly in facts.anomalies if "names overlap" in anomaly.detail]


def test_a_name_that_is_needed_again_and_again_is_told_twice() -> None:
    """Bomb needed_at_one_place."""
    with load(needing([0] * 1000 + [1], b"libgreet.so")) as image:
        facts = elfkit.inspect(image)
    assert Counter(facts.needed.value) == {"libgreet.so": 2, "ibgreet.so": 1}
    assert facts.anomalies == ()


@pytest.mark.parametrize("count", [5, 6_000])
def test_names_of_a_sound_file_are_all_told(count: int) -> None:
    names = b"".join(b"lib%05d.so\0" % number for number in range(count))
    with load(needing([12 * number for number in range(count)], names)) as image:
        facts = elfkit.inspect(image)
    assert facts.needed.value == tuple(f"lib{number:05}.so" for number in range(count))
    assert facts.anomalies == ()


def test_a_table_of_more_bytes_than_the_file_has_ends_with_it() -> None:
    """Found by the fuzzer: DT_RELASZ and p_filesz of 2^60 bytes were read in blocks, each of them empty."""
    raw = pack("<QQq", BASE, 0x403, 0) * 3
    built = with_table(raw, {dt.DT_RELA: None, dt.DT_RELASZ: 1 << 60}, Elf())
    with load(built.patched("PT_LOAD", "p_filesz", 1 << 62)) as image, at_most(5):
        assert elfkit.inspect(image).text_relocation_count is not None
        extent = image.extent_of(BASE + 1)
        assert extent == (1, image.source.size - 1)
        assert image.extent_of(BASE + image.source.size) is None


def test_symbols_are_compared_with_sections_beyond_all_addresses() -> None:
    """Found by mutants 8/78610 and 8/89078: a .tbss that begins behind the last address did not fit a column."""
    with elfkit.load(write(Elf(symbols=(Sym(b"greet", shndx=1),), sysv_words=4)).data) as image:
        sections = elfkit.plan_sections(image).sections
        astray = symbols_astray(image, elfkit.symbols(image), sections)
        far = [replace(section, addr=2**64 + 2) for section in sections]
        assert astray <= symbols_astray(image, elfkit.symbols(image), far) == 1
