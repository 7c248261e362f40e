"""Two section tables of one file, the real and the rebuilt: which fields of which sections differ."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.fidelity_rows import Kind, kind_of
from benchmarks.fidelity_tables import FIELDS, Row, Table

MOVED: Final = frozenset({"offset", "size"})
"""Of .shstrtab alone: it is made anew behind the last segment, with fewer names."""

REBUILT: Final = frozenset({"", ".dynsym", ".dynstr", ".text"})
"""Sections whose names can be told: to link to one is to link to that name."""

Certainties = Mapping[tuple[str, int], str]
"""How sure elfkit was of a section, by name and address."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One section of the real table: the fields that differ in the rebuilt one (`ours` None: it has none).

    `renamed` is what lies in exactly its place there, by another name; `certainty` elfkit's own, "" if it said nothing.
    """

    kind: Kind
    real: Row
    ours: Row | None
    wrong: tuple[str, ...]
    renamed: str
    certainty: str

    @property
    def right(self) -> bool:
        return self.ours is not None and not self.wrong

    @property
    def placed(self) -> bool:
        """Whether it lies where the real one lay, in the file and in memory."""
        return self.ours is not None and not {"addr", "offset", "size"} & set(self.wrong)

    @property
    def indexed(self) -> bool:
        return self.ours is not None and self.ours.position == self.real.position

    @property
    def difference(self) -> str:
        """What differs, in words that are the same for the same cause."""
        if self.ours is None:
            return f"missing, its place is {self.renamed}" if self.renamed else "missing"
        return " ".join(self.wrong)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All sections of the real table that can be rebuilt, and the rows of the rebuilt one that have no counterpart."""

    verdicts: tuple[Verdict, ...]
    surplus: tuple[Row, ...]


def compare(real: Table, ours: Table, certainties: Certainties) -> Comparison:
    """Compare section by section. Several of one name are paired in their order."""
    waiting: defaultdict[str, list[Row]] = defaultdict(list)
    places = {(row.addr, row.size): row.name for row in ours.rows if row.allocated and row.size}
    for row in ours.rows:
        if not row.filler:
            waiting[row.name].append(row)
    verdicts = []
    for row in real.rows:
        pair = waiting[row.name].pop(0) if waiting[row.name] else None
        kind = kind_of(row, real)
        if kind is None:
            continue
        renamed = places.get((row.addr, row.size), "") if pair is None else ""
        certainty = certainties.get((pair.name, pair.addr), "") if pair else ""
        verdicts.append(Verdict(kind, row, pair, differences(row, pair), renamed, certainty))
    return Comparison(tuple(verdicts), tuple(row for rows in waiting.values() for row in rows))


def differences(real: Row, ours: Row | None) -> tuple[str, ...]:
    """The names of the fields that differ."""
    if ours is None:
        return ()
    skipped = MOVED if real.name == ".shstrtab" else frozenset()
    found = [field for field in FIELDS if field not in skipped and getattr(real, field) != getattr(ours, field)]
    if "link" in found and real.link_index == ours.link_index and real.link not in REBUILT:
        found.remove("link")  # the linked row has its old index; the name that the source gave it is in no byte
    return tuple(found)


def anchors_kept(real: Table, ours: Table, indices: set[int]) -> int:
    """How many of the indices that symbols name stand for a section of the same name in the rebuilt table."""
    both = [index for index in indices if index < min(len(real.rows), len(ours.rows))]
    return sum(1 for index in both if real.rows[index].name == ours.rows[index].name)
