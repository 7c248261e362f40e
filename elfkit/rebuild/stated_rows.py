"""What rows of a section header table must say because PT_DYNAMIC says it: values are compared, no table is walked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from elfkit.abi import dynamic as dt
from elfkit.abi import sections as sh
from elfkit.image.image import Image
from elfkit.image.sections import Section
from elfkit.tables.counts import SymbolCount
from elfkit.tables.extents import table_extent
from elfkit.tables.hashes import read_sysv_head
from elfkit.tables.versions import version_table_size

WORD = -1  # an entry size: that of an address
# tables whose address and size in bytes have a tag each: (address, size, type, entry size or None where linkers differ)
SIZED = (
    (dt.DT_RELR, dt.DT_RELRSZ, sh.SHT_RELR, WORD),
    (dt.DT_ANDROID_RELR, dt.DT_ANDROID_RELRSZ, sh.SHT_ANDROID_RELR, WORD),
    (dt.DT_ANDROID_REL, dt.DT_ANDROID_RELSZ, sh.SHT_ANDROID_REL, None),
    (dt.DT_ANDROID_RELA, dt.DT_ANDROID_RELASZ, sh.SHT_ANDROID_RELA, None),
    (dt.DT_PREINIT_ARRAY, dt.DT_PREINIT_ARRAYSZ, sh.SHT_PREINIT_ARRAY, None),
    (dt.DT_INIT_ARRAY, dt.DT_INIT_ARRAYSZ, sh.SHT_INIT_ARRAY, None),
    (dt.DT_FINI_ARRAY, dt.DT_FINI_ARRAYSZ, sh.SHT_FINI_ARRAY, None),
)
VERSIONS = (
    (dt.DT_VERDEF, dt.DT_VERDEFNUM, sh.SHT_GNU_verdef),
    (dt.DT_VERNEED, dt.DT_VERNEEDNUM, sh.SHT_GNU_verneed),
)
CHAINED = {sh.SHT_GNU_verdef: dt.DT_VERDEF, sh.SHT_GNU_verneed: dt.DT_VERNEED}
FIELDS = {
    sh.SHT_GNU_verdef: ("vd_cnt", "vd_aux", "vd_next"),
    sh.SHT_GNU_verneed: ("vn_cnt", "vn_aux", "vn_next"),
}
MOST_BYTES = 1 << 16  # of such records that are read at once
PRELINKED = (dt.DT_GNU_PRELINKED, dt.DT_GNU_LIBLIST)  # prelink adds strings and leaves DT_STRSZ as it was
INFO_MASK = 0xFFFFFFFF  # sh_info is a word of 4 bytes in both classes


class Stated(NamedTuple):
    """One row that must be there: ``source`` says so, ``link`` is the address of the row it links to.

    None is what nothing states. ``sizes`` are what sh_size may be. A ``tiled`` table is one row or several in line.
    """

    source: str
    type: int
    addr: int
    sizes: tuple[int, ...] = ()
    entsize: int | None = None
    link: int | None = None
    info: int | None = None
    tiled: bool = False


def stated_rows(image: Image, count: SymbolCount) -> Iterator[Stated]:
    """Yield what rows the dynamic section of ``image`` asks for, of the symbols as many as were counted."""
    dynamic, segment = image.dynamic, image.dynamic_segment
    if dynamic is None or segment is None:
        return
    values, word = dynamic.values, image.layout.word_size
    strings, symbols = values.get(dt.DT_STRTAB), values.get(dt.DT_SYMTAB)
    yield Stated("PT_DYNAMIC", sh.SHT_DYNAMIC, segment.vaddr, (segment.filesz,), 2 * word, strings)
    if symbols is not None:
        size = image.layout.sym.size
        sizes = () if count.total is None else (count.total * size,)
        yield Stated("DT_SYMTAB", sh.SHT_DYNSYM, symbols, sizes, size, strings)
        yield from _hashes(image, values, symbols, count.total)
    if strings is not None:
        longer = any(tag in values for tag in PRELINKED) or dt.DT_STRSZ not in values
        yield Stated("DT_STRTAB", sh.SHT_STRTAB, strings, () if longer else (values[dt.DT_STRSZ],))
    for tag, number, kind in VERSIONS:
        if tag in values:
            info = values.get(number, 0) & INFO_MASK
            yield Stated(dt.tag_name(tag, 0), kind, values[tag], link=strings, info=info)
    for tag, size_tag, kind, entsize in SIZED:
        size = values.get(size_tag, 0)
        if size > 0 and tag in values:
            name = dt.tag_name(tag, image.header.machine)
            yield Stated(name, kind, values[tag], (size,), word if entsize == WORD else entsize)
    yield from _relocations(image, values)


def _hashes(image: Image, values: Mapping[int, int], symbols: int, total: int | None) -> Iterator[Stated]:
    """Yield what has an entry for each symbol."""
    if dt.DT_VERSYM in values:
        sizes = () if total is None else (total * 2,)
        yield Stated("DT_VERSYM", sh.SHT_GNU_versym, values[dt.DT_VERSYM], sizes, 2, symbols)
    head = read_sysv_head(image)
    if head is not None:
        size = (2 + head.bucket_count + head.chain_count) * head.word_size
        yield Stated("DT_HASH", sh.SHT_HASH, values[dt.DT_HASH], (size,), head.word_size, symbols)
    extent = table_extent(image, dt.DT_GNU_HASH)
    record = image.layout.gnu_hash
    raw = image.source.view(extent.offset, record.size) if extent else b""
    if len(raw) == record.size:
        buckets, symoffset, bloom, _ = record.reader.unpack(raw)
        empty = record.size + bloom * image.layout.word_size + 4 * buckets
        either = () if total is None else (empty, empty + 4 * (total - symoffset))
        yield Stated("DT_GNU_HASH", sh.SHT_GNU_HASH, values[dt.DT_GNU_HASH], either, link=symbols)
    if dt.DT_MIPS_XHASH in values and dt.tag_name(dt.DT_MIPS_XHASH, image.header.machine) == "DT_MIPS_XHASH":
        yield Stated("DT_MIPS_XHASH", sh.SHT_MIPS_XHASH, values[dt.DT_MIPS_XHASH], link=symbols)


def _relocations(image: Image, values: Mapping[int, int]) -> Iterator[Stated]:
    """Yield the relocation tables; where DT_RELASZ covers what DT_JMPREL points to as well, each its part."""
    layout = image.layout
    kinds = {dt.DT_REL: (sh.SHT_REL, layout.rel.size), dt.DT_RELA: (sh.SHT_RELA, layout.rela.size)}
    plt, plt_size = values.get(dt.DT_JMPREL), values.get(dt.DT_PLTRELSZ, 0)
    if plt is not None and plt_size > 0:
        kind, entsize = kinds[dt.DT_REL if values.get(dt.DT_PLTREL) == dt.DT_REL else dt.DT_RELA]
        yield Stated("DT_JMPREL", kind, plt, (plt_size,), entsize)
    for tag, size_tag in ((dt.DT_REL, dt.DT_RELSZ), (dt.DT_RELA, dt.DT_RELASZ)):
        start, size = values.get(tag), values.get(size_tag, 0)
        if start is None or size <= 0:
            continue
        end = start + size
        if plt is not None and start < plt + plt_size and plt < end:
            start, end = (plt + plt_size, end) if plt <= start else (start, plt)
        if start < end:
            kind, entsize = kinds[tag]
            yield Stated(dt.tag_name(tag, 0), kind, start, (end - start,), entsize, tiled=True)


class Contradiction(NamedTuple):
    """Where a table is not what the loader goes by: ``why`` as a clause, the row's place, what row was asked for.

    ``number`` is 0 where the row is missing; ``unusable`` is a table of which nothing can be believed.
    """

    why: str
    number: int = 0
    stated: Stated | None = None
    unusable: bool = False


def contradictions(image: Image, rows: tuple[Section, ...], count: SymbolCount) -> Iterator[Contradiction]:
    """Yield where ``rows`` are not those that the dynamic section asks for."""
    places: dict[tuple[int, int], list[int]] = {}
    for number, (_, kind, flags, addr, *_) in enumerate(rows):
        if flags & sh.SHF_ALLOC:
            places.setdefault((kind, addr), []).append(number)
    for whole in stated_rows(image, count):
        stated = whole._replace(sizes=()) if whole.tiled and _tiled(rows, places, whole) else whole
        numbers = places.get((stated.type, stated.addr), [])
        found = [_difference(image, rows, number, stated) for number in numbers]
        if not found:
            yield Contradiction(_missing(stated), 0, stated)
        elif all(found):
            yield Contradiction(f"row {numbers[0]} {found[0]}", numbers[0], stated)
    yield from _locals(image, rows, places)


def _missing(stated: Stated) -> str:
    return "no row is PT_DYNAMIC" if stated.type == sh.SHT_DYNAMIC else f"no row is the table of {stated.source}"


def _difference(image: Image, rows: tuple[Section, ...], number: int, stated: Stated) -> str:
    """Return how a row differs from what is stated of it, as a predicate of the row; "" if it does not."""
    row = rows[number]
    if stated.type in CHAINED and not _chained(image, row, stated):
        return f"says {row.size} bytes, the records of {stated.source} end elsewhere"
    if stated.sizes and row.size not in stated.sizes:
        if stated.type == sh.SHT_DYNSYM:
            size = image.layout.sym.size
            return f"says {row.size // size} dynamic symbols, there are {stated.sizes[0] // size}"
        return f"says {row.size} bytes, {stated.source} has {stated.sizes[-1]}"
    if stated.entsize is not None and row.entsize != stated.entsize:
        return f"says {row.entsize} bytes an entry, those of {stated.source} have {stated.entsize}"
    if stated.link is not None and rows[row.link].addr != stated.link:
        return f"is the table of {stated.source} and does not link to that at {stated.link:#x}"
    if stated.info is not None and row.info != stated.info:
        return f"says {row.info} versions, {stated.source}NUM {stated.info}"
    return ""


def _chained(image: Image, row: Section, stated: Stated) -> bool:
    """Return whether the records end with the row: as linkers lay them out, else as the whole walk finds them."""
    layout = image.layout
    head, aux = (
        (layout.verneed, layout.vernaux) if stated.type == sh.SHT_GNU_verneed else (layout.verdef, layout.verdaux)
    )
    count, first, following = [list(head.codes).index(field) for field in FIELDS[stated.type]]
    extent = image.extent_of(stated.addr)
    raw = image.source.view(extent.offset, min(row.size, MOST_BYTES)) if extent else b""
    place = end = 0
    for left in range(stated.info or 0, 0, -1):
        if place + head.size > len(raw):
            end = 0
            break
        record = head.reader.unpack_from(raw, place)
        end = place + record[first] + record[count] * aux.size  # each has its records right behind it
        if left > 1 and record[following] < head.size:
            end = 0  # one that does not go forward: the number of them is a claim, and the walk would not end
            break
        place += record[following]
    return end == row.size or version_table_size(image, CHAINED[stated.type]) == row.size


def _tiled(rows: tuple[Section, ...], places: Mapping[tuple[int, int], list[int]], stated: Stated) -> bool:
    """Return whether rows of the type, each behind the other, are the table: bfd leaves several if asked to."""
    place, end = stated.addr, stated.addr + stated.sizes[0]
    while place < end:
        size = max([rows[number].size for number in places.get((stated.type, place), [])], default=0)
        if not size:
            return False
        place += size
    return place == end


def _locals(
    image: Image, rows: tuple[Section, ...], places: Mapping[tuple[int, int], list[int]]
) -> Iterator[Contradiction]:
    """Yield a contradiction where sh_info of the symbol table is not the index of the first that is not local."""
    vaddr = image.dynamic.values.get(dt.DT_SYMTAB) if image.dynamic else None
    extent = None if vaddr is None else image.extent_of(vaddr)
    if vaddr is None or extent is None:
        return
    record = image.layout.sym
    within = record.spans["st_info"][0]
    for number in places.get((sh.SHT_DYNSYM, vaddr), [])[:1]:
        row = rows[number]
        total = row.size // record.size
        if not total:
            continue
        raw = image.source.view(extent.offset + (row.info - 1) * record.size, 2 * record.size) if row.info else b""
        bindings = [raw[at] >> 4 for at in range(within, len(raw), record.size)][: total - row.info + 1]
        if not bindings or bindings[0] or not all(bindings[1:]):
            why = f"row {number} says that {row.info} symbols are local, the symbols do not"
            yield Contradiction(why, number, Stated("DT_SYMTAB", sh.SHT_DYNSYM, vaddr))
