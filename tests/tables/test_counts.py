"""How many symbols there are, by every witness there can be."""

from __future__ import annotations

import dataclasses

import pytest

import elfkit
from elfkit.abi.dynamic import DT_MIPS_SYMTABNO
from elfkit.abi.header import EM_MIPS, EM_S390
from elfkit.evidence import Certainty, Damage
from elfkit.tables.counts import SymbolCount, symbol_count
from tests.elfwriter import Elf, Sym, build, write
from tests.image.proofs import anomalies, at_most, unproven
from tests.image.samples import every_layout, sample

IMPORTS = (Sym(b"puts", shndx=0), Sym(b"exit", shndx=0), Sym(b"free", shndx=0))
EXPORTS = tuple(Sym(f"greet{number}".encode(), value=number) for number in range(9))


def counted(content: bytes) -> SymbolCount:
    with elfkit.load(content) as image:
        count = symbol_count(image)
    assert unproven(content, count) == []
    return count


def exactly(content: bytes, total: int, certainty: Certainty, *sources: str) -> None:
    count = counted(content)
    assert (count.total, count.low, count.high, count.certainty) == (total, total, total, certainty)
    assert tuple(proof.source for proof in count.evidence) == sources
    assert count.anomalies == ()


@every_layout
@pytest.mark.parametrize("exports", [(), EXPORTS[:1], EXPORTS])
def test_dt_hash_states_the_count_in_its_chains(elf_class: int, data: int, exports: tuple[Sym, ...]) -> None:
    content = build(Elf(elf_class=elf_class, data=data, symbols=IMPORTS + exports, sysv_words=4))
    exactly(content, 4 + len(exports), Certainty.STATED, "DT_HASH nchain")


@pytest.mark.parametrize("data", [1, 2])
@pytest.mark.parametrize("size", [4, 8])
def test_the_bytes_of_dt_hash_tell_the_width_of_its_words(data: int, size: int) -> None:
    """s390x has words of 8 bytes by its psABI, and of 4 where lld linked."""
    built = write(Elf(machine=EM_S390, data=data, symbols=IMPORTS + EXPORTS, sysv_words=size))
    exactly(built.data, 13, Certainty.STATED, "DT_HASH nchain")
    (proof,) = counted(built.data).evidence
    assert (proof.offset, len(proof.raw)) == (built.blobs["hash"][0] + size, size)


def test_a_32_bit_file_has_no_words_of_8_bytes() -> None:
    count = counted(build(Elf(elf_class=1, data=2, symbols=EXPORTS, sysv_words=8)))
    assert not [proof for proof in count.evidence if proof.source.endswith("nchain")]
    assert [anomaly.damage for anomaly in count.anomalies] == [Damage.HASHES]


@every_layout
@pytest.mark.parametrize("imports", [(), IMPORTS])
@pytest.mark.parametrize("exports", [EXPORTS[:1], EXPORTS])
def test_a_walk_of_the_gnu_table_derives_the_count(
    elf_class: int, data: int, imports: tuple[Sym, ...], exports: tuple[Sym, ...]
) -> None:
    content = build(Elf(elf_class=elf_class, data=data, symbols=imports + exports, gnu="gnu"))
    exactly(content, 1 + len(imports) + len(exports), Certainty.DERIVED, "DT_GNU_HASH walk")


@every_layout
def test_an_empty_gnu_table_of_lld_and_gold_tells_by_its_symoffset(elf_class: int, data: int) -> None:
    content = build(Elf(elf_class=elf_class, data=data, symbols=IMPORTS, gnu="lld"))
    exactly(content, 4, Certainty.DERIVED, "DT_GNU_HASH symoffset")


@every_layout
def test_an_empty_gnu_table_of_bfd_leaves_the_count_to_what_follows(elf_class: int, data: int) -> None:
    """It says symoffset 1 whatever the count: a lower bound."""
    built = write(Elf(elf_class=elf_class, data=data, symbols=IMPORTS, gnu="bfd"))
    count = counted(built.data)
    assert (count.total, count.certainty) == (len(IMPORTS) + 1, Certainty.DERIVED)
    assert [proof.source for proof in count.evidence] == ["DT_GNU_HASH symoffset", "DT_GNU_HASH"]


def test_a_bfd_table_of_nothing_is_exact() -> None:
    content = build(Elf(gnu="bfd"))
    exactly(content, 1, Certainty.DERIVED, "DT_GNU_HASH symoffset", "DT_GNU_HASH")


def test_all_witnesses_that_agree_are_shown_heaviest_first() -> None:
    tags = ((DT_MIPS_SYMTABNO, 13),)
    content = build(Elf(machine=EM_MIPS, symbols=IMPORTS + EXPORTS, sysv_words=4, gnu="gnu", tags=tags))
    exactly(content, 13, Certainty.STATED, "DT_MIPS_SYMTABNO", "DT_HASH nchain", "DT_GNU_HASH walk")


def test_the_tag_of_mips_says_nothing_on_other_machines() -> None:
    content = build(Elf(symbols=EXPORTS, sysv_words=4, tags=((DT_MIPS_SYMTABNO, 99),)))
    exactly(content, 10, Certainty.STATED, "DT_HASH nchain")


def test_witnesses_that_disagree_are_an_anomaly_and_the_heaviest_wins() -> None:
    content = build(Elf(machine=EM_MIPS, symbols=EXPORTS, sysv_words=4, gnu="gnu", tags=((DT_MIPS_SYMTABNO, 9),)))
    count = counted(content)
    assert (count.total, len(count.anomalies)) == (9, 2)
    found = [anomaly for anomaly in anomalies(content) if anomaly.damage is Damage.SYMBOLS]
    assert [anomaly.detail for anomaly in found] == [
        "DT_HASH nchain says 10 symbols, DT_MIPS_SYMTABNO 9",
        "DT_GNU_HASH walk says 10 symbols, DT_MIPS_SYMTABNO 9",
    ]


@every_layout
def test_without_a_hash_table_what_follows_tells_the_count(elf_class: int, data: int) -> None:
    count = counted(build(Elf(elf_class=elf_class, data=data, symbols=EXPORTS)))
    assert (count.total, count.low, count.high, count.certainty) == (10, 10, 10, Certainty.DERIVED)
    assert [proof.source for proof in count.evidence] == ["DT_STRTAB"]


@every_layout
def test_what_follows_only_bounds_the_count_where_an_entry_before_it_is_no_symbol(elf_class: int, data: int) -> None:
    built = write(Elf(elf_class=elf_class, data=data, symbols=EXPORTS))
    size = (16, 24)[elf_class - 1]
    last = built.blobs["dynsym"][0] + 9 * size
    # the last entry without a name, as padding between two tables looks
    count = counted(built.data[:last] + bytes(size) + built.data[last + size :])
    assert (count.total, count.low, count.high, count.certainty) == (None, 0, 10, Certainty.BOUNDED)


def test_where_nothing_follows_the_segment_bounds_the_count() -> None:
    built = write(Elf(symbols=EXPORTS)).also("DT_STRTAB", "d_val", 0x400000)  # lies before the symbols
    count = counted(built.data)
    start, dynamic = built.blobs["dynsym"][0], built.blobs["dynamic"][0]  # what follows is PT_DYNAMIC
    assert (count.high, count.certainty) == ((dynamic - start) // 24, Certainty.BOUNDED)


def test_a_table_that_is_not_mapped_is_unknown() -> None:
    count = counted(write(Elf(symbols=EXPORTS)).patched("DT_SYMTAB", "d_val", 0x10))
    assert (count.total, count.high, count.certainty) == (None, None, Certainty.UNKNOWN)


def test_a_file_without_a_dynamic_section_has_no_dynamic_symbols() -> None:
    exactly(build(Elf(dynamic=False)), 0, Certainty.DERIVED)


# name of the field's place in a DT_HASH or DT_GNU_HASH head, and its value
HOSTILE = [
    ("hash", 0, 0),  # nbucket
    ("hash", 0, 2**31),
    ("hash", 0, 2**32 - 1),
    ("hash", 4, 0),  # nchain
    ("hash", 4, 2**32 - 1),
    ("gnu_hash", 0, 0),  # nbuckets
    ("gnu_hash", 0, 2**31),
    ("gnu_hash", 0, 2**32 - 1),
    ("gnu_hash", 4, 2**31),  # symoffset beyond every bucket
    ("gnu_hash", 8, 2**31),  # bloom_size
    ("gnu_hash", 8, 2**32 - 1),
]


@every_layout
@pytest.mark.parametrize(("table", "within", "value"), HOSTILE)
def test_a_table_that_cannot_be_is_no_witness(elf_class: int, data: int, table: str, within: int, value: int) -> None:
    kind = {"sysv_words": 4} if table == "hash" else {"gnu": "gnu"}
    built = write(dataclasses.replace(Elf(elf_class, data, symbols=EXPORTS), **kind))
    raw = value.to_bytes(4, "little" if data == 1 else "big")
    at = built.blobs[table][0] + within
    with at_most(2):
        count = counted(built.data[:at] + raw + built.data[at + 4 :])
    assert (count.total, count.certainty) == (10, Certainty.DERIVED)
    assert not any(proof.source.endswith(("nchain", "walk")) for proof in count.evidence)


def test_a_hash_table_that_cannot_be_is_an_anomaly() -> None:
    built = write(Elf(symbols=EXPORTS, sysv_words=4))
    at = built.blobs["hash"][0] + 4  # nchain
    found = anomalies(built.data[:at] + b"\xff" * 4 + built.data[at + 4 :])
    assert [anomaly.damage for anomaly in found] == [Damage.HASHES]


@pytest.mark.parametrize(
    "elf",
    [
        pytest.param(Elf(machine=EM_MIPS, symbols=EXPORTS, tags=((DT_MIPS_SYMTABNO, 2**31),)), id="DT_MIPS_SYMTABNO"),
        pytest.param(Elf(symbols=IMPORTS, gnu="lld"), id="symoffset"),
    ],
)
def test_a_count_beyond_the_segment_is_an_anomaly_and_no_count(elf: Elf) -> None:
    built = write(elf)
    content = built.data
    if elf.gnu:
        at = built.blobs["gnu_hash"][0] + 4  # symoffset
        content = content[:at] + (2**31).to_bytes(4, "little") + content[at + 4 :]
    count = counted(content)
    assert count.anomalies
    assert count.total is None or count.total * 24 <= len(content)


def test_a_count_is_published_with_its_bounds() -> None:
    published = counted(build(Elf(symbols=EXPORTS))).to_dict()
    evidence = published.pop("evidence")
    assert published == {"count": 10, "low": 10, "high": 10, "certainty": "derived"}
    assert [item["source"] for item in evidence] == ["DT_STRTAB"]


@every_layout
def test_the_sample_has_as_many_symbols_as_it_was_built_with(elf_class: int, data: int) -> None:
    exactly(sample(elf_class, data).data, 5, Certainty.STATED, "DT_HASH nchain", "DT_GNU_HASH walk")
