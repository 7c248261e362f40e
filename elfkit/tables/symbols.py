"""The dynamic symbol table as columns (gABI, "Symbol Table")."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_STRSZ, DT_STRTAB, DT_SYMTAB
from elfkit.abi.sections import SHN_UNDEF
from elfkit.image.image import Image
from elfkit.tables.counts import SymbolCount, symbol_count
from elfkit.tables.strings import names_at


class Symbol(NamedTuple):
    """One row of a symbol table; ``type``, ``binding`` and ``visibility`` are the numbers of the gABI."""

    name: str
    value: int
    size: int
    type: int
    binding: int
    visibility: int
    section: int


class SymbolTable:
    """Dynamic symbols in file order, entry 0 included.

    ``value`` and ``size`` are uint64, ``type``, ``binding`` and ``visibility`` uint8, ``section`` (st_shndx)
    uint16, all of one length; ``names`` is a list of str. ``count`` says how the length is known.
    """

    def __init__(self, rows: npt.NDArray[Any], strings: bytes, count: SymbolCount, *, longest_name: int) -> None:
        self.count = count
        self.value: npt.NDArray[np.uint64] = rows["st_value"].astype(np.uint64)
        self.size: npt.NDArray[np.uint64] = rows["st_size"].astype(np.uint64)
        self.type: npt.NDArray[np.uint8] = rows["st_info"] & np.uint8(15)
        self.binding: npt.NDArray[np.uint8] = rows["st_info"] >> np.uint8(4)
        self.visibility: npt.NDArray[np.uint8] = rows["st_other"] & np.uint8(3)
        self.section: npt.NDArray[np.uint16] = rows["st_shndx"].astype(np.uint16)
        self._name_offsets: npt.NDArray[np.uint32] = rows["st_name"].astype(np.uint32)
        self._strings = strings
        self._longest_name = longest_name

    @cached_property
    def names(self) -> list[str]:
        """The name of each symbol, decoded with ``surrogateescape``; empty where the table does not hold it."""
        return names_at(self._strings, self._name_offsets, self._longest_name)

    @property
    def defined(self) -> npt.NDArray[np.bool_]:
        """Mask of the symbols that this image defines."""
        return np.not_equal(self.section, SHN_UNDEF)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Symbol]:
        columns = (self.value, self.size, self.type, self.binding, self.visibility, self.section)
        return map(Symbol._make, zip(self.names, *(column.tolist() for column in columns), strict=True))

    def __getitem__(self, index: int) -> Symbol:
        columns = (self.value, self.size, self.type, self.binding, self.visibility, self.section)
        return Symbol(self.names[index], *(int(column[index]) for column in columns))

    def __repr__(self) -> str:
        return (
            f"SymbolTable({len(self)} symbols, {int(self.defined.sum())} defined, count {self.count.certainty.value})"
        )


def read_symbols(image: Image) -> SymbolTable:
    """Return the dynamic symbols of ``image``; empty without PT_DYNAMIC or where its table is not in the file.

    Where only bounds of the count are known, entries up to the upper one are read.
    """
    count = symbol_count(image)
    record = image.layout.sym
    wanted = count.total if count.total is not None else count.high or count.low
    raw = _table(image, DT_SYMTAB, wanted * record.size)
    rows = np.frombuffer(raw[: len(raw) // record.size * record.size], record.dtype)
    size = image.dynamic.values.get(DT_STRSZ, 0) if image.dynamic else 0
    strings = _table(image, DT_STRTAB, size)
    return SymbolTable(rows, strings, count, longest_name=image.source.limits.string_bytes)


def _table(image: Image, tag: int, size: int) -> bytes:
    vaddr = image.dynamic.values.get(tag) if image.dynamic else None
    extent = None if vaddr is None else image.extent_of(vaddr)
    return image.source.view(extent.offset, min(size, extent.size)) if extent else b""
