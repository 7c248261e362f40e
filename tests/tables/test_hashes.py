"""The hash tables against walks of plain Python."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.tables.counts import symbol_count
from elfkit.tables.hashes import CHAIN_BLOCK, read_gnu_head, read_sysv_hash, walked_end
from tests.elfwriter import BASE, LAYOUTS, Elf, Sym, Written, patch, write
from tests.image.proofs import at_most
from tests.tables.hashwriter import hash_of_gnu, hash_of_sysv

GNU = 0x6FFFFEF5
U32 = st.integers(0, 2**32 - 1)


def near(most: int) -> st.SearchStrategy[int]:
    """Mostly numbers that may be right, and every other."""
    return st.one_of(st.integers(0, most), U32)


def walk(words: tuple[int, ...], buckets: tuple[int, ...], symoffset: int) -> int | None:
    """The scalar twin: one more than the last symbol of the last chain; None where it does not end."""
    index = max(buckets)
    if index < symoffset:
        return None
    while index - symoffset < len(words):
        if words[index - symoffset] & 1:
            return index + 1
        index += 1
    return None


def planted(table: bytes, elf_class: int, data: int, *, room: int = 0) -> bytes:
    """A file whose DT_GNU_HASH is `table`, with `room` bytes before the end of its segment."""
    tags = ((GNU, 0),)
    built: Written = write(Elf(elf_class, data, symbols=(Sym(b"a"),), tags=tags, code=table + bytes(room)))
    return built.patched("DT_GNU_HASH", "d_val", BASE + built.blobs["code"][0])


@pytest.mark.parametrize(("elf_class", "data"), LAYOUTS)
@given(drawn=st.data())
def test_the_walk_equals_its_scalar_twin(elf_class: int, data: int, drawn: st.DataObject) -> None:
    buckets = drawn.draw(st.lists(near(40), min_size=1, max_size=9))
    symoffset, bloom = drawn.draw(near(20)), drawn.draw(st.integers(0, 3))
    words = drawn.draw(st.lists(U32.map(lambda word: word & ~1 if word % 3 else word), max_size=40))
    order = "<" if data == 1 else ">"
    table = struct.pack(f"{order}4I", len(buckets), symoffset, bloom, 6) + bytes(bloom * 4 * elf_class)
    table += struct.pack(f"{order}{len(buckets)}I", *buckets) + struct.pack(f"{order}{len(words)}I", *words)
    with elfkit.load(planted(table, elf_class, data)) as image:
        found = read_gnu_head(image)
        assert found is not None
        assert (found.symoffset, found.bloom_shift) == (symoffset, 6)
        assert found.buckets.tolist() == buckets
        assert walked_end(image, found) == walk(tuple(words), tuple(buckets), symoffset)


@given(table=st.binary(max_size=120), elf_class=st.sampled_from([1, 2]), data=st.sampled_from([1, 2]))
def test_walk_always_ends(table: bytes, elf_class: int, data: int) -> None:
    content = planted(table, elf_class, data)
    with at_most(5), elfkit.load(content) as image:
        found = read_gnu_head(image)
        count = walked_end(image, found) if found else None
    assert count is None or count <= (found.symoffset if found else 0) + len(content) // 4


@pytest.mark.parametrize("blocks", [1, 2, 3, 7])
@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_a_chain_that_ends_at_the_border_of_a_block_is_followed(blocks: int, beside: int) -> None:
    last = blocks * CHAIN_BLOCK + beside
    table = struct.pack("<4I", 1, 1, 1, 6) + bytes(8) + struct.pack("<I", 1) + bytes(4 * last) + struct.pack("<I", 7)
    with elfkit.load(planted(table, 2, 1, room=64)) as image:
        found = read_gnu_head(image)
        assert found is not None
        assert walked_end(image, found) == 1 + last + 1


def test_a_chain_of_8_megabytes_without_end_ends_with_its_segment() -> None:
    table = struct.pack("<4I", 1, 1, 1, 6) + bytes(8) + struct.pack("<I", 1) + bytes(8 << 20)
    content = planted(table, 2, 1)
    with at_most(2), elfkit.load(content) as image:
        found = read_gnu_head(image)
        assert found is not None
        assert walked_end(image, found) is None


@pytest.mark.parametrize(("elf_class", "data"), LAYOUTS)
@given(nbucket=st.integers(0, 12), nchain=st.integers(0, 12), words=st.lists(st.integers(0, 12), max_size=24))
def test_dt_hash_holds_together_exactly_where_a_plain_reading_says_so(
    elf_class: int, data: int, nbucket: int, nchain: int, words: list[int]
) -> None:
    order = "<" if data == 1 else ">"
    table = struct.pack(f"{order}2I{len(words)}I", nbucket, nchain, *words)
    built = write(Elf(elf_class, data, symbols=(Sym(b"a"),), sysv_words=4, code=table))
    content = built.patched("DT_HASH", "d_val", BASE + built.blobs["code"][0])
    used = words[: nbucket + nchain]
    sound = nbucket > 0 and nchain > 0 and len(used) == nbucket + nchain and max(used) < nchain
    with elfkit.load(content) as image:
        found = read_sysv_hash(image)
        count = symbol_count(image)
    if sound:
        assert found is not None
        assert (found.offset, found.word_size, count.total) == (built.blobs["code"][0], 4, nchain)
    else:
        assert found is None or found.word_size == 8


@pytest.mark.parametrize("tag", ["DT_HASH", "DT_GNU_HASH"])
def test_a_table_that_is_not_mapped_is_none(tag: str) -> None:
    built = write(Elf(symbols=(Sym(b"a"),), sysv_words=4, gnu="gnu"))
    with elfkit.load(built.patched(tag, "d_val", 0x10)) as image:
        tables = {"DT_HASH": read_sysv_hash(image), "DT_GNU_HASH": read_gnu_head(image)}
    assert [name for name, table in tables.items() if table is None] == [tag]


def test_a_head_cut_by_the_end_of_the_segment_is_none() -> None:
    for size in range(16):
        with elfkit.load(planted(b"\1\0\0\0" * 4, 2, 1)[: -16 + size]) as image:
            assert read_gnu_head(image) is None


def test_the_writer_hashes_as_the_specifications_say() -> None:
    """Values of the System V ABI's function for "printf" and of glibc's dl_new_hash, as published with them."""
    assert hash_of_sysv(b"") == 0
    assert hash_of_sysv(b"printf") == 0x077905A6
    assert hash_of_sysv(b"syscall") == 0x0B09985C
    assert hash_of_gnu(b"") == 0x1505
    assert hash_of_gnu(b"printf") == 0x156B2BB8
    assert hash_of_gnu(b"syscall") == 0xBAC212A0


def test_a_damaged_word_of_dt_hash_is_told_from_a_sound_one() -> None:
    built = write(Elf(symbols=(Sym(b"a"), Sym(b"b")), sysv_words=4))
    at = built.blobs["hash"][0] + 8  # the first bucket: it may hold 0, 1, 2
    with elfkit.load(patch(built.data, at, b"\2\0\0\0")) as image:
        assert read_sysv_hash(image) is not None
    with elfkit.load(patch(built.data, at, b"\3\0\0\0")) as image:
        assert read_sysv_hash(image) is None
