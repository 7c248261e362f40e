"""What a file asks of its loader: hash tables, packed relocations, static TLS, held against readelf and pyelftools."""

from pathlib import Path
from struct import pack

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_AARCH64, EM_MIPS
from elfkit.evidence import Certainty
from tests.elfwriter import BASE, Elf, Sym, build, write
from tests.image.proofs import concluded, fixtures, unproven
from tests.image.samples import every_layout

NAMES = {"DT_HASH": "sysv", "DT_GNU_HASH": "gnu"}


@pytest.mark.parametrize("path", fixtures("*"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_tables_are_those_that_pyelftools_sees(path: Path) -> None:
    with path.open("rb") as stream:
        segments = [s for s in ELFFile(stream).iter_segments() if isinstance(s, DynamicSegment)]
        tags = {tag.entry.d_tag: tag.entry.d_val for segment in segments for tag in segment.iter_tags()}
    facts = concluded(path.read_bytes())
    assert set(facts.hash_tables.value) == {NAMES[tag] for tag in tags if tag in NAMES}
    assert facts.packed_relocations.value == (("DT_RELR",) if "DT_RELR" in tags else ())
    assert facts.static_tls.value == bool(tags.get("DT_FLAGS", 0) & 0x10)
    assert facts.versioned.value == ("DT_GNU_VERDEF" in tags or "DT_VERDEF" in tags)


@every_layout
@pytest.mark.parametrize(("words", "gnu", "tables"), [(4, "", ("sysv",)), (0, "gnu", ("gnu",)), (0, "", ())])
def test_hash_tables_are_named_with_their_entries(
    elf_class: int, data: int, words: int, gnu: str, tables: tuple[str, ...]
) -> None:
    content = build(Elf(elf_class, data, sysv_words=words, gnu=gnu, symbols=(Sym(b"greet", value=0x10),)))
    fact = concluded(content).hash_tables
    assert fact.value == tables
    assert len(fact.evidence) == len(tables)
    assert not unproven(content, fact)


def test_the_mips_table_is_known_on_mips_alone() -> None:
    tags = ((dt.DT_MIPS_XHASH, BASE),)
    assert concluded(build(Elf(machine=EM_MIPS, tags=tags))).hash_tables.value == ("mips-xhash",)
    assert concluded(build(Elf(machine=EM_AARCH64, tags=tags))).hash_tables.value == ()


def test_a_file_without_a_symbol_table_leaves_them_unknown() -> None:
    assert concluded(build(Elf(dynamic=False))).hash_tables.certainty is Certainty.UNKNOWN


@pytest.mark.parametrize(
    ("tag", "name"), [(36, "DT_RELR"), (0x6FFFE000, "DT_ANDROID_RELR"), (0x6000000F, ""), (0x60000011, "")]
)
def test_packed_tables_go_by_their_tags(tag: int, name: str) -> None:
    content = build(Elf(tags=((tag, BASE),)))
    assert concluded(content).packed_relocations.value == ((name,) if name else ())


@pytest.mark.parametrize(("tag", "name"), [(0x6000000F, "DT_ANDROID_REL"), (0x60000011, "DT_ANDROID_RELA")])
def test_android_s_tables_begin_with_their_magic(tag: int, name: str) -> None:
    written = write(Elf(tags=((tag, 0),), extra=(("packed", b"APS2" + bytes(8)),)))
    content = written.patched(name, "d_val", BASE + written.blobs["packed"][0])
    assert concluded(content).packed_relocations.value == (name,)


@pytest.mark.parametrize(("flags", "value"), [(0x10, True), (0x18, True), (0x8, False), (0, False)])
def test_static_tls_is_one_bit_of_the_flags(flags: int, value: bool) -> None:  # noqa: FBT001
    content = build(Elf(tags=((dt.DT_FLAGS, flags),)))
    fact = concluded(content).static_tls
    assert fact.value is value
    assert [proof.raw for proof in fact.evidence] == ([pack("<QQ", 30, flags)] if value else [])
