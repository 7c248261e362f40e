"""Files of a few kilobytes to a few megabytes that ask for the work of days, each with what it asks for.

All are ELFCLASS64, little-endian, for AArch64, and mapped by one or two PT_LOAD from offset 0 on.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from elfkit.abi import dynamic as dt
from elfkit.abi.sections import SHT_DYNSYM
from tests.elfwriter import BASE, Elf, Sect, Sym, Written, write
from tests.tables.relocationwriter import with_table

MEGABYTE = 1 << 20
EXPORTS = tuple(Sym(f"greet{number}".encode(), value=number) for number in range(5))
PHDR, SHDR = 56, 64


def _tagged(raw: bytes, *tags: tuple[int, int | None], symbols: tuple[Sym, ...] = EXPORTS) -> Written:
    """Five exports and `raw`; a tag without a value points at `raw`."""
    return with_table(raw, dict(tags), Elf(symbols=symbols))


def _phdr(p_type: int, offset: int, filesz: int) -> bytes:
    return struct.pack("<IIQQQQQQ", p_type, 4, offset, BASE + offset, BASE + offset, filesz, filesz, 4)


def _with_segments(built: Written, rows: list[bytes]) -> bytes:
    """`built` with these program headers behind the first two, in a table at the end of the file."""
    start = len(built.data)
    offset = built.places["PT_LOAD"][0]
    own = b"".join(built.data[at : at + PHDR] for at in (offset, built.places["PT_DYNAMIC"][0]))
    count = 2 + len(rows)
    moved = built.also("Ehdr", "e_phoff", start).also("Ehdr", "e_phnum", min(count, 0xFFFF))
    return moved.data + own + b"".join(rows)


def shnum_2_60() -> bytes:
    """e_shnum is 0, so sh_size of section header 0 counts the sections: 2^60 of them."""
    built = write(Elf(sections=()))
    return built.also("Ehdr", "e_shnum", 0).patched("Shdr 0", "sh_size", 1 << 60)


def shentsize_0() -> bytes:
    """e_shentsize is 0: each of 65,000 section headers is the first again."""
    return write(Elf(sections=())).also("Ehdr", "e_shentsize", 0).patched("Ehdr", "e_shnum", 65_000)


def phnum_2_32() -> bytes:
    """e_phnum is PN_XNUM (0xffff), so sh_info of section header 0 counts the program headers: 2^32 - 1."""
    return write(Elf(sections=())).also("Ehdr", "e_phnum", 0xFFFF).patched("Shdr 0", "sh_info", (1 << 32) - 1)


def _symtab(entsize: int) -> bytes:
    built = write(Elf(symbols=EXPORTS, sections=(Sect(b".symtab", 2),)))
    number = next(n for n in range(2, 9) if _type(built, n) == SHT_DYNSYM)
    return built.also(f"Shdr {number}", "sh_entsize", entsize).patched(f"Shdr {number}", "sh_size", 1 << 40)


def _type(built: Written, number: int) -> int:
    offset, size = built.place(f"Shdr {number}", "sh_type")
    return int.from_bytes(built.data[offset : offset + size], "little")


def symtab_entsize_0() -> bytes:
    """.dynsym has 2^40 bytes of entries of 0 bytes."""
    return _symtab(0)


def symtab_entsize_1() -> bytes:
    """.dynsym has 2^40 entries of one byte."""
    return _symtab(1)


def sysv_hash_cycle() -> bytes:
    """One bucket, a chain 1 -> 2 -> 1, and nchain says 2^32 - 1 symbols."""
    return _tagged(struct.pack("<9I", 1, (1 << 32) - 1, 1, 0, 2, 1, 0, 0, 0), (dt.DT_HASH, None)).data


def gnu_hash_buckets_2_31() -> bytes:
    """nbuckets 2^31: 8 GB of buckets; symoffset 1, one bloom word, shift 6."""
    return _tagged(struct.pack("<4I", 1 << 31, 1, 1, 6) + bytes(64), (dt.DT_GNU_HASH, None)).data


def gnu_hash_bloom_2_31() -> bytes:
    """bloom_size 2^31: 16 GB of bloom words before the one bucket."""
    return _tagged(struct.pack("<4I", 1, 1, 1 << 31, 6) + bytes(64), (dt.DT_GNU_HASH, None)).data


def gnu_hash_unterminated() -> bytes:
    """One bucket whose chain of 2 million words never has the end bit, with every hash the same."""
    return _tagged(
        struct.pack("<4IQI", 1, 1, 1, 6, 2**64 - 1, 1) + b"\2\0\0\0" * (2 * MEGABYTE), (dt.DT_GNU_HASH, None)
    ).data


def verneed_quadratic() -> bytes:
    """60,000 Verneed 16 bytes apart (vn_next 16), each with vn_cnt 65,535 Vernaux 16 bytes apart: 4 * 10^9 of them.

    Each 16 bytes are read as a Verneed (version 1, cnt 65535, file 1, aux 16, next 16), and as a Vernaux with
    vna_next 16.
    """
    return _tagged(
        struct.pack("<HHIII", 1, 0xFFFF, 1, 16, 16) * 60_000,
        (dt.DT_VERNEED, None),
        (dt.DT_VERNEEDNUM, 60_000),
    ).data


def verneed_next_0() -> bytes:
    """DT_VERNEEDNUM says 2^32 - 1 records and the first, with vn_next 0, is its own successor."""
    return _tagged(
        struct.pack("<HHIII", 1, 0xFFFF, 1, 0, 0) * 4, (dt.DT_VERNEED, None), (dt.DT_VERNEEDNUM, (1 << 32) - 1)
    ).data


def notes_overlap() -> bytes:
    """2,000 PT_NOTE over the same 768 KB of notes of 12 bytes: 131 million notes."""
    built = _tagged(struct.pack("<3I", 0, 0, 1) * 65_536)
    offset, size = built.blobs["table"]
    return _with_segments(built, [_phdr(4, offset, size)] * 2000)


def note_namesz() -> bytes:
    """A note whose n_namesz is 2^32 - 4 and n_descsz 2^32 - 1: rounded up they pass 32 bits."""
    built = _tagged(struct.pack("<3I", (1 << 32) - 4, (1 << 32) - 1, 1) + b"GNU\0" * 8)
    return _with_segments(built, [_phdr(4, *built.blobs["table"])])


def symbols_in_one_string() -> bytes:
    """40,000 symbols, each name a byte behind the one before in a string of a megabyte: 41 GB spelled out."""
    table = b"".join(struct.pack("<IBBHQQ", number, 0x12, 0, 1, number, 0) for number in range(40_000))
    strings = b"\0" + b"n" * MEGABYTE + b"\0"
    hashes = struct.pack("<3I", 1, 40_000, 1) + struct.pack("<40000I", 0, *range(2, 40_000), 0)
    built = _tagged(table + strings + hashes, (dt.DT_HASH, None))
    start = BASE + built.blobs["table"][0]
    places = {"DT_SYMTAB": start, "DT_STRTAB": start + len(table), "DT_HASH": start + len(table) + len(strings)}
    for name, vaddr in places.items():
        built = built.also(name, "d_val", vaddr)
    return built.patched("DT_STRSZ", "d_val", len(strings))


def needed_in_one_string() -> bytes:
    """60,000 DT_NEEDED, each name a byte behind the one before in a string of a megabyte: 63 GB spelled out."""
    return _needed(MEGABYTE, 1)


def needed_of_4000_bytes() -> bytes:
    """The same in a string of 64,000 bytes that ends every 4,000: each name is short enough, 120 MB together."""
    return _needed(64_000, 4000)


def needed_at_one_place() -> bytes:
    """The same, all at the one name of 4,000 bytes: 240 MB together."""
    return _needed(3999, 4000)


def _needed(size: int, step: int) -> bytes:
    strings = bytearray(b"\0" + b"n" * size + b"\0")
    if step > 1:
        strings[::step] = bytes(len(strings[::step]))
    rows = b"".join(
        struct.pack("<qQ", dt.DT_NEEDED, 1 if size < step else 1 + number % (size - 1)) for number in range(60_000)
    )
    built = _tagged(bytes(strings))
    start, length = built.blobs["table"]
    vaddr = BASE + len(built.data) - len(built.data) % 8 + 8
    tail = rows + struct.pack("<6q", dt.DT_STRTAB, BASE + start, dt.DT_STRSZ, length, dt.DT_NULL, 0)
    offset = vaddr - BASE
    whole = built.also("PT_DYNAMIC", "p_offset", offset).also("PT_DYNAMIC", "p_vaddr", vaddr)
    whole = whole.also("PT_DYNAMIC", "p_filesz", len(tail)).also("PT_LOAD", "p_filesz", offset + len(tail))
    return whole.data + bytes(offset - len(whole.data)) + tail


def compressed_section() -> bytes:
    """.debug_info with SHF_COMPRESSED: a megabyte of zlib that holds a gigabyte of zeros."""
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)  # repeats nothing of what lies before
    return _compressed(1 << 30, head + block * 1023)


def compressed_size_2_60() -> bytes:
    """.debug_info with SHF_COMPRESSED whose ch_size is 2^60."""
    return _compressed(1 << 60, zlib.compress(b"debug"))


def _compressed(size: int, packed: bytes) -> bytes:
    """Elf64_Chdr: ch_type ELFCOMPRESS_ZLIB, ch_reserved, ch_size, ch_addralign; the section is the last one."""
    raw = struct.pack("<IIQQ", 1, 0, size, 1) + packed
    built = write(Elf(extra=(("packed", raw),), sections=(Sect(b".debug_info", 1, 0x800),)))
    offset, length = built.blobs["packed"]
    last = max((name for name in built.places if name.startswith("Shdr ")), key=lambda name: int(name[5:]))
    return built.also(last, "sh_offset", offset).patched(last, "sh_size", length)


def segments_and_relocations() -> bytes:
    """60,000 PT_LOAD of 16 bytes and 100,000 relocations to look up in them: 6 * 10^9 comparisons."""
    rela = b"".join(struct.pack("<QQq", 1 << 40, 0x403, 0) for _ in range(100_000))
    built = _tagged(rela, (dt.DT_RELA, None), (dt.DT_RELASZ, len(rela)), (dt.DT_RELAENT, 24))
    return _with_segments(built, [_phdr(1, 16 * number, 16) for number in range(60_000)])


def aps2_2_40() -> bytes:
    """Android's packed relocations: "APS2", the count 2^40 as SLEB128, offset 0, one group of all of them that shares
    step, info and addend."""
    count = bytes([0x80] * 5 + [0x20])
    raw = b"APS2" + count + bytes([0]) + count + bytes([0b1111, 8, 3, 0])
    return _tagged(raw, (dt.DT_ANDROID_RELA, None), (dt.DT_ANDROID_RELASZ, len(raw))).data


def aps2_groups_of_one() -> bytes:
    """1,500,000 groups of one relocation: 4 bytes each, where a group takes a kilobyte of memory."""
    raw = b"APS2" + b"\xe0\xc6\xdb\x00" + b"\0" + b"\1\3\x08\3" * 1_500_000
    return _tagged(raw, (dt.DT_ANDROID_RELA, None), (dt.DT_ANDROID_RELASZ, len(raw))).data


def relr_66_million() -> bytes:
    """DT_RELR of 8 MB: one address, then bitmaps with all 63 bits set: 66 million relocations."""
    raw = struct.pack("<Q", BASE) + b"\xff" * (8 * MEGABYTE)
    return _tagged(raw, (dt.DT_RELR, None), (dt.DT_RELRSZ, len(raw)), (dt.DT_RELRENT, 8)).data


def section_names_in_one_string() -> bytes:
    """60,000 sections, each name a byte behind the one before in a string of a megabyte."""
    built = write(Elf(sections=(Sect(b"n" * MEGABYTE),)))
    start = built.places["Shdr 4"][0]
    rows = b"".join(struct.pack("<I", 30 + number) + built.data[start + 4 : start + SHDR] for number in range(60_000))
    return built.patched("Ehdr", "e_shnum", 60_004)[:start] + rows


def segments_over_the_same() -> bytes:
    """65,000 PT_LOAD of the same 4,096 bytes."""
    built = _tagged(bytes(4096))
    return _with_segments(built, [_phdr(1, 0, 4096)] * 65_000)


def link_cycle() -> bytes:
    """.dynsym and .dynstr name each other in sh_link, and a third section itself."""
    built = write(Elf(symbols=EXPORTS, sections=(Sect(b".loop", SHT_DYNSYM),)))
    return built.also("Shdr 2", "sh_link", 3).also("Shdr 3", "sh_link", 2).patched("Shdr 4", "sh_link", 4)


def filesz_2_63() -> bytes:
    """p_filesz and p_memsz of a PT_LOAD are 2^63: added to the offset they pass 63 bits."""
    return write(Elf(symbols=EXPORTS)).also("PT_LOAD", "p_filesz", 1 << 63).patched("PT_LOAD", "p_memsz", 1 << 63)


def dynamic_without_end() -> bytes:
    """A dynamic section of 8 MB of DT_NEEDED without DT_NULL, its p_filesz as large as it goes."""
    built = _tagged(struct.pack("<qQ", dt.DT_NEEDED, 1) * (MEGABYTE // 2))
    offset, _ = built.blobs["table"]
    whole = built.also("PT_DYNAMIC", "p_offset", offset).also("PT_DYNAMIC", "p_vaddr", BASE + offset)
    return whole.patched("PT_DYNAMIC", "p_filesz", (1 << 63) - 1)[: offset + 8 * MEGABYTE]


BOMBS: tuple[Callable[[], bytes], ...] = (
    shnum_2_60,
    shentsize_0,
    phnum_2_32,
    symtab_entsize_0,
    symtab_entsize_1,
    sysv_hash_cycle,
    gnu_hash_buckets_2_31,
    gnu_hash_bloom_2_31,
    gnu_hash_unterminated,
    verneed_quadratic,
    verneed_next_0,
    notes_overlap,
    note_namesz,
    symbols_in_one_string,
    needed_in_one_string,
    needed_of_4000_bytes,
    needed_at_one_place,
    compressed_section,
    compressed_size_2_60,
    segments_and_relocations,
    aps2_2_40,
    aps2_groups_of_one,
    relr_66_million,
    section_names_in_one_string,
    segments_over_the_same,
    link_cycle,
    filesz_2_63,
    dynamic_without_end,
)
