"""Each parser of a table, on whatever bytes: it ends, and what it says is proved by the bytes it names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elfkit
from elfkit.abi import dynamic as dt
from elfkit.image.image import load
from elfkit.tables.relocations import read_relocations
from elfkit.tables.symbols import read_symbols
from elfkit.tables.verification import verify_hashes
from elfkit.tables.versions import read_versions
from tests.elfwriter import LAYOUTS, Elf, Note, Sym, write
from tests.image.proofs import at_most, unproven
from tests.tables.relocationwriter import with_table

WORDS = st.sampled_from([0, 1, 2, 3, 16, 0xFF, 0xFFFF, 2**31, 2**32 - 1])
# numbers of four bytes in either order, among bytes of any value: counts and offsets are more often small than not
TABLE = st.one_of(
    st.binary(max_size=200),
    st.lists(st.one_of(WORDS, st.integers(0, 2**32 - 1)), max_size=40).map(
        lambda words: b"".join(word.to_bytes(4, "little") for word in words)
    ),
    st.lists(WORDS, max_size=40).map(lambda words: b"".join(word.to_bytes(4, "big") for word in words)),
)
EXPORTS = tuple(Sym(f"greet{number}".encode()) for number in range(3))
COUNTS = st.sampled_from([0, 1, 3, 2**32 - 1])
SIZED = {
    "DT_REL": (dt.DT_REL, dt.DT_RELSZ),
    "DT_RELA": (dt.DT_RELA, dt.DT_RELASZ),
    "DT_JMPREL": (dt.DT_JMPREL, dt.DT_PLTRELSZ),
    "DT_RELR": (dt.DT_RELR, dt.DT_RELRSZ),
    "DT_ANDROID_RELA": (dt.DT_ANDROID_RELA, dt.DT_ANDROID_RELASZ),
    "DT_VERNEED": (dt.DT_VERNEED, dt.DT_VERNEEDNUM),
    "DT_VERDEF": (dt.DT_VERDEF, dt.DT_VERDEFNUM),
    "DT_VERSYM": (dt.DT_VERSYM, None),
    "DT_HASH": (dt.DT_HASH, None),
    "DT_GNU_HASH": (dt.DT_GNU_HASH, None),
    "DT_SYMTAB": (dt.DT_SYMTAB, None),
    "DT_STRTAB": (dt.DT_STRTAB, dt.DT_STRSZ),
}


def read_whole(content: bytes) -> None:
    """Every table of a file; what is said of it stands in the file."""
    with at_most(10), load(content) as image:
        table = read_symbols(image)
        said = [*table.anomalies, *verify_hashes(image, table), *read_versions(image, len(table)).anomalies]
        for relocations in read_relocations(image):
            said += relocations.anomalies
            assert len(relocations.offset) == len(relocations.type) == len(relocations.symbol)
        assert len(list(table)) == len(table)
        said += elfkit.inspect(image).anomalies
    assert unproven(content, said) == []


@pytest.mark.parametrize("name", SIZED)
@settings(max_examples=60)
@given(raw=TABLE, where=st.sampled_from(LAYOUTS), count=COUNTS, packed=st.booleans())
def test_a_table_of_any_bytes_is_read_in_bounds(
    name: str, raw: bytes, where: tuple[int, int], count: int, *, packed: bool
) -> None:
    tag, size_tag = SIZED[name]
    body = b"APS2" + raw if packed and "ANDROID" in name else raw
    chained = name in ("DT_VERNEED", "DT_VERDEF")
    tags: dict[int, int | None] = {tag: None}
    if size_tag is not None:
        tags[size_tag] = count if chained or packed else len(body)
    read_whole(with_table(body, tags, Elf(*where, symbols=EXPORTS)).data)


@settings(max_examples=60)
@given(raw=TABLE, where=st.sampled_from(LAYOUTS), align=st.sampled_from([0, 4, 8, 2**31]))
def test_notes_of_any_bytes_are_read_in_bounds(raw: bytes, where: tuple[int, int], align: int) -> None:
    built = write(Elf(*where, notes=(Note(b"GNU", 3, raw),)))
    start, size = built.blobs["notes"]
    content = built.patched("PT_NOTE", "p_align", align)
    read_whole(content[:start] + (raw + bytes(size))[:size] + content[start + size :])
