"""The plan of a section header table: a list of passes, each of which says what has become true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elfkit.errors import LimitError, RefusedError
from elfkit.image.image import Image
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.links import linked
from elfkit.rebuild.numbering import number
from elfkit.rebuild.passes.code import initialisation_sections
from elfkit.rebuild.passes.dynamic import (
    hash_sections,
    relocation_sections,
    sized_sections,
    symbol_sections,
    version_sections,
)
from elfkit.rebuild.passes.empty import empty_sections
from elfkit.rebuild.passes.exception_tables import arm_exception_table_sections, exception_table_sections
from elfkit.rebuild.passes.gaps import gap_sections
from elfkit.rebuild.passes.got import got_sections
from elfkit.rebuild.passes.mips import loader_map_sections, mips_option_sections
from elfkit.rebuild.passes.notes import note_sections
from elfkit.rebuild.passes.plt import plt_sections
from elfkit.rebuild.passes.plt_tables import descriptor_sections, plt_table_sections
from elfkit.rebuild.passes.salvage import salvaged_sections
from elfkit.rebuild.passes.segments import delimited_sections, dynamic_section, thread_local_sections
from elfkit.rebuild.passes.unwind import frame_sections, unwind_segment_sections
from elfkit.rebuild.passes.zeros import zero_sections
from elfkit.rebuild.planned import Bounds, PlannedSection, Rejected, Sections
from elfkit.rebuild.section_indices import (
    SectionIndices,
    fitting_indices,
    is_in_a_section,
    rewritten_indices,
    symbols_astray,
)
from elfkit.rebuild.write import Patch
from elfkit.tables.counts import SymbolCount

PASSES = (
    # what the program headers delimit is a section of its own
    delimited_sections,
    dynamic_section,
    note_sections,
    thread_local_sections,
    # every table that the loader is told of is a section
    symbol_sections,
    sized_sections,
    version_sections,
    hash_sections,
    relocation_sections,
    mips_option_sections,
    loader_map_sections,
    # what unwinders read has its extent
    unwind_segment_sections,
    frame_sections,
    exception_table_sections,
    arm_exception_table_sections,
    # the words that relocations fill, and the stubs that call through them, have their extents
    plt_table_sections,
    descriptor_sections,
    got_sections,
    plt_sections,
    # the code around the tables has names
    initialisation_sections,
    # from here on every loaded byte that is not zero lies in a section
    zero_sections,
    gap_sections,
    # what is not loaded is known by the old table alone
    salvaged_sections,
)


MOST_NAMED = 3  # symbols of one fault: more names say nothing new
MOST_SEGMENTS = 4096  # each may have to do with each
MOST_SECTIONS = 4096  # that a table is given: symbols of a damaged file may name any index up to 65,279


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """The table to be written: ``sections`` from index 1 on, in their order; ``rejected`` is what was left out.

    ``count`` is how many dynamic symbols there are, and how that is known; ``patches`` are bytes of the file that
    change besides the ELF header; ``astray`` is how many of the ``defined`` symbols name no
    section that holds them, ``strays`` are the names of the first of those. ``unnamed`` is how many
    dynamic symbols have a name behind the string table.
    """

    sections: tuple[PlannedSection, ...]
    rejected: tuple[Rejected, ...]
    count: SymbolCount
    machine: int
    patches: tuple[Patch, ...] = ()
    defined: int = 0
    astray: int = 0
    strays: tuple[str, ...] = ()
    unnamed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "symbols": self.count.to_dict(),
            "sections": [section.to_dict(self.machine) for section in self.sections],
            "rejected": [{"name": row.section.name, "why": row.why} for row in self.rejected],
            "patches": [{"offset": patch.offset, "data": patch.data.hex()} for patch in self.patches],
            "defined": self.defined,
            "astray": self.astray,
        }


def plan_sections(
    image: Image, *, indices: SectionIndices = SectionIndices.KEEP, symbols: int | None = None
) -> SectionPlan:
    """Return the section header table that the program headers and the dynamic section of ``image`` give.

    ``symbols`` overrides the count of dynamic symbols: RefusedError for more than there is room for, and for more
    segments than a linker makes; LimitError for a file that is too large. Nothing of the file is changed or written.
    """
    most = image.source.limits.rebuilt_bytes
    if image.source.size > most:
        raise LimitError("rebuilt_bytes", most, f"which sections lay in {image.source.size} bytes")
    if len(image.segments) > MOST_SEGMENTS:
        said = f"it has {len(image.segments)} program headers; a table is planned for {MOST_SEGMENTS} at most"
        raise RefusedError(image.source.name, said)
    gathered = Gathered(image, symbols)
    sections = Sections()
    bounds = Bounds(tuple([(load.vaddr, load.vaddr + load.memsz) for load in gathered.loads]), image.source.size)
    for find in PASSES:
        sections = sections.adding(find(gathered, sections), bounds=bounds)
    sections = linked(gathered, sections)
    anchors = gathered.anchors if indices is SectionIndices.KEEP else ()
    anchors = tuple([anchor for anchor in anchors if anchor.number < MOST_SECTIONS])
    numbering = number(anchors, sections.allocated(), sections.outside_memory())
    if numbering.unmatched:
        sections = sections.adding(empty_sections(gathered, numbering.unmatched), bounds=bounds)
        numbering = number(anchors, sections.allocated(), sections.outside_memory())
    rows = numbering.sections
    table = gathered.symbols
    named = fitting_indices(gathered, rows) if indices is SectionIndices.REWRITE else table.section
    patches = rewritten_indices(gathered, named)
    astray = symbols_astray(image, table, rows, named)
    defined = int(is_in_a_section(table).sum())
    strays = tuple([table.names[place] or f"symbol {place}" for place in astray[:MOST_NAMED].tolist()])
    fields = (gathered.count, image.header.machine, patches, defined, len(astray), strays, gathered.unnamed)
    return SectionPlan(rows, sections.rejected, *fields)
