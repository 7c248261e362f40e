"""The result, read back as any reader would: what was planned stands there, and nothing else has changed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from elfkit.abi.sections import (
    SHT_DYNSYM,
)
from elfkit.errors import UnverifiedError
from elfkit.image.image import Image
from elfkit.image.sections import SectionHeaders
from elfkit.image.source import Source
from elfkit.rebuild.coverage import first_nonzero, loaded_gaps, sound_loads
from elfkit.rebuild.existing import table_trust
from elfkit.rebuild.gathered import sure_symbols
from elfkit.rebuild.patching import Scope, patches_are_meant
from elfkit.rebuild.plan import SectionPlan
from elfkit.rebuild.planned import Bounds, Sections
from elfkit.rebuild.report import Check
from elfkit.rebuild.section_indices import is_in_a_section, symbols_astray
from elfkit.rebuild.write import Appendix, with_names
from elfkit.tables.counts import symbol_count

BLOCK = 1 << 20  # bytes compared at once
ONLY_THE_TABLE = Scope()  # the ELF header points to another one, nothing else changes


def verify(
    original: Image, result: Image, plan: SectionPlan, added: Appendix, scope: Scope = ONLY_THE_TABLE
) -> tuple[Check, ...]:
    """Return what holds of ``result``; UnverifiedError with the first thing that does not.

    ``scope`` is what may change besides the ELF header.
    """
    checks = [patches_are_meant(result, added, scope, plan.count.low)]
    checks += [bytes_are_kept(original.source, result.source, added)]
    judges: tuple[Callable[[Image, SectionPlan], Check], ...] = (
        table_is_as_planned,
        symbols_are_counted,
        sections_do_not_overlap,
        symbols_lie_in_their_sections,
        loaded_bytes_are_covered,
    )
    checks += [judge(result, plan) for judge in judges]
    return tuple(checks)


def verify_revived(
    original: Image, result: Image, plan: SectionPlan, added: Appendix, scope: Scope = ONLY_THE_TABLE
) -> tuple[Check, ...]:
    """Return what holds of ``result``, whose ELF header points to the old table again; UnverifiedError otherwise."""
    meant = patches_are_meant(result, added, scope, 0)
    kept = bytes_are_kept(original.source, result.source, added)
    trust = table_trust(result)
    if not trust.whole:
        raise UnverifiedError(trust.why)
    return (
        meant,
        kept,
        Check("table", f"{len(plan.sections)} sections of the old table agree with the dynamic section"),
    )


def bytes_are_kept(original: Source, result: Source, added: Appendix) -> Check:
    """Hold the result against the original byte by byte, but for the patches and what was appended."""
    size = original.size
    for offset, raw in original.blocks(BLOCK):
        expected = bytearray(raw)
        for patch in added.patches:
            low, high = max(patch.offset, offset), min(patch.offset + len(patch.data), offset + len(raw))
            if low < high:
                expected[low - offset : high - offset] = patch.data[low - patch.offset : high - patch.offset]
        if result.unbudgeted(offset, len(raw)) != expected:
            raise UnverifiedError(f"a byte between {offset:#x} and {offset + len(raw):#x} differs from the original")
    changed = sum(len(patch.data) for patch in added.patches)
    return Check("bytes kept", f"all {size} bytes are the original's but {changed} that were meant to change")


def table_is_as_planned(result: Image, plan: SectionPlan) -> Check:
    """Read the table back and hold each row against the plan."""
    table = result.sections
    if table.state is not SectionHeaders.PRESENT:
        raise UnverifiedError("the section header table that was written cannot be read")
    rows = with_names(plan.sections, table.rows[table.names].offset)
    if len(table.rows) != len(rows) + 1:
        raise UnverifiedError(f"{len(table.rows)} rows were read back of {len(rows) + 1}")
    names = result.source.unbudgeted(table.rows[table.names].offset, table.rows[table.names].size)
    titles = dict(enumerate(["", *[section.name for section in rows]]))
    for number, (section, row) in enumerate(zip(rows, table.rows[1:], strict=True), 1):
        name = names[row.name : names.find(b"\0", row.name)].decode("utf-8", "surrogateescape")
        info = titles.get(row.info) if isinstance(section.info, str) else row.info
        fields = (section.type, section.flags, section.addr, section.offset, section.size)
        planned = (section.name, *fields, section.link, section.info, section.addralign, section.entsize)
        found = (name, *row[1:6], titles.get(row.link), info, row.addralign, row.entsize)
        if found != planned:
            raise UnverifiedError(f"row {number} was read back as {name}, not as {section.name} was planned")
    return Check("table", f"{len(rows)} sections are read back as planned")


def symbols_are_counted(result: Image, plan: SectionPlan) -> Check:
    """Hold the size of .dynsym against the count."""
    size = result.layout.sym.size
    rows = [row for row in result.sections.rows if row.type == SHT_DYNSYM]
    counted = rows[0].size // size if rows else 0
    found, planned = symbol_count(result), plan.count
    if found.evidence and planned.evidence[-len(found.evidence) :] != found.evidence:
        raise UnverifiedError("the dynamic symbols are counted otherwise than before")
    if planned.total is not None and counted != planned.total:
        raise UnverifiedError(f".dynsym holds {counted} symbols, there are {planned.total}")
    return Check("symbols", f"{counted} dynamic symbols ({plan.count.certainty.value})")


def sections_do_not_overlap(result: Image, plan: SectionPlan) -> Check:
    """Every section that is loaded lies in a segment, and in no other section."""
    rows = sorted(section for section in [(s.addr, s.end, s.name) for s in plan.sections if s.in_memory and s.size])
    for before, after in pairwise(rows):
        if before[1] > after[0]:
            raise UnverifiedError(f"{before[2]} and {after[2]} overlap")
    for start, end, name in rows:
        if not any(load.vaddr <= start and end <= load.vaddr + load.memsz for load in sound_loads(result)):
            raise UnverifiedError(f"{name} lies in no PT_LOAD")
    return Check("no overlap", f"{len(rows)} loaded sections, each within a segment and clear of the others")


def symbols_lie_in_their_sections(result: Image, plan: SectionPlan) -> Check:
    """Count in the rows that were written which symbols name a section that holds them: as many as were planned."""
    symbols = sure_symbols(result, plan.count)
    defined = int(is_in_a_section(symbols).sum())
    astray = len(symbols_astray(result, symbols, result.sections.rows[1:]))
    if (defined, astray) != (plan.defined, plan.astray):
        raise UnverifiedError(f"{astray} of {defined} defined symbols name a section that does not hold them")
    return Check("symbols in place", f"{defined - astray} of {defined} defined symbols lie in the section they name")


def loaded_bytes_are_covered(result: Image, plan: SectionPlan) -> Check:
    """No byte of a segment that is not zero lies outside every section, the headers of the file apart."""
    everywhere = Bounds(((0, 1 << (8 * result.layout.word_size)),), result.source.size)
    mapped = Sections().adding([section for section in plan.sections if section.in_memory], bounds=everywhere)
    for load in sound_loads(result):
        for start, end in loaded_gaps(result, mapped, load):
            stray = first_nonzero(result, load.offset + start - load.vaddr, end - start)
            if stray is not None:
                raise UnverifiedError(f"the byte at {stray:#x} is loaded and lies in no section")
    loaded = sum(load.filesz for load in sound_loads(result))
    return Check("coverage", f"every byte that is not zero of {loaded} loaded ones lies in a section")
