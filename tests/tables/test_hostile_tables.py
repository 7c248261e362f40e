"""Tables that no linker wrote, byte by byte. Each is read in time, and said to be wrong where it lies."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

import elfkit
from elfkit.abi.dynamic import DT_GNU_HASH, DT_HASH
from elfkit.evidence import Anomaly
from elfkit.tables.symbols import read_symbols
from elfkit.tables.verification import verify_hashes
from tests.elfwriter import BASE, Elf, Sym, Written, patch, write
from tests.image.proofs import at_most, unproven

EXPORTS = tuple(Sym(f"greet{number}".encode(), value=number) for number in range(5))
SECONDS = 10


def judged(content: bytes) -> tuple[list[Anomaly], int]:
    """What is wrong with the symbols of a file and with its hash tables, and how many entries were read."""
    with at_most(SECONDS), elfkit.load(content) as image:
        table = read_symbols(image)
        found = [*table.anomalies, *verify_hashes(image, table)]
        rows = list(table)
        table.find(table.names)
    assert unproven(content, found) == []
    assert len(rows) * 16 <= len(content)
    return found, len(rows)


def planted(tag: int, table: bytes) -> Written:
    """Five exports whose hash table is `table`, at the end of what is mapped."""
    name = {DT_HASH: "DT_HASH", DT_GNU_HASH: "DT_GNU_HASH"}[tag]
    built = write(Elf(symbols=EXPORTS, tags=((tag, 0),), code=table))
    return built.also(name, "d_val", BASE + built.blobs["code"][0])


GNU = {
    # nbuckets 0 | symoffset 1 | one bloom word | shift 6: nothing to divide a hash by
    "zero buckets": (struct.pack("<4IQ", 0, 1, 1, 6, 0), "does not hold together"),
    # nbuckets 2^31: 8 GB of buckets in a table of 60 bytes
    "nbuckets 2^31": (struct.pack("<4IQ5I", 1 << 31, 1, 1, 6, 0, 1, 2, 3, 4, 5), "does not hold together"),
    # bloom_size 2^31: 16 GB of bloom words before the first bucket
    "a bloom filter of 2^31 words": (struct.pack("<4IQ5I", 1, 1, 1 << 31, 6, 0, 1, 2, 3, 4, 5), "not hold together"),
    # all four fields 2^32 - 1
    "all ones": (b"\xff" * 60, "does not hold together"),
    # one bucket -> symbol 1; five chain words, none with the end bit; then the segment ends
    "a chain without an end": (struct.pack("<4IQ6I", 1, 1, 1, 6, 2**64 - 1, 1, 2, 4, 6, 8, 10), "has no end"),
    # one bucket -> symbol 2^32 - 1
    "a bucket beyond the chains": (struct.pack("<4IQ6I", 1, 1, 1, 6, 0, 2**32 - 1, 2, 4, 6, 8, 11), "has no end"),
    # symoffset 4, the bucket -> symbol 2: before the first chain word
    "a bucket before the chains": (struct.pack("<4IQ3I", 1, 4, 1, 6, 0, 2, 8, 11), "begins before its symbols"),
    # symoffset 2^31: the empty table of lld, with a count of 48 GB of symbols
    "symoffset 2^31": (struct.pack("<4IQI", 1, 1 << 31, 1, 26, 0, 0), "symbols, there is room for"),
    # the head is cut by the end of the segment
    "a head of 12 bytes": (struct.pack("<3I", 1, 1, 1), "does not hold together"),
}
SYSV = {
    # nbucket 0
    "zero buckets": (struct.pack("<8I", 0, 6, 0, 0, 0, 0, 0, 0), "does not hold together"),
    # nbucket 2^31, nchain 6
    "nbucket 2^31": (struct.pack("<9I", 1 << 31, 6, 1, 0, 0, 0, 0, 0, 0), "does not hold together"),
    # nchain 2^31
    "nchain 2^31": (struct.pack("<9I", 1, 1 << 31, 1, 0, 0, 0, 0, 0, 0), "does not hold together"),
    # one bucket -> 6, chain entries 0 to 5
    "a bucket beyond the chains": (struct.pack("<9I", 1, 6, 6, 0, 0, 0, 0, 0, 0), "does not hold together"),
    # one bucket -> 1, chain of 1 -> 7
    "a chain entry out of range": (struct.pack("<9I", 1, 6, 1, 0, 7, 0, 0, 0, 0), "does not hold together"),
    # bucket -> 1 -> 2 -> 3 -> 1: 4 and 5 are never come to
    "a cycle": (struct.pack("<9I", 1, 6, 1, 0, 2, 3, 1, 0, 0), "run into each other or into themselves"),
    # bucket -> 1 -> 1
    "a chain entry that is its own successor": (struct.pack("<9I", 1, 6, 1, 0, 1, 0, 0, 0, 0), "into themselves"),
    # two buckets -> 1: one of them is not the bucket of greet0
    "two buckets with one chain": (struct.pack("<10I", 2, 6, 1, 1, 0, 2, 3, 4, 5, 0), "run into each other"),
    # one bucket -> 0: no symbol can be found
    "an empty table over exports": (struct.pack("<9I", 1, 6, 0, 0, 0, 0, 0, 0, 0), "no way from the bucket"),
    # nchain 2 where 6 symbols are: two more in the segment's tables
    "a head of 4 bytes": (struct.pack("<I", 1), "does not hold together"),
}


@pytest.mark.parametrize(
    ("tag", "raw", "detail"),
    [
        *[pytest.param(DT_GNU_HASH, *case, id=f"GNU, {name}") for name, case in GNU.items()],
        *[pytest.param(DT_HASH, *case, id=f"SysV, {name}") for name, case in SYSV.items()],
    ],
)
def test_a_hash_table_that_cannot_be_is_an_anomaly_with_an_offset(tag: int, raw: bytes, detail: str) -> None:
    built = planted(tag, raw)
    found, rows = judged(built.data)
    told = [anomaly for anomaly in found if detail in anomaly.detail]
    assert told, [anomaly.detail for anomaly in found]
    assert all(anomaly.evidence.offset is not None for anomaly in found)
    # where the table lies, or, of one that is no table, the entry that points at it
    places = (built.blobs["code"][0], built.places["DT_HASH" if tag == DT_HASH else "DT_GNU_HASH"][0])
    assert told[0].evidence.offset in places
    assert rows >= 6


TABLES = ("DT_STRTAB", "DT_HASH", "DT_GNU_HASH")


@pytest.mark.parametrize("one", TABLES)
@pytest.mark.parametrize("within", [0, 24, 25])
def test_a_table_within_the_symbol_table_is_an_anomaly_at_its_entry(one: str, within: int) -> None:
    built = write(Elf(symbols=EXPORTS, sysv_words=4, gnu="gnu"))
    content = built.patched(one, "d_val", BASE + built.blobs["dynsym"][0] + within)
    found, _ = judged(content)
    expected = f"{one} lies within the 6 entries of DT_SYMTAB"
    (anomaly,) = [anomaly for anomaly in found if anomaly.detail == expected]
    assert anomaly.evidence.offset == built.places[one][0]


@pytest.mark.parametrize("one", ["DT_SYMTAB", *TABLES])
@pytest.mark.parametrize("blob", ["dynsym", "hash", "gnu_hash", "dynstr", "dynamic", "Ehdr"])
def test_tables_on_top_of_each_other_are_read_within_bounds(one: str, blob: str) -> None:
    own = {"DT_SYMTAB": "dynsym", "DT_STRTAB": "dynstr", "DT_HASH": "hash", "DT_GNU_HASH": "gnu_hash"}
    built = write(Elf(symbols=EXPORTS, sysv_words=4, gnu="gnu"))
    found, _ = judged(built.patched(one, "d_val", BASE + built.blobs[blob][0]))
    assert bool(found) == (own[one] != blob)


def filled(count: int, kind: str, name_at: Callable[[int], int]) -> bytes:
    """A file with `count` symbols over a string of a megabyte, st_name of the i-th at `name_at(i)`."""
    raw = {"sysv_words": 4} if kind == "sysv" else {"gnu": "gnu"}
    built = write(Elf(symbols=(Sym(b"n" * (1 << 20)), *[Sym(b"")] * count), **raw))
    content, start = bytearray(built.data), built.blobs["dynsym"][0]
    begin = built.data.index(b"n" * 100) - built.blobs["dynstr"][0]
    for index in range(1, count + 2):
        content[start + 24 * index : start + 24 * index + 4] = (begin + name_at(index)).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("kind", ["gnu", "sysv"])
@pytest.mark.parametrize("apart", [True, False])
def test_names_that_overlap_in_a_megabyte_cost_no_more_than_their_table(kind: str, *, apart: bool) -> None:
    """Each begins a byte behind the one before, or all at the same byte."""
    content = filled(4000, kind, (lambda index: index) if apart else (lambda _: 0))
    found, rows = judged(content)
    assert rows == 4002
    assert any("names overlap" in anomaly.detail for anomaly in found) == apart


@pytest.mark.parametrize("entries", [1 << 18])
def test_a_cycle_through_a_megabyte_of_chains_ends(entries: int) -> None:
    """One bucket -> 1 -> 2 -> ... -> 262,143 -> 1."""
    table = struct.pack("<3I", 1, entries, 1) + struct.pack(f"<{entries}I", 0, *range(2, entries), 1)
    built = planted(DT_HASH, table)
    with at_most(SECONDS), elfkit.load(built.data) as image:
        found = read_symbols(image)
        assert found.anomalies[0].detail.startswith("DT_HASH nchain says 262144 symbols")
        told = verify_hashes(image, found)
        assert len(found.rows_of("greet0")) <= 1
    assert told[-1].detail == "chains of DT_HASH run into each other or into themselves"


def test_many_lookups_in_a_long_chain_stop_at_the_limit() -> None:
    """4,000 symbols of one name in one chain, looked up 4,000 times: 16 million pairs, all of them true."""
    same = [Sym(b"same")] * 4000
    with elfkit.load(write(Elf(symbols=tuple(same), gnu="gnu")).data) as image:
        table = read_symbols(image)
    with at_most(SECONDS):
        found = table.find(["same"] * 4000)
    assert (found > 0).all()


def damaged(kind: str) -> tuple[Written, int]:
    built = write(Elf(symbols=EXPORTS, **({"sysv_words": 4} if kind == "hash" else {"gnu": "gnu"})))
    return built, built.blobs[kind][0]


def told(content: bytes) -> list[str]:
    with elfkit.load(content) as image:
        found = verify_hashes(image, read_symbols(image))
    assert unproven(content, found) == []
    assert all(anomaly.evidence.offset is not None for anomaly in found)
    return [anomaly.detail for anomaly in found]


@pytest.mark.parametrize("kind", ["hash", "gnu_hash"])
def test_a_sound_table_verifies(kind: str) -> None:
    built, _ = damaged(kind)
    assert told(built.data) == []


def test_verification_tells_each_sort_of_damage_of_a_gnu_table() -> None:
    """Two buckets (5 // 2), one bloom word: head 16, bloom 8, buckets 8, then five chain words."""
    built, start = damaged("gnu_hash")
    bloom, buckets, chains = start + 16, start + 24, start + 32
    word = int.from_bytes(built.data[chains : chains + 4], "little")
    # a wrong hash: bit 1 of the first chain word
    wrong = patch(built.data, chains, (word ^ 2).to_bytes(4, "little"))
    assert [line.partition(" for ")[0] for line in told(wrong)] == ["DT_GNU_HASH: a wrong hash"]
    # a wrong bucket: the two buckets change places
    swapped = patch(built.data, buckets, built.data[buckets + 4 : chains] + built.data[buckets : buckets + 4])
    assert [line.partition(" for ")[0] for line in told(swapped)] == ["DT_GNU_HASH: the wrong bucket"]
    # a bloom filter that lets nothing through
    closed = patch(built.data, bloom, bytes(8))
    assert [line.partition(" (")[0] for line in told(closed)] == [
        "DT_GNU_HASH: the bloom filter says no for 5 of 6 symbols"
    ]
    # the end of the first chain is missing: it runs on into the second, and the second bucket begins within it
    count = next(n for n in range(1, 6) if built.data[chains + 4 * n - 4] & 1)
    last = chains + 4 * count - 4
    joined = patch(built.data, last, bytes([built.data[last] & ~1]))
    assert told(joined) == ["1 chains of DT_GNU_HASH have no end: each runs on into the next"]
    with elfkit.load(joined) as image:
        (anomaly,) = verify_hashes(image, read_symbols(image))
    assert anomaly.evidence.offset == last


def test_verification_tells_each_sort_of_damage_of_a_sysv_table() -> None:
    """Three buckets (6 // 2) behind the head of 8 bytes, then six chain entries."""
    built, start = damaged("hash")
    buckets, chains = start + 8, start + 20
    heads = struct.unpack_from("<3I", built.data, buckets)
    full = next(number for number, head in enumerate(heads) if head)
    # a bucket that leads nowhere
    lost = told(patch(built.data, buckets + 4 * full, bytes(4)))
    assert [line.partition(" for ")[0] for line in lost] == ["DT_HASH: no way from the bucket"]
    # buckets in another order: every symbol is reached from the bucket of others
    turned = told(patch(built.data, buckets, struct.pack("<3I", heads[1], heads[2], heads[0])))
    assert [line.partition(" (")[0] for line in turned] == ["DT_HASH: no way from the bucket for 5 of 6 symbols"]
    # a chain whose end leads back to its head
    place = heads[full]
    while int.from_bytes(built.data[chains + 4 * place :][:4], "little"):
        place = int.from_bytes(built.data[chains + 4 * place :][:4], "little")
    ring = told(patch(built.data, chains + 4 * place, heads[full].to_bytes(4, "little")))
    assert ring == ["chains of DT_HASH run into each other or into themselves"]
