"""The symbols of many images in one set of columns: what each refers to, what each defines, names as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.header import EM_MIPS, EM_MIPS_RS3_LE
from elfkit.abi.sections import SHN_ABS, SHN_UNDEF
from elfkit.abi.symbols import STB_LOCAL, STO_MIPS_PLT, STT_FUNC, STT_TLS, STV_DEFAULT, STV_PROTECTED
from elfkit.formats.layout import Layout
from elfkit.tables.interning import Index, intern_names, name_at
from elfkit.tables.linkage import Linkage
from elfkit.tables.symbol_uses import COPIED, LAZY, NOW, symbol_uses

MIPS = (EM_MIPS, EM_MIPS_RS3_LE)
STRIDE = 8
AT_ONCE = 1 << 19  # bytes of symbols: more at once leave the CPU's cache, and take memory that no result needs


class Part(NamedTuple):
    """One image for the pool: its machine and how its records lie in bytes."""

    layout: Layout
    machine: int
    linkage: Linkage


class Columns(NamedTuple):
    """Symbols, one a row, sorted by image: ``image`` counts the parts, ``row`` the entries of the image's table.

    ``name`` is a number of the pool's, ``version`` the word of DT_VERSYM (1 without one), ``uses`` what relocations do
    with the symbol (NOW, LAZY, COPIED of `symbol_uses`), ``size`` its st_size.
    """

    image: Index
    row: Index
    name: Index
    version: npt.NDArray[np.uint16]
    type: npt.NDArray[np.uint8]
    binding: npt.NDArray[np.uint8]
    visibility: npt.NDArray[np.uint8]
    uses: npt.NDArray[np.uint8]
    size: npt.NDArray[np.uint64]

    def at(self, rows: npt.NDArray[Any]) -> Columns:
        """Return the rows that an index or a mask picks."""
        return Columns(*[column[rows] for column in self])


class Pool(NamedTuple):
    """All references that some relocation makes, and the definitions whose names are among theirs.

    A variable that a program has a copy of is both. ``whole`` is False of each image whose names were not all read.
    """

    references: Columns
    definitions: Columns
    strings: bytes
    places: Index
    whole: npt.NDArray[np.bool_]

    def name(self, number: int) -> str:
        """Return the name with a number."""
        return name_at(self.strings, int(self.places[number])).decode("utf-8", "surrogateescape")


def pool(parts: Sequence[Part], *, most_words: int) -> Pool:
    """Return the symbols of all ``parts``; at most ``most_words`` words of eight bytes are read of their names."""
    texts = [part.linkage.strings for part in parts]
    strings = b"\0".join([*texts, bytes(STRIDE)])
    lengths = np.array([len(text) for text in texts], np.intp)
    bases = np.cumsum(lengths + 1) - lengths - 1
    groups: dict[tuple[int, int, int], list[int]] = {}
    for number, part in enumerate(parts):
        groups.setdefault((part.layout.elf_class, part.layout.data, part.machine), []).append(number)
    found = [
        _group(parts, np.array(some, np.intp), lengths, bases)
        for numbers in groups.values()
        for some in _batches(parts, numbers)
    ]
    asked = _joined([references for references, _ in found])
    given = _joined([definitions for _, definitions in found])
    found.clear()  # as large as both of them
    names = intern_names(strings, asked.name, given.name, most_words=most_words)
    whole = np.ones(len(parts), np.bool_)
    whole[asked.image[names.unread]] = False
    whole[given.image[names.offered_unread]] = False
    known, wanted = names.wanted >= 0, names.offered >= 0
    return Pool(
        asked._replace(name=names.wanted).at(known),
        given._replace(name=names.offered).at(wanted),
        strings,
        names.places,
        whole,
    )


def _batches(parts: Sequence[Part], numbers: list[int]) -> Iterator[list[int]]:
    """Yield the images ``numbers`` in their order, as many at once as have some `AT_ONCE` bytes of symbols."""
    some: list[int] = []
    size = 0
    for number in numbers:
        some.append(number)
        size += len(parts[number].linkage.symbols)
        if size >= AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _joined(columns: list[Columns]) -> Columns:
    """Return the rows of all groups, sorted by image."""
    if not columns:
        return _columns(*[np.empty(0, np.intp)] * len(Columns._fields))
    if len(columns) == 1:
        return columns[0]
    whole = Columns(*[np.concatenate(parts) for parts in zip(*columns, strict=True)])
    ordered = bool((whole.image[1:] >= whole.image[:-1]).all())
    return whole if ordered else whole.at(np.argsort(whole.image, kind="stable"))


def _columns(*arrays: npt.NDArray[Any]) -> Columns:
    image, row, name, version, kind, binding, visibility, uses, size = arrays
    return Columns(
        image,
        row,
        name,
        version.astype(np.uint16),
        kind.astype(np.uint8),
        binding.astype(np.uint8),
        visibility.astype(np.uint8),
        uses.astype(np.uint8),
        size.astype(np.uint64),
    )


def _group(parts: Sequence[Part], numbers: Index, lengths: Index, bases: Index) -> tuple[Columns, Columns]:
    """Return references and definitions of the images ``numbers``, all of one layout; ``name`` is a place yet."""
    first = parts[numbers[0]]
    linkages = [parts[number].linkage for number in numbers.tolist()]
    size = first.layout.sym.size
    counts = np.array([len(linkage.symbols) // size for linkage in linkages], np.intp)
    rows = np.frombuffer(
        b"".join([linkage.symbols[: count * size] for linkage, count in zip(linkages, counts.tolist(), strict=True)]),
        first.layout.sym.dtype,
    )
    local = np.repeat(np.arange(len(numbers)), counts)
    row = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    info, other = rows["st_info"], rows["st_other"]
    binding, kind = info >> np.uint8(4), info & np.uint8(15)
    section = rows["st_shndx"].astype(np.uint16)
    undefined, valued = section == SHN_UNDEF, rows["st_value"] != 0
    names = rows["st_name"].astype(np.intp)
    named = (binding != STB_LOCAL) & (names != 0) & (names < lengths[numbers][local])
    uses = symbol_uses(first.layout, first.machine, linkages, counts)
    if first.machine in MIPS:
        stub = undefined & (kind == STT_FUNC) & valued & ((other & STO_MIPS_PLT) == 0)
        start = np.array([linkage.first_got_symbol for linkage in linkages], np.intp)
        in_got = row >= start[local]
        uses[in_got & stub] |= np.uint8(LAZY)
        uses[in_got & ~stub] |= np.uint8(NOW)
    visible = np.isin(other & np.uint8(3), (STV_DEFAULT, STV_PROTECTED))
    asked = named & ((undefined & (uses != 0)) | ((uses & COPIED) != 0))
    given = named & ~undefined & visible & (valued | (section == SHN_ABS) | (kind == STT_TLS))
    versions = _versions(first.layout, linkages, counts)
    made = _columns(
        numbers[local], row, bases[numbers][local] + names, versions, kind, binding, other & 3, uses, rows["st_size"]
    )
    return made.at(asked), made.at(given)


def _versions(layout: Layout, linkages: Sequence[Linkage], counts: Index) -> npt.NDArray[np.uint16]:
    """Return the word of DT_VERSYM for each symbol; 1, which is no version, where the table does not hold it."""
    plain = np.array([1], layout.order + "u2").tobytes()
    pairs = zip(linkages, counts.tolist(), strict=True)
    words = [_filled(linkage.versym[: count * 2 & ~1], count, plain) for linkage, count in pairs]
    return np.frombuffer(b"".join(words), layout.order + "u2").astype(np.uint16)


def _filled(words: bytes, count: int, plain: bytes) -> bytes:
    have = len(words) // 2
    return words[: have * 2] + plain * (count - have) if have < count else words
