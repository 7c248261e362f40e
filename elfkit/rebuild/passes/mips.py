"""Sections of MIPS alone: .MIPS.options behind .MIPS.abiflags, and .rld_map, where the loader leaves word for gdb."""

from __future__ import annotations

from elfkit.abi.dynamic import DT_MIPS_RLD_MAP, DT_MIPS_RLD_MAP_REL, tag_name
from elfkit.abi.header import EM_MIPS
from elfkit.abi.sections import SHF_ALLOC, SHF_MIPS_NOSTRIP, SHF_WRITE, SHT_MIPS_OPTIONS, SHT_PROGBITS
from elfkit.abi.segments import PF_W
from elfkit.evidence import Certainty, Evidence
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections

NAME = ".MIPS.options"
ODK_NULL = 0
ALIGN = 8


def mips_option_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .MIPS.options where a chain of records begins behind .MIPS.abiflags and ends within the gap."""
    flags = sections.named(".MIPS.abiflags")
    if gathered.machine != EM_MIPS or flags is None or sections.named(NAME) is not None:
        return []
    start = -(-flags.end // ALIGN) * ALIGN
    extent = gathered.extent(start)
    most = start + extent.size if extent else start
    end = next((high for low, high in sections.gaps(start, most) if low == start), start)
    raw = gathered.image.source.view(extent.offset, min(end - start, extent.size)) if extent else b""
    size = _chain(gathered, raw)
    if extent is None or not size:
        return []
    proof = Evidence("Elf_Options", extent.offset, raw[: gathered.image.layout.mips_option.size], None)
    because = "records of options behind .MIPS.abiflags"
    return [
        PlannedSection(
            NAME,
            SHT_MIPS_OPTIONS,
            SHF_ALLOC | SHF_MIPS_NOSTRIP,
            start,
            extent.offset,
            size,
            because,
            Certainty.DERIVED,
            (proof,),
            addralign=ALIGN,
            entsize=1,
        )
    ]


def loader_map_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .rld_map, the word that DT_MIPS_RLD_MAP points to, or DT_MIPS_RLD_MAP_REL from where it stands itself."""
    del sections
    dynamic, segment = gathered.image.dynamic, gathered.image.dynamic_segment
    if gathered.machine != EM_MIPS or dynamic is None or segment is None:
        return []
    start, tag = gathered.value(DT_MIPS_RLD_MAP), DT_MIPS_RLD_MAP
    places = [place for place, (one, _) in enumerate(dynamic.entries) if one == DT_MIPS_RLD_MAP_REL]
    if start is None and places:
        tag = DT_MIPS_RLD_MAP_REL
        start = segment.vaddr + places[-1] * dynamic.entry_size + (gathered.value(tag) or 0)
    width = gathered.word_size
    start = None if start is None else start % (1 << 8 * width)
    extent = None if start is None else gathered.extent(start)
    load = None if start is None else gathered.segment_at(start)
    if start is None or extent is None or extent.size < width or load is None or not load.flags & PF_W:
        return []
    flags = SHF_ALLOC | SHF_WRITE
    said, proofs = tag_name(tag, gathered.machine), gathered.proofs(tag)
    place = (start, extent.offset, width)
    return [PlannedSection(".rld_map", SHT_PROGBITS, flags, *place, said, evidence=proofs, addralign=width)]


def _chain(gathered: Gathered, raw: bytes) -> int:
    """Return the bytes of the records at the start of ``raw``; 0 if the first is none."""
    record = gathered.image.layout.mips_option
    place = 0
    while place + record.size <= len(raw):
        kind, size, _, _ = record.reader.unpack_from(raw, place)
        if kind == ODK_NULL or size < record.size or size % ALIGN or place + size > len(raw):
            break
        place += size
    return place
