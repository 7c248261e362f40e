"""Walks of chains: together and alone they find the same, a long one is cheap, and none is cut without a word."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.errors import LimitError
from elfkit.image.dynamic import Extent
from elfkit.image.image import load
from elfkit.limits import Limits
from elfkit.tables import walks
from elfkit.tables.hashes import GnuHash, GnuHead, SysvHash
from elfkit.tables.lookup import Names, find, packed_names
from elfkit.tables.symbols import SymbolTable
from elfkit.tables.walks import Walk, walk_gnu, walk_sysv
from tests.elfwriter import Elf, Sym, build
from tests.image.proofs import at_most
from tests.tables.hashwriter import hash_of_gnu

LONG = 1 << 21  # entries of a chain: 8 MB
SECONDS = 5


def gnu_of(buckets: list[int], chains: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> GnuHash:
    nowhere = Extent(0, 0)
    head = GnuHead(0, 0, 1, 6, nowhere, np.array(buckets, np.uint32), nowhere)
    return GnuHash(head, np.empty(0, np.uint64), head.buckets, chains, np.arange(len(chains), dtype=np.intp) + 1)


def followed(starts: list[int], chains: list[int | None], same: list[list[bool]], most: int) -> tuple[object, bool]:
    """The scalar twin: which (query, place) match, and whether `most` steps were enough for all walks."""
    found = set()
    for query, start in enumerate(starts):
        place: int | None = start
        for _ in chains:
            if place is None or not 0 <= place < len(chains):
                break
            most -= 1
            found |= {(query, place)} if same[query][place] else set()
            place = chains[place]
    return found, most >= 0


def pairs(walk: Walk) -> set[tuple[int, int]]:
    return set(zip(walk.query.tolist(), walk.place.tolist(), strict=True))


def judged(walk: Walk, expected: tuple[object, bool]) -> None:
    found, enough = expected
    assert (len(walk.unfinished) == 0) == enough
    assert pairs(walk) == found if enough else pairs(walk) <= found  # type: ignore[operator]


VALUES = st.integers(0, 3).map(lambda value: value << 1)  # hashes: so few that they meet
MOST = st.sampled_from([0, 1, 5, 20, 1 << 20])


@pytest.mark.parametrize("rounds", [0, 2])
@pytest.mark.parametrize("many", [2, 128])
@given(drawn=st.data(), most=MOST)
def test_walks_together_and_alone_equal_those_of_each_name(
    rounds: int, many: int, drawn: st.DataObject, most: int
) -> None:
    words = drawn.draw(st.lists(st.tuples(VALUES, st.sampled_from([0, 0, 0, 1])).map(sum), max_size=30))
    wanted = drawn.draw(st.lists(VALUES, max_size=6))
    buckets = drawn.draw(st.lists(st.integers(0, 32), min_size=1, max_size=3))
    table = gnu_of(buckets, np.array(words, np.uint32))
    links: list[int | None] = [None if word & 1 else place + 1 for place, word in enumerate(words)]
    with patch.multiple(walks, ROUNDS=rounds, MANY=many, BLOCK=2):
        walk = walk_gnu(table, np.arange(len(wanted)), np.array(wanted, np.uint32), most)
    starts = [buckets[value % len(buckets)] - 1 for value in wanted]
    judged(walk, followed(starts, links, [[word & ~1 == value for word in words] for value in wanted], most))


@pytest.mark.parametrize("rounds", [0, 2])
@pytest.mark.parametrize("many", [2, 128])
@given(drawn=st.data(), most=MOST)
def test_walks_of_links_and_cycles_equal_those_of_each_name(
    rounds: int, many: int, drawn: st.DataObject, most: int
) -> None:
    stored = drawn.draw(st.lists(VALUES, min_size=1, max_size=20))
    index = st.integers(0, len(stored) - 1)
    links = drawn.draw(st.lists(index, min_size=len(stored), max_size=len(stored)))
    buckets = drawn.draw(st.lists(index, min_size=1, max_size=3))
    wanted = drawn.draw(st.lists(VALUES, max_size=6))
    table = SysvHash(0, 4, np.array(buckets, np.uint32), np.array(links, np.uint32))
    hashes = np.array(wanted, np.uint32)
    with patch.multiple(walks, ROUNDS=rounds, MANY=many):
        walk = walk_sysv(table, hashes, np.array(stored, np.uint32), hashes, most)
    starts = [buckets[value % len(buckets)] or -1 for value in wanted]
    found, enough = followed(starts, [link or None for link in links], [[s == v for s in stored] for v in wanted], most)
    if len(walk.unfinished):  # a cycle is gone through once more by a walk alone: that may take more steps
        assert pairs(walk) <= found  # type: ignore[operator]
    else:
        assert pairs(walk) == found
    assert enough or len(walk.unfinished)


@pytest.mark.parametrize("queries", [1, 100])
def test_one_chain_of_8_megabytes_is_searched_at_once(queries: int) -> None:
    """One bucket, two million chain words of another hash; the last one is the only one that ends a chain."""
    chains = np.full(LONG, 2, np.uint32)
    chains[-1] = hash_of_gnu(b"last") | 1
    symbols = Names(b"last\0", np.zeros(LONG + 1, np.intp), np.full(LONG + 1, 4))
    with at_most(SECONDS):
        found = find(gnu_of([1], chains), symbols, packed_names([b"last"] * queries), most_steps=8 << 20)
    assert found.query.tolist() == list(range(len(found.query)))
    assert set(found.symbol.tolist()) == {LONG}
    assert found.complete == (queries == 1)


def test_one_cycle_through_8_megabytes_of_links_is_searched_at_once() -> None:
    """One bucket -> 1 -> 2 -> ... -> the last -> 1."""
    links = np.arange(1, LONG + 1, dtype=np.uint32)
    links[-1] = 1
    table = SysvHash(0, 4, np.array([1], np.uint32), links)
    symbols = Names(b"name\0", np.full(LONG, 4), np.full(LONG, 4))
    with at_most(SECONDS):
        found = find(table, symbols, packed_names([b"last"]), most_steps=8 << 20)
    assert (found.symbol.tolist(), found.complete) == ([], True)


def test_a_long_name_that_many_symbols_share_is_compared_within_the_limit() -> None:
    """131,072 symbols of one name of 64 KB, one hash, one chain: to compare them all is to read 8 GB."""
    count, name = 1 << 17, b"n" * (1 << 16)
    chains = np.full(count, hash_of_gnu(name) & ~1, np.uint32)
    symbols = Names(name + b"\0", np.zeros(count + 1, np.intp), np.full(count + 1, len(name)))
    with at_most(SECONDS):
        found = find(gnu_of([1], chains), symbols, packed_names([name]), most_steps=8 << 20)
    assert 0 < len(found.symbol) < count
    assert set(found.unfinished.tolist()) == {0}


def twins(kind: str, steps: int) -> SymbolTable:
    """Fifty symbols of one hash in one chain, `ab...` and all that has the same hash, and one of another chain."""
    names = [b"".join(b"bA" if number >> bit & 1 else b"ab" for bit in range(6)) for number in range(50)]
    held = tuple(Sym(name) for name in [*names, b"other"])
    elf = Elf(symbols=held, gnu="gnu") if kind == "gnu" else Elf(symbols=held, sysv_words=4)
    with load(build(elf), limits=Limits(lookup_steps=steps)) as image:
        return elfkit.symbols(image)


def test_a_lookup_that_the_limit_cuts_is_an_error_and_not_the_answer_that_nothing_is_there() -> None:
    full, cut = twins("gnu", 1 << 20), twins("gnu", 20)
    last = full.names[max(full.search(full.names[1:]).symbol.tolist(), key=lambda row: chain_place(full, row))]
    assert full.find([last]) >= 0
    with pytest.raises(LimitError, match="lookup_steps allows") as raised:
        cut.find([last])
    assert (raised.value.limit, raised.value.most) == ("lookup_steps", 20)
    for ask in (cut.rows_of, cut.lookup):
        with pytest.raises(LimitError, match=last):
            ask(last)


def chain_place(table: SymbolTable, row: int) -> int:
    place = table.place(table.names[row], row)
    assert place is not None
    return place.position


@pytest.mark.parametrize("kind", ["gnu", "sysv"])
def test_a_search_says_of_each_name_whether_its_chain_was_searched(kind: str) -> None:
    full, none = twins(kind, 1 << 20), twins(kind, 0)
    names = ["other", *full.names[1:]]
    assert full.search(names).complete.all()
    assert (full.search(names).symbol == full.find(names)).all()
    assert (full.search(names).symbol > 0).all()
    assert not none.search(names).complete.any()
    assert (none.search(names).symbol == -1).all()
    assert none.search(["a\0b"]).complete.all()  # no table is asked for it


def test_a_name_that_was_found_within_the_limit_is_an_answer() -> None:
    with load(build(Elf(symbols=(Sym(b"same"),) * 50, gnu="gnu")), limits=Limits(lookup_steps=20)) as image:
        table = elfkit.symbols(image)
    found = table.search(["same"])
    assert (found.symbol[0] > 0, found.complete.tolist()) == (True, [False])
    assert table.find(["same"]).tolist() == found.symbol.tolist()
