"""The records: pinned against the specifications, and the derived readers against construct's own parser."""

from struct import Struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.formats.layout import DECLARATIONS, Layout, Record, format_code, layout
from elfkit.formats.words import words
from tests.elfwriter import LAYOUTS

# Fields with their bytes, in file order: the gABI's Elf32_* and Elf64_* ("ELF Header", "Program Header", "Sections",
# "Dynamic Section", "Symbol Table", "Relocation", "Hash Table", "Note Section"), the LSB ("Symbol Versioning"),
# binutils' elflink.c for DT_GNU_HASH, MIPS O32 ABI - FR0 and FR1 Interlinking for the flags, the LSB ("Exception
# Frames") and EHABI32 ("Index table entries") for unwinding, glibc's sysdeps/generic/dl-cache.h for ld.so.cache.
# A field marked * is 4 bytes wide in ELFCLASS32 and 8 in ELFCLASS64.
EHDR = """e_ident:16 e_type:2 e_machine:2 e_version:4 e_entry:* e_phoff:* e_shoff:* e_flags:4
          e_ehsize:2 e_phentsize:2 e_phnum:2 e_shentsize:2 e_shnum:2 e_shstrndx:2"""
SHDR = """sh_name:4 sh_type:4 sh_flags:* sh_addr:* sh_offset:* sh_size:* sh_link:4 sh_info:4
          sh_addralign:* sh_entsize:*"""
ABIFLAGS = """version:2 isa_level:1 isa_rev:1 gpr_size:1 cpr1_size:1 cpr2_size:1 fp_abi:1
              isa_ext:4 ases:4 flags1:4 flags2:4"""
CACHE_NEW = "magic:17 version:3 nlibs:4 len_strings:4 flags:1 padding:3 extension_offset:4 unused:12"
SPECIFIED = {
    "ehdr": (EHDR, EHDR),
    "phdr": (
        "p_type:4 p_offset:4 p_vaddr:4 p_paddr:4 p_filesz:4 p_memsz:4 p_flags:4 p_align:4",
        "p_type:4 p_flags:4 p_offset:8 p_vaddr:8 p_paddr:8 p_filesz:8 p_memsz:8 p_align:8",
    ),
    "shdr": (SHDR, SHDR),
    "dyn": ("d_tag:*  d_val:*",) * 2,
    "sym": (
        "st_name:4 st_value:4 st_size:4 st_info:1 st_other:1 st_shndx:2",
        "st_name:4 st_info:1 st_other:1 st_shndx:2 st_value:8 st_size:8",
    ),
    "sysv_hash": ("nbucket:4 nchain:4",) * 2,
    "sysv_hash_wide": ("nbucket:8 nchain:8",) * 2,
    "gnu_hash": ("nbuckets:4 symoffset:4 bloom_size:4 bloom_shift:4",) * 2,
    "rel": ("r_offset:* r_info:*",) * 2,
    "rela": ("r_offset:* r_info:* r_addend:*",) * 2,
    "verneed": ("vn_version:2 vn_cnt:2 vn_file:4 vn_aux:4 vn_next:4",) * 2,
    "vernaux": ("vna_hash:4 vna_flags:2 vna_other:2 vna_name:4 vna_next:4",) * 2,
    "verdef": ("vd_version:2 vd_flags:2 vd_ndx:2 vd_cnt:2 vd_hash:4 vd_aux:4 vd_next:4",) * 2,
    "verdaux": ("vda_name:4 vda_next:4",) * 2,
    "nhdr": ("n_namesz:4 n_descsz:4 n_type:4",) * 2,
    "mips_abiflags": (ABIFLAGS, ABIFLAGS),
    "mips_option": ("kind:1 size:1 section:2 info:4",) * 2,
    "eh_frame_hdr": ("version:1 eh_frame_ptr_enc:1 fde_count_enc:1 table_enc:1",) * 2,
    "eh_frame_record": ("length:4 cie_id:4",) * 2,
    "exidx": ("function:4 action:4",) * 2,
    "cache_file": ("magic:11 padding:1 nlibs:4",) * 2,
    "file_entry": ("flags:4 key:4 value:4",) * 2,
    "cache_file_new": (CACHE_NEW, CACHE_NEW),
    "file_entry_new": ("flags:4 key:4 value:4 osversion:4 hwcap:8",) * 2,
    "cache_extension": ("magic:4 count:4",) * 2,
    "cache_extension_section": ("tag:4 flags:4 offset:4 size:4",) * 2,
}
SIZES = {
    "ehdr": (52, 64),
    "phdr": (32, 56),
    "shdr": (40, 64),
    "dyn": (8, 16),
    "sym": (16, 24),
    "sysv_hash": (8, 8),
    "sysv_hash_wide": (16, 16),
    "gnu_hash": (16, 16),
    "rel": (8, 16),
    "rela": (12, 24),
    "verneed": (16, 16),
    "vernaux": (16, 16),
    "verdef": (20, 20),
    "verdaux": (8, 8),
    "nhdr": (12, 12),
    "mips_abiflags": (24, 24),
    "mips_option": (8, 8),
    "eh_frame_hdr": (4, 4),
    "eh_frame_record": (8, 8),
    "exidx": (8, 8),
    "cache_file": (16, 16),
    "file_entry": (12, 12),
    "cache_file_new": (48, 48),
    "file_entry_new": (24, 24),
    "cache_extension": (8, 8),
    "cache_extension_section": (16, 16),
}

EVERY = [(name, *where) for name in DECLARATIONS for where in LAYOUTS]
every_record = pytest.mark.parametrize(("name", "elf_class", "data"), EVERY)


def record_of(name: str, elf_class: int, data: int) -> Record:
    record = getattr(layout(elf_class, data), name)
    assert isinstance(record, Record)
    return record


def parsed(name: str, elf_class: int, data: int, raw: bytes) -> dict[str, Any]:
    """What construct itself reads."""
    container = DECLARATIONS[name](words(elf_class, data)).parse(raw)
    return {key: value for key, value in container.items() if key != "_io"}


def test_every_record_is_pinned() -> None:
    assert set(DECLARATIONS) <= set(SIZES)
    assert set(SIZES) == set(SPECIFIED)
    assert set(DECLARATIONS) <= set(Layout.__dataclass_fields__)


@every_record
def test_a_record_has_the_size_of_the_specification(name: str, elf_class: int, data: int) -> None:
    expected = SIZES[name][elf_class - 1]
    record = record_of(name, elf_class, data)
    assert record.size == record.dtype.itemsize == expected
    assert DECLARATIONS[name](words(elf_class, data)).sizeof() == expected


@every_record
def test_a_field_lies_where_the_specification_puts_it(name: str, elf_class: int, data: int) -> None:
    offset, expected = 0, {}
    for field in SPECIFIED[name][elf_class - 1].split():
        label, width = field.split(":")
        size = 4 * elf_class if width == "*" else int(width)
        expected[label] = (offset, size)
        offset += size
    record = record_of(name, elf_class, data)
    assert record.spans == expected
    fields = record.dtype.fields
    assert fields is not None
    assert {label: (at, dtype.itemsize) for label, (dtype, at, *_) in fields.items()} == expected


@every_record
@given(content=st.data())
def test_derived_reader_reads_what_construct_parses(
    name: str, elf_class: int, data: int, content: st.DataObject
) -> None:
    record = record_of(name, elf_class, data)
    raw = content.draw(st.binary(min_size=record.size, max_size=record.size))
    expected = parsed(name, elf_class, data, raw)
    assert dict(zip(record.codes, record.reader.unpack(raw), strict=True)) == expected
    row = np.frombuffer(raw, record.dtype)[0]
    assert {
        label: row[label].tobytes() if isinstance(value, bytes) else row[label].item()
        for label, value in expected.items()
    } == expected


@every_record
@given(content=st.data())
def test_reader_and_builder_are_inverse(name: str, elf_class: int, data: int, content: st.DataObject) -> None:
    record = record_of(name, elf_class, data)
    raw = content.draw(st.binary(min_size=record.size, max_size=record.size))
    values = dict(zip(record.codes, record.reader.unpack(raw), strict=True))
    assert DECLARATIONS[name](words(elf_class, data)).build(values) == raw


@pytest.mark.parametrize(("elf_class", "data"), LAYOUTS)
def test_scalars_have_the_width_and_order_of_their_class(elf_class: int, data: int) -> None:
    records = layout(elf_class, data)
    assert (records.elf_class, records.data, records.word_size) == (elf_class, data, 4 * elf_class)
    types, order = words(elf_class, data), "<" if data == 1 else ">"
    assert records.order == order
    widths = {"half": "H", "word": "I", "sword": "i", "xword": "IQ", "sxword": "iq", "addr": "IQ", "off": "IQ"}
    for name, codes in widths.items():
        code = codes[(elf_class - 1) * (len(codes) - 1)]
        raw = bytes(range(0xF1, 0xF1 + Struct(order + code).size))
        assert getattr(types, name).parse(raw) == Struct(order + code).unpack(raw)[0], name
    assert types.wide is (elf_class == 2)


def test_a_layout_is_made_once() -> None:
    assert layout(2, 1) is layout(2, 1)
    assert len({id(layout(*where)) for where in LAYOUTS}) == 4


def test_the_tag_of_a_dynamic_entry_is_signed_and_its_value_is_not() -> None:
    assert layout(2, 2).dyn.reader.unpack(b"\xff" * 16) == (-1, 2**64 - 1)
    assert layout(1, 1).dyn.reader.unpack(b"\xff" * 8) == (-1, 2**32 - 1)


def test_codes_are_spelled_by_width_alone() -> None:
    """construct spells Int32 "L", which the host's C compiler may take for eight bytes."""
    fields = {field.name: field for field in DECLARATIONS["mips_abiflags"](words(1, 1)).subcons}
    spelled = {name: format_code(field) for name, field in fields.items()}
    assert (spelled["version"], spelled["fp_abi"], spelled["ases"]) == ("H", "B", "I")
    assert format_code(DECLARATIONS["ehdr"](words(1, 1)).subcons[0]) == "16s"
