"""Note sections: one for each run of notes of one owner and type in the PT_NOTE segments."""

from __future__ import annotations

from itertools import groupby

from elfkit.abi.notes import note_name, note_section
from elfkit.abi.sections import SHF_ALLOC, SHT_NOTE
from elfkit.abi.segments import PT_NOTE
from elfkit.evidence import Anomaly, Evidence
from elfkit.facts.build_id import Note, notes
from elfkit.image.segments import Segment
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections


def note_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return the .note.* sections; a PT_NOTE within another holds nothing new."""
    del sections
    found: list[PlannedSection] = []
    covered = 0
    for segment in sorted(gathered.segments(PT_NOTE), key=lambda segment: segment.offset):
        if segment.filesz and segment.offset >= covered:
            covered = segment.offset + segment.filesz
            anomalies: list[Anomaly] = []
            runs = groupby(notes(gathered.image, segment, anomalies), key=lambda note: (note.owner, note.type))
            found += [_section(segment, list(run)) for _, run in runs]
    return found


def _section(segment: Segment, run: list[Note]) -> PlannedSection:
    first, last = run[0], run[-1]
    name = note_name(first.owner, first.type)
    within = first.start - segment.offset
    mapped = segment.vaddr != 0 or segment.offset == 0
    return PlannedSection(
        note_section(first.owner, first.type),
        SHT_NOTE,
        SHF_ALLOC if mapped else 0,
        segment.vaddr + within if mapped else 0,
        first.start,
        min(last.end, segment.offset + segment.filesz) - first.start,
        f"{name} of {first.owner.decode('ascii', 'backslashreplace') or 'no owner'} in PT_NOTE",
        evidence=(Evidence(name, first.offset, first.descriptor[:64], None),),
        addralign=8 if segment.align == 8 else 4,
    )
