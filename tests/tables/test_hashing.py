"""The hashes of all names at once, against the functions as the specifications print them, one name at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elfkit.tables.hashing import (
    BLOCK,
    FACTOR,
    FEW,
    INVERSE,
    WORD,
    factor_powers,
    gnu_hash,
    gnu_hashes,
    name_ends,
    name_ends_one_by_one,
    powers,
    prefixes,
    sysv_hash,
    sysv_hashes,
)
from elfkit.tables.lookup import hashes_of, names_in, packed_names
from tests.image.proofs import at_most
from tests.tables.hashwriter import hash_of_gnu, hash_of_sysv

# pieces of names of every sort: empty, one byte, ASCII, bytes from 0x80 on, longer than a cell of 16 NULs
NAME = st.one_of(
    st.binary(max_size=6), st.binary(min_size=12, max_size=40), st.text("abz_@", max_size=20).map(str.encode)
).map(lambda raw: raw.replace(b"\0", b""))
TABLE = st.lists(NAME, max_size=30).map(lambda names: b"\0" + b"".join(name + b"\0" for name in names))
BORDERS = (BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1)


def name_at(table: bytes, start: int) -> bytes:
    """The scalar twin of `name_ends`: the bytes up to the NUL, or to the end of the table."""
    return table[start:].partition(b"\0")[0]


def every_place(table: bytes) -> npt.NDArray[np.uint32]:
    return np.arange(len(table) + 1, dtype=np.uint32)


def long_table(size: int, seed: int = 1) -> bytes:
    """Names of all lengths up to 90, some of them empty, of bytes 0x01 to 0xff."""
    random = np.random.default_rng(seed)
    content = random.integers(1, 256, size, dtype=np.uint8)
    content[np.cumsum(random.integers(1, 90, size)) % size] = 0
    content[-1] = 0
    return content.tobytes()


@given(table=TABLE)
@example(b"\0")
@example(b"\0" * 40)
@example(b"no NUL at all")
def test_gnu_hashes_equal_those_of_the_scalar_twin_at_every_byte(table: bytes) -> None:
    expected = [hash_of_gnu(name_at(table, start)) for start in range(len(table) + 1)]
    assert gnu_hashes(table, every_place(table)).tolist() == expected


@given(table=TABLE, longest=st.integers(0, 50))
@example(b"\0" * 40, 4)
@example(b"\0" + b"ab\0" * FEW + b"abcdefgh" * 9, 99)
def test_sysv_hashes_equal_those_of_the_scalar_twin_at_every_byte(table: bytes, longest: int) -> None:
    expected = [hash_of_sysv(name_at(table, start)[:longest]) for start in range(len(table) + 1)]
    assert sysv_hashes(table, every_place(table), longest).tolist() == expected


@given(table=TABLE)
def test_name_ends_equal_those_of_the_scalar_twin_at_every_byte(table: bytes) -> None:
    starts = np.arange(len(table) + 1, dtype=np.intp)
    expected = [start + len(name_at(table, start)) for start in starts.tolist()]
    assert name_ends(table, starts).tolist() == expected
    assert name_ends_one_by_one(table, starts[::-1]).tolist() == expected[::-1]


def test_the_ends_of_a_few_names_take_no_memory_for_each_nul_of_a_large_table() -> None:
    """A table of 256 MB of NULs took two gigabytes."""
    table, starts = bytes(64 << 20), np.array([5, 64 << 20, 5])
    tracemalloc.start()
    ends = name_ends(table, starts).tolist()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ends == [5, 64 << 20, 5]
    assert peak < 1 << 20


@given(table=TABLE, starts=st.lists(st.integers(0, 400), max_size=40))
def test_names_in_any_order_and_repeated_have_their_own_hashes(table: bytes, starts: list[int]) -> None:
    inside = np.array([start % len(table) for start in starts], np.uint32)
    expected = [hash_of_gnu(name_at(table, start)) for start in inside.tolist()]
    assert gnu_hashes(table, inside).tolist() == expected


@pytest.mark.parametrize("size", [*BORDERS, 3 * BLOCK + 77, 200_000])
def test_hashes_of_tables_longer_than_a_block_equal_those_of_the_scalar_twin(size: int) -> None:
    table = long_table(size, size)
    starts = np.unique(np.concatenate([[0], np.flatnonzero(np.frombuffer(table, np.uint8) == 0) + 1]))[:-1]
    names = [name_at(table, start) for start in starts.tolist()]
    assert gnu_hashes(table, starts.astype(np.uint32)).tolist() == [hash_of_gnu(name) for name in names]
    assert sysv_hashes(table, starts.astype(np.uint32), 100).tolist() == [hash_of_sysv(name) for name in names]


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("length", [0, 1, 2, 40, BLOCK, BLOCK + 5])
def test_a_name_across_the_border_of_a_block_is_hashed_whole(border: int, length: int) -> None:
    """It begins a little before the border, at it, and behind it; and so it ends."""
    name = bytes(1 + index % 255 for index in range(length))
    for start in (border - length - 1, border - length, border - length // 2, border - 1, border, border + 1):
        if start < 0:
            continue
        table = b"\xff" * start + name + b"\0" + b"tail\0"
        found = gnu_hashes(table, np.array([start, start + len(name) + 1], np.uint32))
        assert found.tolist() == [hash_of_gnu(name), hash_of_gnu(b"tail")]


@pytest.mark.parametrize("size", [0, 1, *BORDERS, 3 * BLOCK])
def test_prefixes_are_the_sums_of_their_definition(size: int) -> None:
    """P[k] is the sum of c_i * 33^-(i+1) over i < k, modulo 2^32."""
    table = long_table(size, size) if size else b""
    sums, total, power = [0], 0, 1
    for byte in table:
        power = power * INVERSE % WORD
        total = (total + byte * power) % WORD
        sums.append(total)
    assert prefixes(table).at(np.arange(size + 1, dtype=np.intp)).tolist() == sums


def test_the_inverse_of_33_is_one() -> None:
    assert INVERSE * FACTOR % WORD == 1


@pytest.mark.parametrize("count", [1, 2, 3, 31, 64, 1000])
def test_powers_are_those_of_plain_arithmetic(count: int) -> None:
    assert powers(33, count).tolist() == [pow(33, exponent, WORD) for exponent in range(count)]


@given(exponents=st.lists(st.one_of(st.integers(0, 9), st.integers(BLOCK - 2, BLOCK + 2), st.integers(0, 1 << 22))))
def test_powers_of_any_exponent_are_those_of_plain_arithmetic(exponents: list[int]) -> None:
    expected = [pow(33, exponent, WORD) for exponent in exponents]
    assert factor_powers(np.array(exponents, np.intp)).tolist() == expected


@given(name=NAME, head=st.binary(max_size=9))
def test_hashes_of_one_name_are_those_of_the_specifications(name: bytes, head: bytes) -> None:
    assert (gnu_hash(name), sysv_hash(name)) == (hash_of_gnu(name), hash_of_sysv(name))
    assert sysv_hash(name, sysv_hash(head)) == hash_of_sysv(head + name)


@given(names=st.lists(NAME, max_size=20))
def test_packed_names_have_the_hashes_of_the_names(names: list[bytes]) -> None:
    assert hashes_of(packed_names(names)).tolist() == [hash_of_gnu(name) for name in names]


@given(table=TABLE, starts=st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_a_start_outside_the_table_is_the_empty_name(table: bytes, starts: list[int]) -> None:
    names = names_in(table, np.array(starts, np.uint32))
    found = [names.table[start:end] for start, end in zip(names.starts.tolist(), names.ends.tolist(), strict=True)]
    assert found == [name_at(table, start) for start in starts]


def test_no_table_and_no_names_are_no_hashes() -> None:
    nothing = np.empty(0, np.uint32)
    for table in (b"", b"\0", b"a"):
        assert len(gnu_hashes(table, nothing)) == len(sysv_hashes(table, nothing, 9)) == 0


def test_one_name_of_4_megabytes_takes_no_column_each_byte() -> None:
    table = b"n" * (4 << 20) + b"\0"
    with at_most(10):
        assert gnu_hashes(table, np.zeros(1, np.uint32)).tolist() == [hash_of_gnu(table[:-1])]
        assert sysv_hashes(table, np.zeros(1, np.uint32), 1 << 20).tolist() == [hash_of_sysv(table[: 1 << 20])]
