"""Symbol versions: chains built by construct, read back; and chains that no linker wrote."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.evidence import Damage
from elfkit.formats.versions import verdaux, verdef, vernaux, verneed
from elfkit.formats.words import words
from elfkit.tables.versions import HEAD_BYTES, Versions, read_versions
from tests.elfwriter import BASE, LAYOUTS, Elf, Sym, Written, write
from tests.image.proofs import at_most, unproven
from tests.image.samples import every_layout

NAMES = (b"libc.so.6", b"LIBC_1", b"LIBC_2", b"libm.so.6", b"LIBM_1", b"GREET_1", b"GREET_2")
EXPORTS = tuple(Sym(f"greet{number}".encode(), value=number) for number in range(4))


class Need(NamedTuple):
    """A needed file and its versions as (name, number)."""

    file: bytes
    versions: tuple[tuple[bytes, int], ...]


NEEDS = (Need(b"libc.so.6", ((b"LIBC_1", 4), (b"LIBC_2", 5))), Need(b"libm.so.6", ((b"LIBM_1", 6),)))
DEFINED = ((b"GREET_1", 2), (b"GREET_2", 3))


def needs_table(elf: Elf, needs: tuple[Need, ...], at: dict[bytes, int]) -> bytes:
    """DT_VERNEED: each file's record, and behind it those of its versions."""
    types, out = words(elf.elf_class, elf.data), b""
    for number, need in enumerate(needs):
        size = 16 * (1 + len(need.versions))
        last = number + 1 == len(needs)
        head = {"vn_version": 1, "vn_cnt": len(need.versions), "vn_file": at[need.file], "vn_aux": 16}
        out += verneed(types).build(head | {"vn_next": 0 if last else size})
        for place, (name, version) in enumerate(need.versions):
            aux = {"vna_hash": 7, "vna_flags": 0, "vna_other": version, "vna_name": at[name]}
            out += vernaux(types).build(aux | {"vna_next": 16 if place + 1 < len(need.versions) else 0})
    return out


def definitions(elf: Elf, defined: tuple[tuple[bytes, int], ...], at: dict[bytes, int]) -> bytes:
    """DT_VERDEF: each version's record, and behind it the one that names it."""
    types, out = words(elf.elf_class, elf.data), b""
    for number, (name, index) in enumerate(defined):
        step = 28 if number + 1 < len(defined) else 0
        head = {"vd_version": 1, "vd_flags": 0, "vd_ndx": index, "vd_cnt": 1, "vd_hash": 9, "vd_aux": 20}
        out += verdef(types).build(head | {"vd_next": step})
        out += verdaux(types).build({"vda_name": at[name], "vda_next": 0})
    return out


def versioned(
    elf_class: int = 2,
    data: int = 1,
    *,
    numbers: tuple[int, ...] = (0, 2, 0x8003, 3, 1),
    needs: bytes | None = None,
    counts: tuple[int, int] = (2, 2),
) -> Written:
    """A library of four exports with all three tables; `needs` in place of what DT_VERNEED would hold."""
    elf = Elf(elf_class, data, needed=NAMES, symbols=EXPORTS, sysv_words=4)
    at = {name: 1 + sum(len(other) + 1 for other in NAMES[:place]) for place, name in enumerate(NAMES)}
    order: Literal["little", "big"] = "little" if data == 1 else "big"
    blobs = [
        ("versym", b"".join(number.to_bytes(2, order) for number in numbers)),
        ("verdef", definitions(elf, DEFINED, at)),
        ("verneed", needs_table(elf, NEEDS, at) if needs is None else needs),
    ]
    tags: tuple[tuple[int, int], ...] = ((dt.DT_VERSYM, 0), (dt.DT_VERDEF, 0), (dt.DT_VERNEED, 0))
    more = ((dt.DT_VERDEFNUM, counts[0]), (dt.DT_VERNEEDNUM, counts[1]))
    first = write(
        Elf(elf_class, data, needed=NAMES, symbols=EXPORTS, sysv_words=4, tags=tags + more, extra=tuple(blobs))
    )
    for name, blob in (("DT_VERSYM", "versym"), ("DT_VERDEF", "verdef"), ("DT_VERNEED", "verneed")):
        first = first.also(name, "d_val", BASE + first.blobs[blob][0])
    return first


def read(content: bytes, count: int = 5) -> Versions:
    with at_most(5), elfkit.load(content) as image:
        versions = read_versions(image, count)
    assert unproven(content, versions.anomalies) == []
    return versions


def needed(versions: Versions) -> list[tuple[str | None, str | None, int]]:
    return [(row.file, row.name, row.number) for row in versions.needed]


@every_layout
def test_versions_are_those_that_were_built(elf_class: int, data: int) -> None:
    versions = read(versioned(elf_class, data).data)
    assert versions.anomalies == ()
    assert versions.versym.tolist() == [0, 2, 0x8003, 3, 1]
    assert versions.versym.dtype == np.uint16
    assert needed(versions) == [
        ("libc.so.6", "LIBC_1", 4),
        ("libc.so.6", "LIBC_2", 5),
        ("libm.so.6", "LIBM_1", 6),
    ]
    assert [(row.name, row.number, row.hash) for row in versions.defined] == [("GREET_1", 2, 9), ("GREET_2", 3, 9)]
    assert versions.names() == {4: "LIBC_1", 5: "LIBC_2", 6: "LIBM_1", 2: "GREET_1", 3: "GREET_2"}


@every_layout
def test_symbols_bear_the_versions_that_versym_says(elf_class: int, data: int) -> None:
    with elfkit.load(versioned(elf_class, data).data) as image:
        table = elfkit.symbols(image)
    assert table.versions == [None, "GREET_1", "GREET_2", "GREET_2", None]
    assert table.default.tolist() == [True, True, False, True, True]
    assert [(row.name, row.version, row.default) for row in table.lookup("greet1")] == [("greet1", "GREET_2", False)]


def test_of_several_versions_of_a_name_the_default_one_is_found() -> None:
    same = tuple(Sym(b"greet", value=number) for number in range(1, 5))
    content = versioned(numbers=(0, 0x8002, 3, 0x8002, 0x8002)).data
    for kind in ({"sysv_words": 4}, {"gnu": "gnu"}):
        extra = (("versym", b"".join(number.to_bytes(2, "little") for number in (0, 0x8002, 3, 0x8002, 0x8002))),)
        elf = Elf(symbols=same, tags=((dt.DT_VERSYM, 0),), extra=extra, **kind)
        built = write(elf)
        content = built.patched("DT_VERSYM", "d_val", BASE + built.blobs["versym"][0])
        with elfkit.load(content) as image:
            table = elfkit.symbols(image)
        assert len(table.lookup("greet")) == 4
        assert table.value[table.find(["greet"])].tolist() == [2]


@given(
    layout=st.sampled_from(LAYOUTS),
    field=st.sampled_from(["vn_cnt", "vn_aux", "vn_next"]),
    which=st.integers(0, 1),
    value=st.one_of(st.integers(0, 70), st.integers(0, 2**32 - 1)),
)
def test_walk_of_versions_always_ends(layout: tuple[int, int], field: str, which: int, value: int) -> None:
    built = versioned(*layout)
    start = built.blobs["verneed"][0] + (0, 48)[which]
    content = Written(built.data, built.order, built.types, {"need": (start, verneed)}, {}).patched(
        "need", field, value
    )
    versions = read(content)
    assert len(versions.needed) <= len(content) // 16
    assert len(versions.anomalies) <= 2


def words_of(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


# vn_version 1 and vn_cnt 1 | vn_file | vn_aux | vn_next, then a Vernaux: hash | flags and other | name | next
AUX = words_of(7, 4 << 16, 1, 0)
CHAINS = {
    # vn_next 0 though DT_VERNEEDNUM is 2
    "next is 0": (words_of(1 | 1 << 16, 1, 16, 0) + AUX, 2, 1, "the chain ends after 1 of 2"),
    # vn_next 8 leads into the record itself
    "next leads into itself": (words_of(1 | 1 << 16, 1, 16, 8) + AUX, 2, 1, "the chain ends after 1 of 2"),
    # vn_next -32: read as what it is, unsigned, it lies beyond everything
    "next leads backwards": (words_of(1 | 1 << 16, 1, 16, 2**32 - 32) + AUX, 2, 1, "record 1 of 2 lies beyond"),
    # DT_VERNEEDNUM 2^32 over one record
    "a count of 2^32": (words_of(1 | 1 << 16, 1, 16, 0) + AUX, 2**32, 1, "the chain ends after 1 of 4294967296"),
    # vn_cnt 65535, one Vernaux
    "more versions than there are": (words_of(1 | 65535 << 16, 1, 16, 0) + AUX, 1, 1, "ends after 1 of 65535"),
    # vn_aux beyond the file
    "versions beyond the file": (words_of(1 | 1 << 16, 1, 2**31, 0) + AUX, 1, 0, "record 0 of 1 lies beyond"),
}


@pytest.mark.parametrize("case", CHAINS)
def test_a_chain_that_breaks_is_an_anomaly_where_it_does(case: str) -> None:
    raw, count, read_until, detail = CHAINS[case]
    built = versioned(needs=raw, counts=(2, count))
    versions = read(built.data)
    assert len(versions.needed) == read_until
    (anomaly,) = versions.anomalies
    assert detail in anomaly.detail
    assert anomaly.damage is Damage.VERSIONS
    assert anomaly.evidence.offset is not None


def test_files_that_share_their_versions_cost_no_more_than_the_table_has_room_for() -> None:
    """4,000 Verneed records in a chain; each claims the 4,000 records from its own place on as its versions."""
    count = 4000
    raw = b"".join(words_of(1 | count << 16, 1, 16, 16) for _ in range(2 * count))
    built = versioned(needs=raw, counts=(2, count))
    versions = read(built.data)
    assert len(versions.needed) <= len(built.data) // 16
    assert [anomaly.detail for anomaly in versions.anomalies] == [
        "the files that are needed share their records of versions"
    ]


def test_a_versym_table_shorter_than_the_symbols_is_an_anomaly() -> None:
    """Its segment ends after two entries: the three other symbols have no version."""
    built = versioned()
    start = built.blobs["code"][0]
    content = built.also("DT_VERSYM", "d_val", BASE + start).patched("PT_LOAD code", "p_filesz", 4)
    versions = read(content)
    assert len(versions.versym) == 2
    (anomaly,) = versions.anomalies
    assert anomaly.detail == "DT_VERSYM holds 2 versions, there are 5 symbols"
    with elfkit.load(content) as image:
        table = elfkit.symbols(image)
    assert len(table.versions) == len(table.default) == 5
    assert table.versions[2:] == [None] * 3


def test_a_table_behind_the_bytes_that_are_read_at_once_is_read_too() -> None:
    """The second file's record lies further on than one read takes."""
    far = HEAD_BYTES + 12
    raw = words_of(1 | 1 << 16, 1, 16, far) + AUX
    raw += bytes(far - len(raw)) + words_of(1 | 1 << 16, 1, 16, 0) + AUX
    assert len(read(versioned(needs=raw).data).needed) == 2


def test_without_tables_there_are_no_versions() -> None:
    with elfkit.load(write(Elf(symbols=EXPORTS, sysv_words=4)).data) as image:
        versions = read_versions(image, 5)
    assert (len(versions.versym), versions.needed, versions.defined, versions.anomalies) == (0, (), (), ())
