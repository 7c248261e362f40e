"""What mutants, bombs and the fuzzer found, one small file each."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.errors import LimitError, RefusedError
from elfkit.evidence import Certainty, Damage
from elfkit.image.image import load
from elfkit.image.source import Source
from elfkit.limits import Limits
from elfkit.rebuild.existing import rows_against_the_loader
from elfkit.rebuild.section_indices import symbols_astray
from elfkit.rebuild.section_names import section_names
from tests.elfwriter import BASE, Elf, Sect, Sym, build, write
from tests.firmware.plants import fixture
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


def test_a_plan_is_made_of_no_more_segments_than_a_linker_makes() -> None:
    """65,000 PT_LOADs over the same bytes: each pass held each against each."""
    built = write(Elf())
    offset, _ = built.places["PT_LOAD"]
    row = built.data[offset : offset + 56]
    for count, refused in ((4_096, False), (4_097, True), (65_000, True)):
        moved = built.also("Ehdr", "e_phoff", len(built.data)).patched("Ehdr", "e_phnum", count)
        with at_most(20), load(moved + row * count) as image:
            if refused:
                with pytest.raises(RefusedError, match="4096 at most"):
                    elfkit.plan_sections(image)
            else:
                assert elfkit.plan_sections(image).sections


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """A file whose last byte lies behind a hole of 300 MB."""
    path = tmp_path / "sparse"
    path.write_bytes(build(Elf(symbols=(Sym(b"greet"),), sysv_words=4)))
    with path.open("r+b") as file:
        file.seek(300 << 20)
        file.write(b"\1")
    return path


def test_what_lies_behind_the_segments_is_not_read_at_once(sparse: Path) -> None:
    with memory_of_at_most(100 << 20), pytest.raises(RefusedError, match="bytes of data lie behind"):
        elfkit.rebuild_sections(sparse)


def test_a_dump_is_no_larger_than_may_be_read(sparse: Path) -> None:
    with memory_of_at_most(100 << 20), pytest.raises(LimitError, match="bytes_read"):
        elfkit.rebuild_sections(sparse, memory_dump=0x10000)


def test_a_file_too_large_to_be_looked_through_is_refused() -> None:
    content = build(Elf())
    with load(content, limits=Limits(rebuilt_bytes=len(content))) as image:
        assert elfkit.plan_sections(image).sections
    image = load(content, limits=Limits(rebuilt_bytes=len(content) - 1))
    with image, pytest.raises(LimitError, match="rebuilt_bytes"):
        elfkit.plan_sections(image)


def test_names_of_sections_that_overlap_do_not_take_their_square() -> None:
    built = write(Elf(sections=(Sect(b"n" * (1 << 20)),)))
    start = built.places["Shdr 4"][0]
    rows = b"".join(pack("<I", 30 + number) + built.data[start + 4 : start + 64] for number in range(20_000))
    with load(built.patched("Ehdr", "e_shnum", 20_004)[:start] + rows) as image, at_most(5):
        names = section_names(image)
    assert len(names) == 20_004
    assert {len(name) for name in names[4:]} == {4096}


def test_a_packed_table_of_no_relocations_is_bound_by(tmp_path: Path) -> None:
    """Found by the fuzzer: one such file, and the whole tree was not judged, for an internal error."""
    raw = b"APS2" + bytes(4)
    packed = with_table(raw, {dt.DT_ANDROID_RELA: None, dt.DT_ANDROID_RELASZ: len(raw)}, Elf(symbols=(Sym(b"greet"),)))
    (tmp_path / "libgreet.so").write_bytes(packed.data)
    report = elfkit.check(tmp_path, select=["EK"])
    assert not report.internal_error
    assert report.roots[0].elf_files == 1


def test_version_records_that_do_not_go_forward_end_the_walk() -> None:
    """Found by mutant 9/94997: of 2^28 files, each was looked for at the place of the first."""
    content = fixture("powerpc-soft/hello")
    with load(content) as image:
        assert image.dynamic
        (place,) = [row for row, (tag, _) in enumerate(image.dynamic.entries) if tag == dt.DT_VERNEEDNUM]
        at = image.dynamic.offset + place * image.dynamic.entry_size + 4
    assert content[at : at + 4] == pack(">I", 1)
    with load(content[:at] + pack(">I", 1 << 28) + content[at + 4 :]) as image, at_most(1):
        names = image.sections.names
        assert "says 1 versions, DT_VERNEEDNUM 268435456" in rows_against_the_loader(image, image.sections.rows, names)


@contextmanager
def memory_of_at_most(size: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size
