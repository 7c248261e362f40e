"""What one image asks of others and offers them: its symbols, their versions and its relocations, as bytes.

Read while the file is open and decoded later, all images of a tree at once: a numpy call for each table of each file
costs more than the tables.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_MIPS, EM_MIPS_RS3_LE
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.tables.version_records import DefinedName, NeededName, version_records

DF_1_INTERPOSE = 0x400
NO_SYMBOL = (1 << 31) - 1
PACKED = (dt.DT_ANDROID_REL, dt.DT_ANDROID_RELA)


class RelocationBytes(NamedTuple):
    """Entries of DT_REL or DT_RELA (``with_addend``); ``lazy`` are those of DT_JMPREL.

    ``offset`` is where they lie in the file. Those that DT_RELCOUNT or DT_RELACOUNT counts are left out: relative
    relocations name no symbol.
    """

    raw: bytes
    with_addend: bool
    lazy: bool
    offset: int


class Linkage(NamedTuple):
    """The dynamic symbols of one image and what uses them, as they lie in the file.

    ``whole`` is False where the number of symbols is not known, or a table is not in the file or beyond a limit.
    ``first_got_symbol`` is DT_MIPS_GOTSYM: symbols from there on are bound through the GOT without relocations.
    ``filtees`` are the names of DT_FILTER and DT_AUXILIARY.
    """

    symbols: bytes = b""
    symbols_offset: int = 0
    strings: bytes = b""
    strings_offset: int = 0
    versym: bytes = b""
    needed: tuple[NeededName, ...] = ()
    defined: tuple[DefinedName, ...] = ()
    relocations: tuple[RelocationBytes, ...] = ()
    first_got_symbol: int = NO_SYMBOL
    interposes: bool = False
    filtees: tuple[str, ...] = ()
    whole: bool = True

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        relocations = sum([len(table.raw) for table in self.relocations])
        return len(self.symbols) + len(self.strings) + len(self.versym) + relocations


NOTHING = Linkage()


def read_linkage(image: Image) -> Linkage:
    """Return the linkage of ``image``; empty without PT_DYNAMIC."""
    dynamic = image.dynamic
    if dynamic is None or dt.DT_SYMTAB not in dynamic.values:
        return NOTHING
    values = dynamic.values
    total = _symbol_total(image, values)
    symbols = image.extent_of(values[dt.DT_SYMTAB])
    strings = image.extent_of(values.get(dt.DT_STRTAB, 0))
    if total is None or symbols is None or strings is None:
        return Linkage(whole=False)
    most = image.source.limits.linkage_bytes
    wanted = (total * image.layout.sym.size, min(values.get(dt.DT_STRSZ, 0), strings.size))
    text = _bytes(image, strings, min(wanted[1], most))
    needed, defined, whole = version_records(image, text)
    relocations = _relocations(image, values, most)
    table = _bytes(image, symbols, min(wanted[0], most))
    return Linkage(
        symbols=table,
        symbols_offset=symbols.offset,
        strings=text,
        strings_offset=strings.offset,
        versym=_versym(image, values, total),
        needed=needed,
        defined=defined,
        relocations=tuple([table for table in relocations if table is not None]),
        first_got_symbol=values.get(dt.DT_MIPS_GOTSYM, NO_SYMBOL) if _is_mips(image) else NO_SYMBOL,
        interposes=bool(values.get(dt.DT_FLAGS_1, 0) & DF_1_INTERPOSE),
        filtees=_filtees(image, values),
        whole=whole and (len(table), len(text)) == wanted and None not in relocations,
    )


def _is_mips(image: Image) -> bool:
    return image.header.machine in (EM_MIPS, EM_MIPS_RS3_LE)


def _symbol_total(image: Image, values: dict[int, int]) -> int | None:
    """Return the number of dynamic symbols; None where only bounds are known."""
    if _is_mips(image) and dt.DT_MIPS_SYMTABNO in values:
        extent = image.extent_of(values[dt.DT_SYMTAB])
        stated = values[dt.DT_MIPS_SYMTABNO]
        if extent is not None and stated * image.layout.sym.size <= extent.size:
            return stated
    from elfkit.tables.counts import symbol_count  # here: of most MIPS files one field tells

    return symbol_count(image).total


def _bytes(image: Image, extent: Extent, size: int) -> bytes:
    return image.source.view(extent.offset, min(size, extent.size))


def _versym(image: Image, values: dict[int, int], total: int) -> bytes:
    extent = image.extent_of(values[dt.DT_VERSYM]) if dt.DT_VERSYM in values else None
    return _bytes(image, extent, 2 * total) if extent else b""


def _filtees(image: Image, values: dict[int, int]) -> tuple[str, ...]:
    if dt.DT_FILTER not in values and dt.DT_AUXILIARY not in values:
        return ()
    entries = image.dynamic.entries if image.dynamic else ()
    names = [image.string(value) for tag, value in entries if tag in (dt.DT_FILTER, dt.DT_AUXILIARY)]
    return tuple([name for name in names if name])


def _relocations(image: Image, values: dict[int, int], most: int) -> list[RelocationBytes | None]:
    """Return the tables of relocations with symbols; None for one that is not in the file or too long."""
    lazy_start = values.get(dt.DT_JMPREL, 0)
    lazy_size = values.get(dt.DT_PLTRELSZ, 0) if dt.DT_JMPREL in values else 0
    found: list[RelocationBytes | None] = []
    for tag, size_tag, count_tag, record in (
        (dt.DT_REL, dt.DT_RELSZ, dt.DT_RELCOUNT, image.layout.rel),
        (dt.DT_RELA, dt.DT_RELASZ, dt.DT_RELACOUNT, image.layout.rela),
    ):
        start, size = values.get(tag, 0), values.get(size_tag, 0)
        if tag not in values or not size:
            continue
        if start <= lazy_start < start + size:  # some linkers count DT_JMPREL to the other table as well
            size = lazy_start - start
        skipped = min(values.get(count_tag, 0) * record.size, size)
        found.append(_table(image, start + skipped, size - skipped, most, with_addend=tag == dt.DT_RELA, lazy=False))
    if lazy_size:
        with_addend = values.get(dt.DT_PLTREL) == dt.DT_RELA
        found.append(_table(image, lazy_start, lazy_size, most, with_addend=with_addend, lazy=True))
    if not values.keys().isdisjoint(PACKED):
        found.append(_unpacked(image))
    return found


def _table(image: Image, vaddr: int, size: int, most: int, *, with_addend: bool, lazy: bool) -> RelocationBytes | None:
    if not size:
        return RelocationBytes(b"", with_addend, lazy, 0)
    extent = image.extent_of(vaddr)
    raw = _bytes(image, extent, size) if extent and size <= most else b""
    return RelocationBytes(raw, with_addend, lazy, extent.offset) if extent and len(raw) == size else None


def _unpacked(image: Image) -> RelocationBytes | None:
    """Return Android's packed relocations as a table of DT_REL, those without a symbol left out."""
    from elfkit.tables.relocations import read_relocations  # here: only Android's files have such tables
    from elfkit.tables.symbol_uses import packed_as_rel

    tables = [table for table in read_relocations(image) if table.table in ("DT_ANDROID_REL", "DT_ANDROID_RELA")]
    if any(table.anomalies for table in tables):
        return None
    return RelocationBytes(packed_as_rel(image.layout, tables), with_addend=False, lazy=False, offset=0)
