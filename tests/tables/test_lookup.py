"""Lookups of many names at once, against a loader's walk in plain Python, name by name."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.abi.dynamic import DT_MIPS_XHASH
from elfkit.abi.header import EM_MIPS
from elfkit.image.dynamic import Extent
from elfkit.tables.hashes import GnuHash, GnuHead, SysvHash, read_gnu_hash, read_sysv_hash
from elfkit.tables.index import HashIndex
from elfkit.tables.lookup import Names, bloom_passes, find, names_in, packed_names, same_bytes
from elfkit.tables.symbols import SymbolTable
from elfkit.tables.verification import _owners, verify_hashes
from tests.elfwriter import BASE, Elf, Sym, build, ordered, patch, write
from tests.image.samples import every_layout
from tests.tables.hashwriter import hash_of_gnu, hash_of_sysv

# 33 * "b" + "A" is 33 * "a" + "b": every string of these two has one hash with all others of its length
TWINS = st.lists(st.sampled_from([b"ab", b"bA"]), min_size=1, max_size=4).map(b"".join)
NAME = st.one_of(TWINS, st.binary(max_size=12).map(lambda raw: raw.replace(b"\0", b"")))
STEPS = 1 << 20


def spelled(names: Names) -> list[bytes]:
    return [names.table[start:end] for start, end in zip(names.starts.tolist(), names.ends.tolist(), strict=True)]


def chain_of_gnu(table: GnuHash, name: bytes) -> list[int]:
    """The symbols that a loader compares by name: bloom filter, bucket, chain; matched by hash less bit 0."""
    value, bits = hash_of_gnu(name), 8 * table.bloom.itemsize
    if len(table.bloom):
        word = int(table.bloom[value // bits % len(table.bloom)])
        if not word >> value % bits & word >> (value >> (table.head.bloom_shift & 31)) % bits & 1:
            return []
    place = int(table.buckets[value % len(table.buckets)]) - table.head.symoffset
    found = []
    while 0 <= place < len(table.chains):
        word = int(table.chains[place])
        if (word ^ value) >> 1 == 0:
            found.append(int(table.symbols[place]))
        if word & 1:
            break
        place += 1
    return found


def chain_of_sysv(table: SysvHash, name: bytes) -> list[int]:
    """The same by DT_HASH: each symbol once, whatever the chain says."""
    place, found = int(table.buckets[hash_of_sysv(name) % len(table.buckets)]), list[int]()
    while 0 < place < len(table.chains) and place not in found:
        found.append(place)
        place = int(table.chains[place])
    return found


def found_by_name(table: GnuHash | SysvHash, names: list[bytes], wanted: list[bytes]) -> list[tuple[int, int]]:
    """The scalar twin of `find`."""
    walk = chain_of_gnu if isinstance(table, GnuHash) else chain_of_sysv
    return [
        (number, symbol)
        for number, name in enumerate(wanted)
        for symbol in walk(table, name)  # type: ignore[arg-type]
        if symbol < len(names) and names[symbol] == name
    ]


def pairs(table: GnuHash | SysvHash, symbols: Names, wanted: list[bytes]) -> list[tuple[int, int]]:
    matches = find(table, symbols, packed_names(wanted), most_steps=STEPS)
    assert matches.complete
    return list(zip(matches.query.tolist(), matches.symbol.tolist(), strict=True))


@given(pool=st.lists(NAME, min_size=1, max_size=12), drawn=st.data())
def test_same_bytes_equals_plain_comparison(pool: list[bytes], drawn: st.DataObject) -> None:
    number = st.integers(0, len(pool) - 1)
    rows = drawn.draw(st.lists(st.tuples(number, number), max_size=30))
    packed = packed_names(pool)
    one = np.array([left for left, _ in rows], np.intp)
    two = np.array([right for _, right in rows], np.intp)
    left = Names(packed.table, packed.starts[one], packed.ends[one])
    right = Names(packed.table, packed.starts[two], packed.ends[two])
    assert same_bytes(left, right).tolist() == [pool[a] == pool[b] for a, b in rows]


@given(length=st.integers(0, 40), place=st.integers(0, 39), other=st.integers(1, 255))
def test_a_difference_in_any_byte_is_seen(length: int, place: int, other: int) -> None:
    name = bytes([1]) * length
    changed = name[:place] + bytes([other]) + name[place + 1 :] if place < length else name
    assert same_bytes(packed_names([name]), packed_names([changed])).tolist() == [name == changed]


@every_layout
@given(drawn=st.data())
def test_find_equals_its_scalar_twin_on_tables_that_are_sound(elf_class: int, data: int, drawn: st.DataObject) -> None:
    """Collisions, names that are there several times, empty names, undefined ones, and names that are absent."""
    held = drawn.draw(st.lists(st.tuples(NAME, st.integers(0, 2)), max_size=20))
    wanted = [name for name, _ in held] + drawn.draw(st.lists(NAME, max_size=8))
    elf = Elf(elf_class, data, symbols=tuple(Sym(name, shndx=shndx) for name, shndx in held), sysv_words=4, gnu="gnu")
    names = [b"", *(symbol.name for symbol in ordered(elf))]
    with elfkit.load(build(elf)) as image:
        gnu, sysv, symbols = read_gnu_hash(image), read_sysv_hash(image), elfkit.symbols(image)
    assert gnu is not None
    assert sysv is not None
    places = names_in(symbols.strings, symbols.name_offsets)
    assert spelled(places) == names
    assert pairs(gnu, places, wanted) == found_by_name(gnu, names, wanted)
    assert pairs(sysv, places, wanted) == found_by_name(sysv, names, wanted)
    everywhere = {
        (query, row) for query, name in enumerate(wanted) for row in range(1, len(names)) if names[row] == name
    }
    assert set(pairs(sysv, places, wanted)) == everywhere
    hashed = {(query, row) for query, row in everywhere if symbols.defined[row]}
    assert set(pairs(gnu, places, wanted)) == hashed


def gnu_of(
    buckets: list[int], chains: list[int], bloom: list[int], symoffset: int, *, shift: int = 6, bits: int = 64
) -> GnuHash:
    nowhere = Extent(0, 0)
    head = GnuHead(0, 0, symoffset, shift, nowhere, np.array(buckets, np.uint32), nowhere)
    words = np.array(bloom, f"u{bits // 8}")
    symbols = np.arange(len(chains), dtype=np.intp) + symoffset
    return GnuHash(head, words, head.buckets, np.array(chains, np.uint32), symbols)


@given(pool=st.lists(NAME, min_size=2, max_size=9), drawn=st.data())
def test_find_equals_its_scalar_twin_on_tables_of_any_words(pool: list[bytes], drawn: st.DataObject) -> None:
    """Buckets beyond the chains, chains without an end and into each other, wrong hashes, cycles."""
    hashes = [hash_of_gnu(name) for name in pool]
    word = st.one_of(st.sampled_from(hashes), st.integers(0, 2**32 - 1)).flatmap(
        lambda value: st.sampled_from([value & ~1, value | 1])
    )
    index = st.one_of(st.integers(0, 12), st.integers(0, 2**32 - 1))
    chains = drawn.draw(st.lists(word, max_size=12))
    buckets = drawn.draw(st.lists(index, min_size=1, max_size=5))
    bloom = drawn.draw(st.sampled_from([[], [2**64 - 1], [0], [2**63 - 1, 2**64 - 1, 1 << 17]]))
    shift = drawn.draw(st.sampled_from([0, 6, 31, 32, 2**32 - 1]))
    gnu = gnu_of(buckets, chains, bloom, drawn.draw(st.integers(0, 3)), shift=shift)
    assert pairs(gnu, packed_names(pool), pool) == found_by_name(gnu, pool, pool)
    links = drawn.draw(st.lists(st.integers(0, len(pool) - 1), min_size=len(pool), max_size=len(pool)))
    heads = drawn.draw(st.lists(st.integers(0, len(pool) - 1), min_size=1, max_size=5))
    sysv = SysvHash(0, 4, np.array(heads, np.uint32), np.array(links, np.uint32))
    assert pairs(sysv, packed_names(pool), pool) == found_by_name(sysv, pool, pool)


@given(
    names=st.lists(NAME, max_size=9),
    words=st.lists(st.integers(0, 2**64 - 1), max_size=5),
    shift=st.integers(0, 2**32 - 1),
    bits=st.sampled_from([32, 64]),
)
def test_bloom_passes_equals_its_scalar_twin(names: list[bytes], words: list[int], shift: int, bits: int) -> None:
    bloom = [word % (1 << bits) for word in words]
    hashes = [hash_of_gnu(name) for name in names]
    expected = []
    for value in hashes:
        word = bloom[value // bits % len(bloom)] if bloom else 2**64 - 1
        expected.append(bool(word >> value % bits & word >> (value >> (shift & 31)) % bits & 1))
    table = gnu_of([1], [], bloom, 1, shift=shift, bits=bits)
    assert bloom_passes(table, np.array(hashes, np.uint32)).tolist() == expected


@given(size=st.integers(1, 60), heads=st.integers(1, 40), drawn=st.data())
def test_owners_equal_those_of_a_walk_of_each_bucket(size: int, heads: int, drawn: st.DataObject) -> None:
    """Where no chain meets another; many buckets and few, as the walk differs."""
    rows = drawn.draw(st.permutations(range(1, size)))
    bucket_of = drawn.draw(st.lists(st.integers(-1, heads - 1), min_size=size, max_size=size))
    buckets, chains, expected = [0] * heads, [0] * size, [-1] * size
    for row in rows:
        if bucket_of[row] >= 0:
            chains[row], buckets[bucket_of[row]], expected[row] = buckets[bucket_of[row]], row, bucket_of[row]
    owner, cyclic = _owners(SysvHash(0, 4, np.array(buckets, np.uint32), np.array(chains, np.uint32)))
    assert (owner.tolist(), cyclic) == (expected, False)


@given(buckets=st.lists(st.integers(0, 9), min_size=1, max_size=40), chains=st.lists(st.integers(0, 9), min_size=10))
def test_owners_of_chains_that_meet_are_told_from_others(buckets: list[int], chains: list[int]) -> None:
    """Sound is a table whose walks, one after the other, never come upon a symbol twice."""
    links = chains[:10]
    met, seen, reached = False, set[int](), set[int]()
    for head in buckets:
        place = head
        while place and place not in seen:
            seen.add(place)
            place = links[place]
        met, reached = met or place != 0, reached | seen
    owner, cyclic = _owners(SysvHash(0, 4, np.array(buckets, np.uint32), np.array(links, np.uint32)))
    assert (set(np.flatnonzero(owner >= 0).tolist()), cyclic) == (reached, met)


def tables(symbols: tuple[Sym, ...]) -> list[tuple[str, SymbolTable]]:
    """The symbols in a file with either hash table."""
    found = []
    for kind, elf in (("gnu", Elf(symbols=symbols, gnu="gnu")), ("sysv", Elf(symbols=symbols, sysv_words=4))):
        with elfkit.load(build(elf)) as image:
            found.append((kind, elfkit.symbols(image)))
    return found


@pytest.mark.parametrize("kind", [0, 1])
def test_symbols_are_found_by_name_where_they_are_defined(kind: int) -> None:
    held = (Sym(b"puts", shndx=0), Sym(b"ab", value=1), Sym(b"bA", value=2), Sym(b"caf\xe9", value=3))
    _, table = tables(held)[kind]
    assert hash_of_gnu(b"ab") == hash_of_gnu(b"bA")
    found = table.find(["ab", "bA", "caf\udce9", b"caf\xe9", "puts", "gone", "a\0b", "", b"\0"]).tolist()
    assert [table.value[row] if row >= 0 else None for row in found] == [1, 2, 3, 3, None, None, None, None, None]
    assert [symbol.name for symbol in table.lookup("bA")] == ["bA"]
    assert table.find([]).tolist() == []


@pytest.mark.parametrize("kind", [0, 1])
def test_a_name_with_a_nul_does_not_find_the_empty_name(kind: int) -> None:
    _, table = tables((Sym(b"", value=5), Sym(b"a", value=6)))[kind]
    assert table.find(["a\0b", "\0"]).tolist() == [-1, -1]
    assert table.value[table.find([""])].tolist() == [5]


@pytest.mark.parametrize("kind", [0, 1])
def test_the_place_of_a_symbol_is_where_its_chain_leads(kind: int) -> None:
    held = tuple(Sym(name, value=number) for number, name in enumerate([b"abab", b"abbA", b"bAab", b"bAbA", b"other"]))
    name, table = tables(held)[kind]
    for wanted in ("abab", "abbA", "bAab", "bAbA", "other"):
        (row,) = table.rows_of(wanted)
        place = table.place(wanted, row)
        assert place is not None
        raw = wanted.encode()
        if name == "gnu":
            assert (place.table, place.hash, place.bucket) == ("DT_GNU_HASH", hash_of_gnu(raw), hash_of_gnu(raw) % 2)
        else:
            assert (place.table, place.hash, place.bucket) == ("DT_HASH", hash_of_sysv(raw), hash_of_sysv(raw) % 3)
        assert place.position >= 0
    collided = [table.place(wanted, table.rows_of(wanted)[0]) for wanted in ("abab", "abbA", "bAab", "bAbA")]
    if name == "gnu":
        assert len({place.position for place in collided if place}) == 4


def test_a_place_in_the_hash_table_of_mips_is_told_by_its_own_tag() -> None:
    """DT_MIPS_XHASH: head, bloom word, one bucket -> entry 1, a chain word for each symbol, then their indices."""
    names = [b"one", b"two"]
    chains = [hash_of_gnu(b"one") & ~1, hash_of_gnu(b"two") | 1]
    raw = struct.pack("<4IQ5I", 1, 1, 1, 6, 2**64 - 1, 1, *chains, 1, 2)
    elf = Elf(symbols=tuple(Sym(name) for name in names), machine=EM_MIPS, tags=((DT_MIPS_XHASH, 0),), code=raw)
    built = write(elf)
    # the symbol count of a MIPS file is stated, and its hash table may be wrong: bit 1 of the first chain word
    content = built.also("DT_MIPS_XHASH", "d_val", BASE + built.blobs["code"][0]).data
    with elfkit.load(content) as image:
        table = elfkit.symbols(image)
        told = verify_hashes(image, table)
    place = table.place("two", table.rows_of("two")[0])
    assert place == ("DT_MIPS_XHASH", hash_of_gnu(b"two"), 0, 1)
    assert told == ()
    wrong = patch(content, built.blobs["code"][0] + 28, bytes([chains[0] & 255 ^ 2]))
    with elfkit.load(wrong) as image:
        (anomaly,) = verify_hashes(image, elfkit.symbols(image))
    assert anomaly.detail.startswith("DT_MIPS_XHASH: a wrong hash for 1 of ")
    assert anomaly.evidence.source == "DT_MIPS_XHASH"


def test_a_symbol_that_its_chain_does_not_lead_to_has_no_place() -> None:
    for _, table in tables((Sym(b"a"), Sym(b"b"), Sym(b"c"))):
        place = table.place("zz", 0)
        assert place is not None
        assert place.position == -1


def test_without_a_hash_table_nothing_is_found_by_name() -> None:
    with elfkit.load(build(Elf(symbols=(Sym(b"a"),)))) as image:
        table = elfkit.symbols(image)
    assert table.find(["a"]).tolist() == [-1]
    assert (table.lookup("a"), table.rows_of("a"), table.place("a", 1)) == ((), [], None)


def test_a_lookup_of_more_steps_than_the_limit_says_that_it_is_not_complete() -> None:
    names = packed_names([b"", *[b"same"] * 50])
    table = gnu_of([1], [hash_of_gnu(b"same") & ~1] * 50, [], 1)
    index = HashIndex(table, names.table, names.starts.astype(np.uint32), most_steps=20)
    found = index.find([b"same"])
    assert not found.complete
    assert len(found.symbol) <= 20
