"""The index of ARM's exception tables, held against pyelftools, and entries of .ARM.extab written by hand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.abi.header import EM_AARCH64, EM_ARM
from elfkit.abi.segments import PT_ARM_EXIDX
from elfkit.tables.exidx import exception_entry_size, read_exception_index
from tests.elfwriter import BASE, Elf, Written, write
from tests.image.proofs import FIXTURES, at_most

FILES = sorted(FIXTURES.glob("arm*/libgreet.so")) + sorted(FIXTURES.glob("arm*/hello"))


def unwound(elf_class: int, data: int, index: bytes, table: bytes = b"", machine: int = EM_ARM) -> Written:
    """A file whose PT_ARM_EXIDX has `index`; `table` follows it."""
    extra = (("exidx", index), ("extab", table))
    built = write(Elf(elf_class, data, machine=machine, dynamic=False, extra=extra))
    start, size = built.blobs["exidx"]
    for name, value in (("p_type", PT_ARM_EXIDX), ("p_offset", start), ("p_vaddr", BASE + start), ("p_filesz", size)):
        built = built.also("PT_GNU_STACK", name, value)
    return built


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_index_equals_what_pyelftools_reads(path: Path) -> None:
    content = path.read_bytes()
    elf = ELFFile(io.BytesIO(content))
    infos = elf.get_ehabi_infos()
    assert infos is not None
    (info,) = infos
    row = elf.get_section_by_name(".ARM.exidx")
    assert row is not None
    section = row.header
    entries = [info.get_entry(number) for number in range(info.num_entry())]
    shift = section.sh_addr - section.sh_offset  # pyelftools gives file offsets
    with elfkit.load(content) as image:
        index = read_exception_index(image)
    assert index is not None
    assert (index.vaddr, index.offset, index.size) == (section.sh_addr, section.sh_offset, section.sh_size)
    assert index.function.tolist() == [entry.function_offset + shift for entry in entries]
    assert index.entry.tolist() == [(entry.eh_table_offset or 0) and entry.eh_table_offset + shift for entry in entries]


@pytest.mark.parametrize("data", [1, 2])
def test_rows_point_to_entries_relative_to_their_own_place(data: int) -> None:
    """Functions 16 bytes before each row; CANTUNWIND, inline, an entry 8 bytes before its word and one 12 behind."""
    words = [0x7FFFFFF0, 1, 0x7FFFFFF0, 0x80B0B0B0, 0x7FFFFFF0, 0x7FFFFFF8, 0x7FFFFFF0, 12]
    built = unwound(1, data, b"".join(word.to_bytes(4, "little" if data == 1 else "big") for word in words))
    start = BASE + built.blobs["exidx"][0]
    with elfkit.load(built.data) as image:
        index = read_exception_index(image)
    assert index is not None
    assert index.function.tolist() == [start + 8 * row - 16 for row in range(4)]
    assert index.entry.tolist() == [0, 0, start + 20 - 8, start + 28 + 12]


def test_the_same_number_is_no_index_on_another_machine() -> None:
    with elfkit.load(unwound(2, 1, bytes(16), machine=EM_AARCH64).data) as image:
        assert read_exception_index(image) is None


def little(*words: int) -> bytes:
    return b"".join(word.to_bytes(4, "little") for word in words)


ENTRIES = {
    # routine 0: instructions in the word itself; no descriptor
    "routine 0": little(0x80B0B0B0, 0),
    # routine 1, one more word of instructions; no descriptor
    "routine 1": little(0x8101B0B0, 0xB0B0B0B0, 0),
    # a cleanup: scope of 4 bytes at 8, landing pad
    "a cleanup": little(0x8100B0B0, 8 << 16 | 4, 0x100, 0),
    # a handler: bit 0 of the length, landing pad and type
    "a handler": little(0x8100B0B0, 8 << 16 | 5, 0x100, 0x200, 0),
    # lists of types: bit 0 of the offset; two types, and one type with a landing pad (bit 31 of the count)
    "lists of types": little(0x8100B0B0, 9 << 16 | 4, 2, 1, 2, 9 << 16 | 4, 0x80000001, 1, 0x100, 0),
    # routine 2: length and offset of 32 bits each
    "routine 2": little(0x8200B0B0, 4, 8, 0x100, 0),
    # a routine of its own (__gxx_personality_v0), one more word of instructions, then an LSDA: 1 call site of 4 bytes
    "an LSDA": little(0x7FFF0000, 0x01B0B0B0, 0xB0B0B0B0) + b"\xff\xff\x01\x04\x01\x02\x03\x00",
}


@pytest.mark.parametrize("case", ENTRIES)
def test_an_entry_ends_behind_its_descriptors(case: str) -> None:
    built = unwound(1, 1, bytes(8), ENTRIES[case] + b"\xff" * 8)
    with elfkit.load(built.data) as image:
        assert exception_entry_size(image, BASE + built.blobs["extab"][0]) == len(ENTRIES[case])


def test_descriptors_of_a_big_endian_file_have_their_halves_in_the_same_order() -> None:
    """A handler: length 5, offset 8, then landing pad and type."""
    raw = b"\x81\x00\xb0\xb0" + b"\x00\x05\x00\x08" + bytes(7) + b"\x01" + bytes(4)
    built = unwound(1, 2, bytes(8), raw + b"\xff" * 8)
    with elfkit.load(built.data) as image:
        assert exception_entry_size(image, BASE + built.blobs["extab"][0]) == len(raw)


def test_an_entry_outside_the_file_has_no_size() -> None:
    with elfkit.load(unwound(1, 1, bytes(8)).data) as image:
        assert exception_entry_size(image, 0xFFFFFFF0) is None


@given(index=st.binary(max_size=64), table=st.binary(max_size=64))
def test_any_index_and_any_entry_are_read(index: bytes, table: bytes) -> None:
    built = unwound(1, 1, index, table)
    with at_most(10), elfkit.load(built.data) as image:
        found = read_exception_index(image)
        assert (found is None) == (not index)
        for entry in found.entry.tolist() if found else ():
            exception_entry_size(image, entry)
        size = exception_entry_size(image, BASE + built.blobs["extab"][0])
        assert size is None or size <= len(built.data)
