"""Names out of a string table, against ten lines of plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from elfkit.tables.strings import names_at


def name_at(table: bytes, offset: int, longest: int) -> str:
    """The scalar twin."""
    raw = bytearray()
    for byte in table[offset:]:
        if byte == 0 or len(raw) == longest:
            break
        raw.append(byte)
    return raw.decode("utf-8", "surrogateescape")


@given(
    table=st.lists(st.one_of(st.binary(max_size=8), st.just(b"\0"))).map(b"".join),
    offsets=st.lists(st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1))),
    longest=st.integers(1, 10),
)
def test_names_equal_those_of_the_scalar_twin(table: bytes, offsets: list[int], longest: int) -> None:
    expected = [name_at(table, offset, longest) for offset in offsets]
    assert names_at(table, np.array(offsets, np.uint32), longest) == expected


@given(name=st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"")))
def test_a_name_gives_its_bytes_back(name: bytes) -> None:
    (text,) = names_at(b"\0" + name + b"\0", np.array([1], np.uint32), 40)
    assert text.encode("utf-8", "surrogateescape") == name


def test_a_string_that_the_table_cuts_ends_with_it() -> None:
    assert names_at(b"\0abc", np.array([1, 3, 4, 99], np.uint32), 9) == ["abc", "c", "", ""]
