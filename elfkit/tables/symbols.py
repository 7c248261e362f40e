"""The dynamic symbol table as columns (gABI, "Symbol Table")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_STRSZ, DT_STRTAB, DT_SYMTAB
from elfkit.abi.sections import SHN_UNDEF
from elfkit.abi.symbols import VERSYM_VERSION
from elfkit.errors import LimitError
from elfkit.evidence import Anomaly, Damage
from elfkit.image.image import Image
from elfkit.tables.counts import SymbolCount, symbol_count
from elfkit.tables.distinct import distinct
from elfkit.tables.extents import records_at, table_extent
from elfkit.tables.hashes import read_gnu_hash, read_sysv_hash
from elfkit.tables.index import ChainPlace, HashIndex
from elfkit.tables.lookup import names_in
from elfkit.tables.strings import names_at
from elfkit.tables.versions import Versions, read_versions

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SHOWN_LETTERS = 64  # of a name in a sentence


class Symbol(NamedTuple):
    """One row of a symbol table; ``type``, ``binding`` and ``visibility`` are the numbers of the gABI.

    ``version`` is the name of the symbol's version (None without one), ``default`` False where that is written
    "name@version" and not "name@@version": only a reference with that very version finds it, or another file is what
    defines the version (references, and variables that a program has a copy of).
    """

    name: str
    value: int
    size: int
    type: int
    binding: int
    visibility: int
    section: int
    version: str | None = None
    default: bool = True


class Found(NamedTuple):
    """Of each name asked for: the index of its symbol (intp, -1 for none), and whether that is all there is to know.

    ``complete`` (bool) is False where the name's chain is longer than the limits allow: -1 is no answer there.
    """

    symbol: npt.NDArray[np.intp]
    complete: npt.NDArray[np.bool_]


class SymbolTable:
    """Dynamic symbols in file order, entry 0 included.

    Columns of one length: ``value`` and ``size`` uint64, ``type``, ``binding`` and ``visibility`` uint8, ``section``
    (st_shndx) uint16, ``defined`` and ``default`` bool; ``names`` and ``versions`` are lists. ``count`` says how the
    length is known, ``anomalies`` what is wrong with the tables that were read, ``longest_name`` how many bytes of a
    name are shown. The image may be closed meanwhile.
    """

    def __init__(
        self,
        rows: npt.NDArray[Any],
        strings: bytes,
        count: SymbolCount,
        *,
        versions: Versions,
        index: HashIndex | None,
        longest_name: int,
    ) -> None:
        self.count = count
        self.anomalies: tuple[Anomaly, ...] = (*count.anomalies, *versions.anomalies)
        self.strings = strings
        self.name_offsets: npt.NDArray[np.uint32] = rows["st_name"].astype(np.uint32)
        self._rows = rows
        self._versions = versions
        self._index = index
        self.longest_name = longest_name

    @cached_property
    def value(self) -> npt.NDArray[np.uint64]:
        """st_value."""
        return self._rows["st_value"].astype(np.uint64)

    @cached_property
    def size(self) -> npt.NDArray[np.uint64]:
        """st_size."""
        return self._rows["st_size"].astype(np.uint64)

    @cached_property
    def type(self) -> npt.NDArray[np.uint8]:
        """The low half of st_info, STT_*."""
        return self._bytes("st_info") & np.uint8(15)

    @cached_property
    def binding(self) -> npt.NDArray[np.uint8]:
        """The high half of st_info, STB_*."""
        return self._bytes("st_info") >> np.uint8(4)

    @cached_property
    def visibility(self) -> npt.NDArray[np.uint8]:
        """The low two bits of st_other, STV_*."""
        return self._bytes("st_other") & np.uint8(3)

    def _bytes(self, field: str) -> npt.NDArray[np.uint8]:
        return self._rows[field].astype(np.uint8)

    @cached_property
    def section(self) -> npt.NDArray[np.uint16]:
        """st_shndx: an index in the section header table that the file was linked with, or SHN_*."""
        return self._rows["st_shndx"].astype(np.uint16)

    @cached_property
    def names(self) -> list[str]:
        """The name of each symbol, decoded with ``surrogateescape``; empty where the table does not hold it."""
        return names_at(self.strings, self.name_offsets, self.longest_name)

    @cached_property
    def versions(self) -> list[str | None]:
        """The version name of each symbol; None where it has none."""
        names = self._versions.names()
        numbers = (self._versions.versym & np.uint16(VERSYM_VERSION)).tolist()
        found = [names.get(number) for number in numbers]
        return found + [None] * (len(self) - len(found))

    @cached_property
    def default(self) -> npt.NDArray[np.bool_]:
        """Mask of the symbols without a version, or with one that this image defines and that is not hidden."""
        mask = np.ones(len(self), np.bool_)
        versions = self._versions
        numbers = versions.versym & np.uint16(VERSYM_VERSION)
        mask[: len(numbers)] = ~(versions.hidden() | np.isin(numbers, versions.needed_numbers()))
        return mask

    @property
    def defined(self) -> npt.NDArray[np.bool_]:
        """Mask of the symbols that this image defines."""
        return np.not_equal(self.section, SHN_UNDEF)

    def find(self, names: Iterable[str | bytes]) -> npt.NDArray[np.intp]:
        """Return for each of ``names`` the index of the symbol of this image that defines it; -1 where none does.

        Searched is the hash table, as a loader does it; of several versions the default one is taken. LimitError where
        a name is not found on the part of its chain that ``Limits.lookup_steps`` allows; `search` tells which.
        """
        wanted = list(names)
        found = self.search(wanted)
        lost = np.flatnonzero(~found.complete & (found.symbol < 0))
        if len(lost):
            raise self._unfinished(wanted[lost[0]])
        return found.symbol

    def search(self, names: Iterable[str | bytes]) -> Found:
        """Return what `find` does, and for each name whether its whole chain was searched."""
        wanted = [_raw(name) for name in names]
        found = Found(np.full(len(wanted), -1, np.intp), np.ones(len(wanted), np.bool_))
        if self._index is None:
            return found
        matches = self._index.find(wanted)
        usable = self.defined[matches.symbol]
        query, symbol = matches.query[usable], matches.symbol[usable]
        order = np.lexsort((~self.default[symbol], query))[::-1]  # written last wins: the default one, the first one
        found.symbol[query[order]] = symbol[order]
        found.complete[matches.unfinished] = False
        return found

    def _unfinished(self, name: str | bytes) -> LimitError:
        most = self._index.most_steps if self._index else 0
        return LimitError("lookup_steps", most, f"which symbols are called {name[:SHOWN_LETTERS]!r}")

    def lookup(self, name: str | bytes) -> tuple[Symbol, ...]:
        """Return every symbol of this name that the hash table leads to, definitions and references, all versions.

        LimitError where the chain is longer than ``Limits.lookup_steps``.
        """
        return tuple([self[row] for row in self.rows_of(name)])

    def place(self, name: str | bytes, symbol: int) -> ChainPlace | None:
        """Return by which bucket and chain the symbol with this index is found; None without a hash table."""
        return self._index.place(_raw(name), symbol) if self._index else None

    def rows_of(self, name: str | bytes) -> list[int]:
        """Return the index of every symbol of this name that the hash table leads to, in the order of its chain.

        LimitError where the chain is longer than ``Limits.lookup_steps``.
        """
        if self._index is None:
            return []
        matches = self._index.find([_raw(name)])
        if not matches.complete:
            raise self._unfinished(name)
        return list(map(int, matches.symbol))

    def select(self, mask: npt.NDArray[np.bool_]) -> list[Symbol]:
        """Return the symbols where ``mask`` (one bool a symbol) is true."""
        return [self[row] for row in np.flatnonzero(mask).tolist()]

    def columns(self) -> dict[str, Any]:
        """Return all columns by name, as the attributes hold them."""
        arrays = ("value", "size", "type", "binding", "visibility", "section", "defined", "default")
        return {"name": self.names, "version": self.versions} | {name: getattr(self, name) for name in arrays}

    def to_arrow(self) -> pa.Table:
        """Return the symbols as a pyarrow table (extra ``arrow``); bytes that are no UTF-8 are escaped in names."""
        import pyarrow as pa

        return pa.table(self._shown())

    def to_pandas(self) -> pd.DataFrame:
        """Return the symbols as a pandas frame (extra ``pandas``); bytes that are no UTF-8 are escaped in names."""
        import pandas as pd

        return pd.DataFrame(self._shown())

    def _shown(self) -> dict[str, Any]:
        names = [_spelled(name) for name in self.names]
        versions = [None if version is None else _spelled(version) for version in self.versions]
        return self.columns() | {"name": names, "version": versions}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Symbol]:
        arrays = (self.value, self.size, self.type, self.binding, self.visibility, self.section)
        lists = [column.tolist() for column in arrays]
        return map(Symbol._make, zip(self.names, *lists, self.versions, self.default.tolist(), strict=True))

    def __getitem__(self, index: int) -> Symbol:
        arrays = (self.value, self.size, self.type, self.binding, self.visibility, self.section)
        numbers = [int(column[index]) for column in arrays]
        return Symbol._make((self.names[index], *numbers, self.versions[index], bool(self.default[index])))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SymbolTable):
            return NotImplemented
        return self.count == other.count and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it holds arrays

    def __repr__(self) -> str:
        defined = int(self.defined.sum())
        certainty = self.count.certainty.value
        shown = ", ".join([repr(name) for name in self.names[1:4]]) + (", ..." if len(self) > 4 else "")
        return f"SymbolTable({len(self)} symbols ({certainty}), {defined} defined: {shown})"


def _raw(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")


def _spelled(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read_symbols(image: Image, *, count: SymbolCount | None = None) -> SymbolTable:
    """Return the dynamic symbols of ``image``; empty without PT_DYNAMIC or where its table is not in the file.

    Where only bounds of the count are known, entries up to the upper one are read. ``count`` is believed if given.
    """
    count = symbol_count(image) if count is None else count
    wanted = count.total if count.total is not None else count.high or count.low
    rows = records_at(image, image.layout.sym, table_extent(image, DT_SYMTAB), wanted)
    extent = table_extent(image, DT_STRTAB, DT_STRSZ)
    strings = image.source.view(*extent) if extent else b""
    versions = read_versions(image, len(rows))
    table = read_gnu_hash(image) or read_sysv_hash(image)
    offsets = rows["st_name"].astype(np.uint32)
    index = HashIndex(table, strings, offsets, image.source.limits.lookup_steps) if table else None
    longest, odd = _longest_name(image, strings, offsets)
    told = count._replace(anomalies=(*count.anomalies, *odd))
    return SymbolTable(rows, strings, told, versions=versions, index=index, longest_name=longest)


def _longest_name(image: Image, strings: bytes, offsets: npt.NDArray[np.uint32]) -> tuple[int, tuple[Anomaly, ...]]:
    """Return how many bytes of a name are shown: less than the limit where names overlap in the string table.

    Linkers let a name begin within another one, but no table of theirs spells out to twice its size.
    """
    most = image.source.limits.string_bytes
    names = names_in(strings, distinct(offsets))
    lengths = np.minimum(names.ends - names.starts, most)
    spelled = int(lengths.sum())
    allowed = max(2 * len(strings), image.source.limits.string_table_bytes)
    if spelled <= allowed:
        return most, ()
    proof = image.dynamic_evidence(DT_STRTAB)[-1]
    longest = max(allowed // len(lengths), 1)
    detail = f"names overlap: spelled out they take {spelled} bytes, their table has {len(strings)}"
    return longest, (Anomaly(Damage.LIMIT, proof, detail, f"{longest} bytes of each name"),)
