"""What the file still says about its sections: one function per source, no conclusion yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from elfkit.abi.dynamic import DT_STRSZ, DT_SYMTAB
from elfkit.abi.segments import PT_GNU_RELRO
from elfkit.errors import RefusedError
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image
from elfkit.image.segments import Segment
from elfkit.rebuild.anchors import Anchor, find_anchors
from elfkit.rebuild.coverage import sound_loads
from elfkit.rebuild.slots import Slots, find_slots
from elfkit.tables.counts import SymbolCount, symbol_count
from elfkit.tables.eh_frame import EhFrame, read_eh_frame
from elfkit.tables.eh_frame_scan import find_eh_frame
from elfkit.tables.extents import table_extent
from elfkit.tables.relocations import Relocations, read_relocations
from elfkit.tables.symbols import SymbolTable, read_symbols


def sure_symbols(image: Image, count: SymbolCount) -> SymbolTable:
    """Return as many dynamic symbols as ``count`` says; where it only bounds them, those that are there for sure."""
    return read_symbols(image, count=count if count.total is not None else count._replace(high=count.low))


def stated_count(image: Image, total: int) -> SymbolCount:
    """Return the count that the user states beside what the file shows, which may contradict it.

    RefusedError for more symbols than there can be.
    """
    extent = table_extent(image, DT_SYMTAB)
    most = 0 if extent is None else max(min(extent.size, image.source.size - extent.offset), 0) // image.layout.sym.size
    if total > most:
        raise RefusedError(
            image.source.name, f"there is room for {most} dynamic symbols at DT_SYMTAB, {total} were given"
        )
    counted = symbol_count(image)
    proof = Evidence("the user's count", None, b"", total)
    anomalies = counted.anomalies
    if counted.total is not None and counted.total != total:
        source = counted.evidence[0].source if counted.evidence else "the dynamic section"
        said = f"given are {total} dynamic symbols, {source} says {counted.total}"
        anomalies = (Anomaly(Damage.SYMBOLS, proof, said, f"{total}"), *anomalies)
    return SymbolCount(total, total, total, Certainty.STATED, (proof, *counted.evidence), anomalies)


@dataclass(frozen=True, eq=False)
class Gathered:
    """The evidence of one image: what several passes need, each read when first asked for, and once."""

    image: Image
    stated_symbols: int | None = None  # the count that the user states

    @cached_property
    def symbols(self) -> SymbolTable:
        """The dynamic symbols, those that are counted for sure."""
        return sure_symbols(self.image, self.count)

    @cached_property
    def count(self) -> SymbolCount:
        """How many dynamic symbols there are, and what says so."""
        total = self.stated_symbols
        return symbol_count(self.image) if total is None else stated_count(self.image, total)

    @cached_property
    def unnamed(self) -> int:
        """How many dynamic symbols have a name that would lie behind the string table."""
        size = self.value(DT_STRSZ)
        return 0 if size is None else int((self.symbols.name_offsets >= max(size, 1)).sum())

    @cached_property
    def relocations(self) -> tuple[Relocations, ...]:
        """Every relocation table, the packed ones decoded."""
        return read_relocations(self.image)

    @cached_property
    def slots(self) -> Slots:
        """The words of global offset tables that relocations write."""
        return find_slots(self.image, self.relocations)

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        """Rows of the lost table that defined symbols name, ascending by index and address."""
        return find_anchors(self.image, self.symbols)

    @cached_property
    def unwind(self) -> EhFrame | None:
        """The .eh_frame that .eh_frame_hdr points to, or else one that was found; None if there is none."""
        return read_eh_frame(self.image) or find_eh_frame(self.image)

    @cached_property
    def loads(self) -> tuple[Segment, ...]:
        """The PT_LOADs that a loader would map, cut to what the file holds."""
        return sound_loads(self.image)

    @property
    def machine(self) -> int:
        """e_machine."""
        return self.image.header.machine

    @property
    def word_size(self) -> int:
        """Bytes of an address."""
        return self.image.layout.word_size

    def value(self, tag: int) -> int | None:
        """Return the value of a dynamic tag, of several the last; None if it is not there."""
        return self.image.dynamic.values.get(tag) if self.image.dynamic else None

    def extent(self, vaddr: int) -> Extent | None:
        """Return file offset and remaining bytes of what is mapped at ``vaddr``; None if the file has none."""
        return self.image.extent_of(vaddr)

    def proofs(self, *tags: int) -> tuple[Evidence, ...]:
        """Return the entries of the dynamic section that bear these tags, the last of each."""
        found = [self.image.dynamic_evidence(tag)[-1:] for tag in tags]
        return tuple([proof for proofs in found for proof in proofs])

    def segments(self, p_type: int) -> list[Segment]:
        """Return the segments of a type, in the order of the program headers."""
        return [segment for segment in self.image.segments if segment.type == p_type]

    def segment_at(self, vaddr: int) -> Segment | None:
        """Return the PT_LOAD whose memory holds ``vaddr``; None if none does."""
        return next((load for load in self.loads if 0 <= vaddr - load.vaddr < load.memsz), None)

    def in_relro(self, vaddr: int) -> bool:
        """Return whether PT_GNU_RELRO takes ``vaddr``: what is only read once it is relocated."""
        return any(0 <= vaddr - segment.vaddr < segment.memsz for segment in self.segments(PT_GNU_RELRO))
