"""Sections that the dynamic section points to: tables of the loader, exact where their size is stated or walked."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from elfkit.abi import dynamic as dt
from elfkit.abi import sections as sh
from elfkit.abi.symbols import STB_LOCAL
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.tables.hashes import read_gnu_hash, read_sysv_head
from elfkit.tables.versions import version_table_size

A, WA = sh.SHF_ALLOC, sh.SHF_WRITE | sh.SHF_ALLOC
DERIVED = Certainty.DERIVED
WORD = -1  # an entry size or alignment: that of an address
ENTRY = -2  # an entry size: that of a relocation with addend
LIBRARY = 20  # bytes of an entry of .gnu.liblist, in both classes (prelink, Elf32_Lib and Elf64_Lib)


class Sized(NamedTuple):
    """A table whose address and size in bytes have a tag each."""

    tag: int
    size_tag: int
    name: str
    type: int
    flags: int
    addralign: int = WORD
    entsize: int = WORD
    link: str = ""


SIZED = (
    Sized(dt.DT_STRTAB, dt.DT_STRSZ, ".dynstr", sh.SHT_STRTAB, A, 1, 0),
    Sized(dt.DT_RELR, dt.DT_RELRSZ, ".relr.dyn", sh.SHT_RELR, A),
    Sized(dt.DT_ANDROID_RELR, dt.DT_ANDROID_RELRSZ, ".relr.dyn", sh.SHT_ANDROID_RELR, A),
    Sized(dt.DT_ANDROID_REL, dt.DT_ANDROID_RELSZ, ".rel.dyn", sh.SHT_ANDROID_REL, A, WORD, 1, ".dynsym"),
    Sized(dt.DT_ANDROID_RELA, dt.DT_ANDROID_RELASZ, ".rela.dyn", sh.SHT_ANDROID_RELA, A, WORD, 1, ".dynsym"),
    Sized(dt.DT_PREINIT_ARRAY, dt.DT_PREINIT_ARRAYSZ, ".preinit_array", sh.SHT_PREINIT_ARRAY, WA),
    Sized(dt.DT_INIT_ARRAY, dt.DT_INIT_ARRAYSZ, ".init_array", sh.SHT_INIT_ARRAY, WA),
    Sized(dt.DT_FINI_ARRAY, dt.DT_FINI_ARRAYSZ, ".fini_array", sh.SHT_FINI_ARRAY, WA),
    Sized(dt.DT_GNU_LIBLIST, dt.DT_GNU_LIBLISTSZ, ".gnu.liblist", sh.SHT_GNU_LIBLIST, A, 4, LIBRARY, ".dynstr"),
    Sized(dt.DT_GNU_CONFLICT, dt.DT_GNU_CONFLICTSZ, ".gnu.conflict", sh.SHT_RELA, A, WORD, ENTRY, ".dynsym"),
)


def sized_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return the tables that have a tag for their address and one for their size."""
    del sections
    found = []
    for row in SIZED:
        start, size = gathered.value(row.tag), gathered.value(row.size_tag)
        if start is not None and size:
            section = _table(gathered, row.name, start, size, row.tag, row.size_tag)
            found += [] if section is None else [_shaped(gathered, section, row)]
    return found


def _table(
    gathered: Gathered, name: str, start: int, size: int, *tags: int, because: str = ""
) -> PlannedSection | None:
    """Return a section of ``size`` bytes at ``start``, cut to what the file holds of it; None if that is nothing."""
    extent = gathered.extent(start)
    if extent is None or size <= 0:
        return None
    held = min(size, extent.size)
    said = because or " and ".join([dt.tag_name(tag, gathered.machine) for tag in tags])
    certainty = Certainty.STATED if held == size else Certainty.BOUNDED
    said += "" if held == size else f", cut from {size} bytes to what its segment holds"
    return PlannedSection(name, sh.SHT_PROGBITS, A, start, extent.offset, held, said, certainty, gathered.proofs(*tags))


def _shaped(gathered: Gathered, section: PlannedSection, row: Sized) -> PlannedSection:
    word = gathered.word_size
    widths = {WORD: word, ENTRY: gathered.image.layout.rela.size}
    return replace(
        section,
        type=row.type,
        flags=row.flags,
        addralign=widths.get(row.addralign, row.addralign),
        entsize=widths.get(row.entsize, row.entsize),
        link=row.link,
    )


def symbol_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .dynsym and .gnu.version: as long as the symbols were counted."""
    del sections
    start, count = gathered.value(dt.DT_SYMTAB), gathered.symbols.count
    total = len(gathered.symbols)
    if start is None or not total:
        return []
    size = gathered.image.layout.sym.size
    told = count.evidence[: 2 if gathered.stated_symbols is None else 1]
    proof = ", ".join([f"{item.source} {item.value}" for item in told])
    because = f"DT_SYMTAB, {total} symbols" + (f" by {proof}" if proof else "")
    found = []
    section = _table(gathered, ".dynsym", start, total * size, dt.DT_SYMTAB, because=because)
    if section is not None:
        word = gathered.word_size
        section = replace(section, type=sh.SHT_DYNSYM, link=".dynstr", addralign=word, entsize=size)
        certainty = count.certainty if count.total is not None else Certainty.BOUNDED
        found.append(replace(section, info=_first_global(gathered), certainty=certainty))
    versym = gathered.value(dt.DT_VERSYM)
    section = _table(gathered, ".gnu.version", versym, total * 2, dt.DT_VERSYM) if versym is not None else None
    if section is not None:
        row = replace(section, type=sh.SHT_GNU_versym, link=".dynsym", addralign=2, entsize=2)
        found.append(replace(row, because="DT_VERSYM, 2 bytes a symbol", certainty=found[0].certainty))
    return found


def _first_global(gathered: Gathered) -> int:
    """Return one more than the index of the last local symbol: what sh_info of a symbol table holds."""
    local = np.flatnonzero(gathered.symbols.binding == STB_LOCAL)
    return int(local[-1]) + 1 if len(local) else 0


def version_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .gnu.version_d and .gnu.version_r, whose chains are walked to their ends."""
    del sections
    found = []
    for name, kind, tag, count_tag in (
        (".gnu.version_d", sh.SHT_GNU_verdef, dt.DT_VERDEF, dt.DT_VERDEFNUM),
        (".gnu.version_r", sh.SHT_GNU_verneed, dt.DT_VERNEED, dt.DT_VERNEEDNUM),
    ):
        start = gathered.value(tag)
        size = 0 if start is None else version_table_size(gathered.image, tag)
        section = _table(gathered, name, start or 0, size, tag, count_tag)
        if section is not None:
            info = (gathered.value(count_tag) or 0) & 0xFFFFFFFF
            found.append(
                replace(section, type=kind, link=".dynstr", info=info, addralign=gathered.word_size, certainty=DERIVED)
            )
    return found


def hash_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .hash, .gnu.hash and .MIPS.xhash, whose own heads say how long they are."""
    del sections
    found = []
    word = gathered.word_size
    head = read_sysv_head(gathered.image)
    if head is not None:
        width = head.word_size
        size = (2 + head.bucket_count + head.chain_count) * width
        section = _table(gathered, ".hash", gathered.value(dt.DT_HASH) or 0, size, dt.DT_HASH)
        if section is not None:
            row = replace(section, type=sh.SHT_HASH, link=".dynsym", addralign=word, entsize=width, certainty=DERIVED)
            found.append(
                replace(row, because=f"DT_HASH: {head.bucket_count} buckets, {head.chain_count} chain entries")
            )
    table = read_gnu_hash(gathered.image)
    if table is None:
        return found
    mips = table.head.tag == dt.DT_MIPS_XHASH
    size = table.head.chain_words.offset - table.head.offset + len(table.chains) * (8 if mips else 4)
    name = ".MIPS.xhash" if mips else ".gnu.hash"
    section = _table(gathered, name, gathered.value(table.head.tag) or 0, size, table.head.tag)
    if section is not None:
        kind = sh.SHT_MIPS_XHASH if mips else sh.SHT_GNU_HASH
        because = f"{section.because}: {len(table.buckets)} buckets, {len(table.chains)} hashed symbols"
        entsize = 4 if word == 4 else 0
        row = replace(section, type=kind, link=".dynsym", addralign=word, entsize=entsize, because=because)
        found.append(replace(row, certainty=DERIVED))
    return found


def relocation_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .rel(a).dyn and .rel(a).plt, apart where DT_RELASZ covers what DT_JMPREL points to as well."""
    del sections
    plt, plt_size = gathered.value(dt.DT_JMPREL), gathered.value(dt.DT_PLTRELSZ) or 0
    plt_span = (plt, plt + plt_size) if plt is not None and plt_size > 0 else None
    found = []
    for prefix, tag, size_tag in ((".rel", dt.DT_REL, dt.DT_RELSZ), (".rela", dt.DT_RELA, dt.DT_RELASZ)):
        start, size = gathered.value(tag), gathered.value(size_tag) or 0
        if start is None or size <= 0:
            continue
        end = start + size
        tags: tuple[int, ...] = (tag, size_tag)
        if plt_span is not None and start < plt_span[1] and plt_span[0] < end:
            start, end = (plt_span[1], end) if plt_span[0] <= start else (start, plt_span[0])
            tags = (*tags, dt.DT_JMPREL)
        section = _table(gathered, f"{prefix}.dyn", start, end - start, *tags)
        found += [] if section is None else [_relocations(gathered, section, rela=prefix == ".rela")]
    if plt_span is not None:
        rela = gathered.value(dt.DT_PLTREL) != dt.DT_REL
        name = ".rela.plt" if rela else ".rel.plt"
        section = _table(gathered, name, plt_span[0], plt_size, dt.DT_JMPREL, dt.DT_PLTRELSZ)
        if section is not None:
            found.append(_relocations(gathered, section, rela=rela))
    return found


def _relocations(gathered: Gathered, section: PlannedSection, *, rela: bool) -> PlannedSection:
    layout = gathered.image.layout
    return replace(
        section,
        type=sh.SHT_RELA if rela else sh.SHT_REL,
        flags=A,
        link=".dynsym",
        addralign=gathered.word_size,
        entsize=(layout.rela if rela else layout.rel).size,
    )
