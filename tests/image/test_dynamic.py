"""The dynamic section, by commented bytes."""

from __future__ import annotations

import pytest

import elfkit
from elfkit.evidence import Anomaly, Damage
from elfkit.image.image import load
from elfkit.limits import Limits
from tests.elfwriter import Elf, Written, build, patch, write
from tests.image.proofs import anomalies, at_most
from tests.image.samples import every_layout, sample


def only(content: bytes) -> Anomaly:
    (found,) = anomalies(content)
    return found


def entry(built: Written, name: str) -> tuple[int, bytes]:
    """Offset and bytes of one entry."""
    offset, _ = built.places[name]
    size = 2 * built.place(name, "d_val")[1]
    return offset, built.data[offset : offset + size]


@every_layout
def test_entries_are_read_as_they_were_built(elf_class: int, data: int) -> None:
    with elfkit.load(sample(elf_class, data).data) as image:
        dynamic = image.dynamic
    assert dynamic is not None
    assert [tag for tag, _ in dynamic.entries] == [1, 1, 14, 29, 6, 4, 0x6FFFFEF5, 5, 10]
    assert dynamic.terminated
    assert dynamic.all(1) == [1, 1 + len("libgreet.so") + 1]
    assert dynamic.values[1] == 13


@every_layout
def test_a_dynamic_segment_outside_every_load_is_read_at_its_offset(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    content = built.patched("PT_DYNAMIC", "p_vaddr", 0x10)
    found = only(content)
    assert (found.damage, found.evidence.source) == (Damage.DYNAMIC, "PT_DYNAMIC p_vaddr")
    assert found.evidence.offset == built.place("PT_DYNAMIC", "p_vaddr")[0]
    with elfkit.load(content) as image:
        assert elfkit.inspect(image).needed.value == ("libgreet.so", "libc.so")


def test_a_dynamic_segment_is_read_where_its_address_is_mapped() -> None:
    content = sample().patched("PT_DYNAMIC", "p_offset", 0)  # the loader never looks at it
    with elfkit.load(content) as image:
        assert elfkit.inspect(image).soname.value == "libself.so"


@every_layout
def test_entries_without_dt_null_are_an_anomaly_and_all_are_read(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    entries = 10
    size = 8 * elf_class
    content = built.patched("PT_DYNAMIC", "p_filesz", (entries - 1) * size)  # leaves DT_NULL out
    found = only(content)
    assert "no DT_NULL" in found.detail
    assert found.evidence.source == "PT_DYNAMIC p_filesz"
    with elfkit.load(content) as image:
        assert image.dynamic is not None
        assert len(image.dynamic.entries) == entries - 1


def test_nothing_after_dt_null_is_read() -> None:
    content = sample().patched("DT_RUNPATH", "d_tag", 0)
    with elfkit.load(content) as image:
        facts = elfkit.inspect(image)
    assert (facts.soname.value, facts.runpath.value) == (None, None)  # no DT_STRTAB either: it comes later
    assert facts.anomalies == ()


@every_layout
@pytest.mark.parametrize("name", ["DT_STRTAB", "DT_SYMTAB"])
def test_a_table_at_an_address_that_is_not_mapped_is_an_anomaly(elf_class: int, data: int, name: str) -> None:
    built = sample(elf_class, data).also(name, "d_val", 0x10)
    found = only(built.data)
    offset, raw = entry(built, name)
    assert (found.evidence.source, found.evidence.offset, found.evidence.raw) == (name, offset, raw)
    assert (found.evidence.value, found.assumed) == (0x10, "its table is unknown")


def test_without_a_string_table_names_are_unknown() -> None:
    with elfkit.load(sample().patched("DT_STRTAB", "d_val", 0x10)) as image:
        facts = elfkit.inspect(image)
        assert image.string(1) is None
    assert facts.needed.value == ()
    assert (facts.soname.value, facts.soname.certainty.value) == (None, "unknown")


@every_layout
@pytest.mark.parametrize("name", ["DT_NEEDED", "DT_SONAME", "DT_RUNPATH"])
@pytest.mark.parametrize("beyond", [0, 1, 1000])
def test_a_name_beyond_the_string_table_is_an_anomaly(elf_class: int, data: int, name: str, beyond: int) -> None:
    first = sample(elf_class, data)
    built = first.also(name, "d_val", first.blobs["dynstr"][1] + beyond)
    found = only(built.data)
    assert found.evidence[:3] == (name, *entry(built, name))
    assert found.assumed == "the name is unknown"


def test_a_size_that_cuts_the_string_table_makes_the_names_beyond_unknown() -> None:
    content = sample().patched("DT_STRSZ", "d_val", 14)  # ends inside "libc.so"
    with elfkit.load(content) as image:
        assert elfkit.inspect(image).needed.value == ("libgreet.so",)
    assert {anomaly.evidence.source for anomaly in anomalies(content)} == {"DT_SONAME", "DT_RUNPATH"}


def test_a_name_without_end_is_unknown() -> None:
    built = write(Elf(needed=(b"libc.so",)))
    offset, size = built.blobs["dynstr"]
    with elfkit.load(patch(built.data, offset + size - 1, b"!")) as image:
        assert image.string(1) is None
        assert elfkit.inspect(image).needed.value == ()


@pytest.mark.parametrize("padding", [0, 70_000], ids=["small table", "table read name by name"])
@pytest.mark.parametrize("length", [4096, 4097])
def test_a_name_is_read_up_to_the_limit(length: int, padding: int) -> None:
    content = build(Elf(needed=(b"n" * length, b"p" * padding)))
    with elfkit.load(content) as image:
        name = image.string(1)
    assert name == ("n" * length if length <= 4096 else None)


def test_a_name_that_is_no_utf_8_keeps_its_bytes() -> None:
    with elfkit.load(build(Elf(needed=(b"lib\xff\x1b[31m.so",)))) as image:
        (name,) = elfkit.inspect(image).needed.value
    assert name.encode("utf-8", "surrogateescape") == b"lib\xff\x1b[31m.so"


@pytest.mark.parametrize("offset", [-1, 2**31, 2**70])
def test_a_string_outside_the_table_is_none(offset: int) -> None:
    with elfkit.load(sample().data) as image:
        assert image.string(offset) is None
        assert image.string_offset(offset) is None


def test_a_file_without_pt_dynamic_has_none() -> None:
    with elfkit.load(build(Elf(dynamic=False))) as image:
        assert image.dynamic is None
        assert image.string(0) is None
        assert image.dynamic_evidence(1) == ()


def test_an_empty_pt_dynamic_counts_as_none() -> None:
    with elfkit.load(sample().patched("PT_DYNAMIC", "p_filesz", 0)) as image:
        assert image.dynamic is None


def test_no_more_entries_are_read_than_the_limit_allows() -> None:
    content = build(Elf(tags=((0x6FFFFEF6, 0),) * 100))
    with load(content, limits=Limits(dynamic_entries=10)) as image:
        assert image.dynamic is not None
        assert len(image.dynamic.entries) == 10
        assert [anomaly.damage for anomaly in image.anomalies] == [Damage.LIMIT]


def test_a_dynamic_section_of_2_to_the_63_bytes_is_cut_to_the_file() -> None:
    with at_most(2):
        found = anomalies(sample().patched("PT_DYNAMIC", "p_filesz", 2**63))
    assert [anomaly.damage for anomaly in found] == [Damage.TRUNCATED]


@every_layout
def test_a_tag_is_evidence_with_the_bytes_of_its_entry(elf_class: int, data: int) -> None:
    built = sample(elf_class, data)
    with elfkit.load(built.data) as image:
        first, second = image.dynamic_evidence(1)
    offset, raw = entry(built, "DT_NEEDED")
    assert first == ("DT_NEEDED", offset, raw, 1, "")
    assert second.offset == offset + 8 * elf_class
