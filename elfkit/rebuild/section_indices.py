"""st_shndx of the dynamic symbols: kept, rewritten, or left to name rows that are not theirs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, unique

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_SYMTAB
from elfkit.abi.sections import SHF_ALLOC, SHF_TLS, SHN_LORESERVE, SHN_UNDEF
from elfkit.abi.symbols import STT_SECTION, STT_TLS
from elfkit.image.image import Image
from elfkit.image.sections import Section
from elfkit.rebuild.anchors import mapped_values
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.numbering import FILLER
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.write import Patch, packed
from elfkit.tables.symbols import SymbolTable

LAST = 2**64 - 1  # what a column holds: a hostile row may end beyond it


@unique
class SectionIndices(Enum):
    """How the table and the indices that the symbols hold are brought together."""

    KEEP = "keep"  # the table is numbered as the lost one was: no loaded byte changes
    REWRITE = "rewrite"  # the symbols get the indices of the new table: two bytes a symbol change
    OFF = "off"  # neither: linkers find functions, but treat variables wrongly


def is_in_a_section(symbols: SymbolTable) -> npt.NDArray[np.bool_]:
    """Return the mask of symbols whose st_shndx is the index of a section.

    Section symbols are left out: old linkers export them for sections that are not loaded too, and none is linked to.
    """
    mask: npt.NDArray[np.bool_] = (symbols.section != SHN_UNDEF) & (symbols.section < SHN_LORESERVE)
    mask &= symbols.type != STT_SECTION
    return mask


def fitting_indices(gathered: Gathered, sections: Sequence[PlannedSection]) -> npt.NDArray[np.uint16]:
    """Return for each dynamic symbol the index of the section that holds it, or the st_shndx it has.

    Undefined, absolute, common and processor-specific indices stay (gABI, "Symbol Table"), and so do those of symbols
    that no section holds.
    """
    symbols = gathered.symbols
    defined = np.flatnonzero(is_in_a_section(symbols))
    values, thread = mapped_values(gathered.image, symbols)[defined], symbols.type[defined] == STT_TLS
    found = np.zeros(len(defined), np.uint16)
    for at_end in (True, False):  # a symbol at the end of one section and the start of the next is the latter's
        for row in sections:
            high = values <= row.end if at_end else values < row.end
            inside = (values >= row.addr) & high & (thread == bool(row.flags & SHF_TLS))
            if row.in_memory or row.flags & SHF_TLS:
                found[inside] = row.index or 0
    named = symbols.section.copy()
    named[defined] = np.where(found != 0, found, named[defined])
    return named


def rewritten_indices(gathered: Gathered, named: npt.NDArray[np.uint16]) -> tuple[Patch, ...]:
    """Return the patches that give each dynamic symbol the st_shndx in ``named``."""
    layout = gathered.image.layout
    extent = gathered.extent(gathered.value(DT_SYMTAB) or 0)
    if extent is None:
        return ()
    within, width = layout.sym.spans["st_shndx"]
    first = extent.offset + within
    return tuple(
        [
            Patch(first + place * layout.sym.size, packed(gathered.image, int(named[place]), width))
            for place in np.flatnonzero(named != gathered.symbols.section).tolist()
        ]
    )


def symbols_astray(
    image: Image,
    symbols: SymbolTable,
    sections: Sequence[PlannedSection | Section],
    named: npt.NDArray[np.uint16] | None = None,
) -> npt.NDArray[np.intp]:
    """Return which symbols name a row that does not hold them, or that is of another class, ascending.

    ``sections`` are the rows from index 1 on; ``named`` the indices that symbols name, if not those of their st_shndx.
    """
    defined = np.flatnonzero(is_in_a_section(symbols))
    section = symbols.section if named is None else named
    place = np.minimum(section[defined], len(sections) + 1)
    rows = [FILLER, *sections, FILLER]
    flags = np.array([row.flags for row in rows], np.uint64)[place]
    low = np.array([min(row.addr, LAST) for row in rows], np.uint64)[place]
    high = np.array([min(row.addr + row.size, LAST) for row in rows], np.uint64)[place]
    thread = symbols.type[defined] == STT_TLS
    value = mapped_values(image, symbols)[defined]
    kind = thread == ((flags & np.uint64(SHF_TLS)) != 0)
    loaded = (flags & np.uint64(SHF_ALLOC)) != 0
    astray: npt.NDArray[np.intp] = defined[~(kind & loaded & (low <= value) & (value <= high))]
    return astray
