"""Slots: the words of a global offset table, as far as relocations tell them from other data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_TLSDESC_GOT
from elfkit.abi.header import EM_MIPS, EM_MIPS_RS3_LE, EM_SPARC, EM_SPARC32PLUS, EM_SPARCV9, EM_X86_64
from elfkit.abi.relocations import SlotRelocations, slot_relocations
from elfkit.image.image import Image
from elfkit.tables.distinct import distinct
from elfkit.tables.relocations import Relocations

U64 = npt.NDArray[np.uint64]
# the type is a byte: above it stands more of the addend, or a second and third type
TYPE_BYTE = (EM_SPARC, EM_SPARC32PLUS, EM_SPARCV9, EM_MIPS, EM_MIPS_RS3_LE)
HIGHEST = 2**64 - 1


@dataclass(frozen=True, eq=False)
class Slots:
    """Addresses of words that the dynamic linker fills, each array ascending and without repetition.

    ``width`` is the bytes of a word. ``calls`` are those that DT_JMPREL fills for stubs, ``jumps`` those of them with
    JUMP_SLOT, ``data`` those that only a global offset table has (GLOB_DAT, thread-local), ``shared`` those that any
    data has (RELATIVE and others), ``indirect`` the IRELATIVE ones outside DT_JMPREL. ``ordered`` are the r_offsets of
    DT_JMPREL in file order.
    """

    width: int
    calls: U64
    jumps: U64
    data: U64
    shared: U64
    indirect: U64
    ordered: U64

    @property
    def known(self) -> U64:
        """The words that lie in a table of slots for certain."""
        return np.union1d(self.calls, self.data)

    @property
    def written(self) -> U64:
        """Every word that a relocation writes."""
        return distinct(np.concatenate([self.calls, self.data, self.shared, self.indirect]))


def find_slots(image: Image, relocations: tuple[Relocations, ...]) -> Slots:
    """Return the slots of an image; all arrays are empty for a machine whose relocations are not known."""
    width = 8 if image.header.machine == EM_X86_64 else image.layout.word_size  # x32 has words of 8 bytes
    row = slot_relocations(image.header.machine, image.layout.elf_class)
    none = np.empty(0, np.uint64)
    if row is None:
        return Slots(width, none, none, none, none, none, none)
    kinds: dict[str, list[U64]] = {"calls": [], "jumps": [], "data": [], "shared": [], "indirect": [], "ordered": []}
    ordered = next((table.offset for table in relocations if table.table == "DT_JMPREL"), none)
    for table in relocations:
        kind = table.type & np.uint32(0xFF) if image.header.machine in TYPE_BYTE else table.type
        _sort(table, kind, row, width, kinds)
    values = image.dynamic.values if image.dynamic else {}
    if DT_TLSDESC_GOT in values:  # a word for the resolver of descriptors, which the loader fills without a relocation
        kinds["data"].append(np.array([values[DT_TLSDESC_GOT] % 2**64], np.uint64))
    columns = {name: distinct(np.concatenate([none, *parts])) for name, parts in kinds.items()}
    columns["ordered"] = ordered
    apart = columns["shared"]
    columns["shared"] = apart[~np.isin(apart, np.concatenate([columns["calls"], columns["data"]]))]
    columns["indirect"] = columns["indirect"][~np.isin(columns["indirect"], columns["calls"])]
    return Slots(width, **columns)


def _sort(
    table: Relocations, kind: npt.NDArray[Any], row: SlotRelocations, width: int, kinds: dict[str, list[U64]]
) -> None:
    """Add the r_offsets of one table to the kinds of words they are."""
    offset, second = table.offset, np.uint64(width)
    lazy = table.table == "DT_JMPREL"
    calls = np.isin(kind, row.jump_slot) | (np.isin(kind, row.indirect) if lazy else False)
    pairs = np.isin(kind, row.descriptor)
    module = np.isin(kind, row.module)
    data = np.isin(kind, row.glob_dat + row.offsets) | module
    indirect = np.isin(kind, row.indirect) & ~calls
    kinds["calls"].append(offset[calls])
    kinds["jumps"].append(offset[np.isin(kind, row.jump_slot)])
    kinds["calls" if lazy else "data"] += [offset[pairs], offset[pairs] + second]
    kinds["data"] += [offset[data], offset[module] + second]
    kinds["indirect"].append(offset[indirect])
    kinds["shared"].append(offset[~(calls | pairs | data | indirect) & ((kind != 0) | (table.table == "DT_RELR"))])


def run_end(words: U64, start: int, width: int, limit: int) -> int:
    """Return where the run of adjacent ``words`` (ascending) that begins at ``start`` ends, at most ``limit``."""
    later = words[int(np.searchsorted(words, _word(start))) :]
    broken = np.flatnonzero(later != _word(start) + np.arange(len(later), dtype=np.uint64) * np.uint64(width))
    count = int(broken[0]) if len(broken) else len(later)
    return min(start + count * width, limit)


def run_start(words: U64, end: int, width: int, limit: int) -> int:
    """Return where the run of adjacent ``words`` (ascending) that ends at ``end`` begins, at least ``limit``."""
    earlier = words[: int(np.searchsorted(words, _word(end)))][::-1]
    broken = np.flatnonzero(earlier != _word(end) - np.arange(1, len(earlier) + 1, dtype=np.uint64) * np.uint64(width))
    count = int(broken[0]) if len(broken) else len(earlier)
    return max(end - count * width, limit)


def within(words: U64, start: int, end: int) -> U64:
    """Return those of ``words`` (ascending) in [start, end)."""
    return words[int(np.searchsorted(words, _word(start))) : int(np.searchsorted(words, _word(end)))]


def _word(number: int) -> np.uint64:
    return np.uint64(min(max(number, 0), HIGHEST))
