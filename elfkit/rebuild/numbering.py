"""Numbers for the planned sections: st_shndx of the dynamic symbols names rows of the table that was lost.

Linkers and debuggers judge a symbol by the section its index names. So a section that symbols name gets its old index;
the others take the free places in the order of their addresses; places left over are filled with empty rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elfkit.abi.sections import SHF_EXECINSTR, SHF_TLS, SHT_PROGBITS
from elfkit.evidence import Certainty
from elfkit.rebuild.anchors import Anchor
from elfkit.rebuild.planned import PlannedSection

NOWHERE = -1
INSIDE, AT_END = 4, 1  # how well an anchor fits a section: all its symbols in it, or just at its end
LIKE = 1  # more, where function or thread-local symbols find a section of their class


@dataclass(frozen=True, slots=True)
class Numbering:
    """The sections with their indices, ascending and from 1 without a gap, and anchors that no section takes."""

    sections: tuple[PlannedSection, ...]
    unmatched: tuple[Anchor, ...]


def fits(anchor: Anchor, section: PlannedSection) -> int:
    """Return how well ``section`` holds the symbols of ``anchor``; 0 if it cannot be theirs."""
    thread = bool(section.flags & SHF_TLS)
    if anchor.thread != thread or not section.addr <= anchor.first <= anchor.last <= section.end:
        return 0
    inside = INSIDE if anchor.first < section.end or not section.size else AT_END
    inside += anchor.end <= section.end
    return inside + (LIKE if anchor.code == bool(section.flags & SHF_EXECINSTR) else 0)


def matched(anchors: Sequence[Anchor], sections: Sequence[PlannedSection]) -> dict[int, Anchor]:
    """Return for places in ``sections`` the anchor each takes: both ascend, and the sum of the fits is the highest."""
    best = [[0] * (len(sections) + 1) for _ in range(len(anchors) + 1)]
    for row, anchor in enumerate(anchors, 1):
        for column, section in enumerate(sections, 1):
            skipped = max(best[row - 1][column], best[row][column - 1])
            fit = fits(anchor, section)
            best[row][column] = max(skipped, best[row - 1][column - 1] + fit) if fit else skipped
    found = {}
    row, column = len(anchors), len(sections)
    while row and column:
        if best[row][column] == best[row - 1][column]:
            row -= 1
        elif best[row][column] == best[row][column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            found[column] = anchors[row]
    return found


def number(anchors: Sequence[Anchor], mapped: Sequence[PlannedSection], others: Sequence[PlannedSection]) -> Numbering:
    """Return all sections with their indices: ``mapped`` ascend by address, ``others`` come last."""
    held = matched(anchors, mapped)
    taken = {anchor.number: mapped[place] for place, anchor in held.items()}
    top = max(taken, default=0)
    waiting: list[PlannedSection] = []  # that found no place between the anchors around them
    index = 1
    for place, section in enumerate(mapped):
        if place in held:
            index = held[place].number + 1
            continue
        if index in taken or (index > top and taken and place < max(held, default=0)):
            waiting.append(section)
            continue
        taken[index] = section
        index += 1
    index = max(taken, default=0)
    for section in (*waiting, *others):
        index += 1
        taken[index] = section
    rows = [taken.get(at, FILLER).numbered(at) for at in range(1, index + 1)]
    matched_anchors = {anchor.number for anchor in held.values()}
    return Numbering(tuple(rows), tuple(anchor for anchor in anchors if anchor.number not in matched_anchors))


FILLER = PlannedSection(
    ".filler",
    SHT_PROGBITS,  # not SHT_NULL: strip drops such rows and numbers the others anew
    0,
    0,
    0,
    0,
    "keeps the indices that symbols name",
    Certainty.DERIVED,
    addralign=1,  # not 0: linkers divide by it
)
