"""What sections say of each other, once all are there: names that are apart, and fields that hold another's index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from elfkit.abi.sections import (
    SHF_ALLOC,
    SHF_EXECINSTR,
    SHF_INFO_LINK,
    SHF_LINK_ORDER,
    SHT_DYNSYM,
    SHT_GNU_HASH,
    SHT_HASH,
    SHT_MIPS_XHASH,
    SHT_NOBITS,
    SHT_PROGBITS,
    SHT_GNU_verdef,
    SHT_GNU_verneed,
    SHT_GNU_versym,
)
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.got import slots_section
from elfkit.rebuild.planned import PlannedSection, Sections

SLOT_TABLES = (".rel.plt", ".rela.plt")  # relocations whose sh_info is the section with the slots they fill
# tables that say something of the symbols or strings that sh_link names: without them, bytes and no more
OF_ANOTHER = (SHT_DYNSYM, SHT_HASH, SHT_GNU_HASH, SHT_MIPS_XHASH, SHT_GNU_versym, SHT_GNU_verdef, SHT_GNU_verneed)
RELRO, RELRO_LOCAL = ".data.rel.ro", ".data.rel.ro.local"


def linked(gathered: Gathered, sections: Sections) -> Sections:
    """Return the sections with names of their own, and without links to what is not among them."""
    mapped = _placed(gathered, _named_apart(sections.mapped))
    slots = slots_section(gathered, sections)
    code = [section.name for section in mapped if section.flags & SHF_EXECINSTR and section.name.startswith(".text")]
    mapped = tuple([_of_slots(section, slots) for section in mapped])
    mapped = tuple([_in_order_of(section, code[-1] if code else "") for section in mapped])
    names = {section.name for section in (*mapped, *sections.others)}
    return replace(sections, mapped=_held(mapped, names), others=_held(sections.others, names))


def _named_apart(sections: Sequence[PlannedSection]) -> tuple[PlannedSection, ...]:
    """Return the sections under names of their own: patchelf brings symbols and sections together by name."""
    relro = [place for place, section in enumerate(sections) if section.name == RELRO]
    named = [place for place in relro if sections[place].certainty is Certainty.BOUNDED] or relro  # by symbols
    seen: Counter[str] = Counter()
    found = []
    for place, section in enumerate(sections):
        # gold takes a variable for read-only by the very name, and has one of its own for what no symbol names
        name = RELRO_LOCAL if place in relro and place != named[-1] else section.name
        count = seen[name]
        seen[name] += 1
        found.append(replace(section, name=f"{name}.{count}" if count else name))
    return tuple(found)


def _placed(gathered: Gathered, sections: Sequence[PlannedSection]) -> tuple[PlannedSection, ...]:
    """Return the sections, zeros among the bytes of a segment at the offset where the section before them ends."""
    found: list[PlannedSection] = []
    for section in sections:
        before = found[-1] if found else None
        inside = gathered.extent(section.addr) is not None
        behind = section.type == SHT_NOBITS and inside and before is not None and before.type != SHT_NOBITS
        found.append(replace(section, offset=before.offset + before.size) if before and behind else section)
    return tuple(found)


def _divided(section: PlannedSection) -> PlannedSection:
    """Return the section with an alignment that its address is a multiple of (gABI, "sh_addralign")."""
    if not section.flags & SHF_ALLOC or not section.addr:
        return section
    return replace(section, addralign=min(section.addralign, section.addr & -section.addr))


def _of_slots(section: PlannedSection, slots: str) -> PlannedSection:
    if section.name not in SLOT_TABLES or not slots:
        return section
    return replace(section, info=slots, flags=section.flags | SHF_INFO_LINK)


def _in_order_of(section: PlannedSection, code: str) -> PlannedSection:
    """Return .ARM.exidx and its like with a link to the last code: where linkers put the end of the order."""
    return replace(section, link=code) if section.flags & SHF_LINK_ORDER else section


def _held(sections: Sequence[PlannedSection], names: set[str]) -> tuple[PlannedSection, ...]:
    found = []
    for section in sections:
        lost = isinstance(section.info, str) and section.info not in names
        flags = section.flags & ~SHF_INFO_LINK if lost else section.flags
        link = section.link if section.link in names else ""
        row = replace(section, link=link, info=0 if lost else section.info, flags=flags)
        if row.type in OF_ANOTHER and not link:
            row = replace(row, type=SHT_PROGBITS, info=0, entsize=0)
        found.append(_divided(row))
    return tuple(found)
