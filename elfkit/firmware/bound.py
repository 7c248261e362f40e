"""The pass over all references of a tree: each image's own scope is asked, image by image, all references at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from elfkit.abi.binding import BindingRules, binding_rules
from elfkit.abi.header import CLASS_OF_BITS, DATA_OF_ORDER
from elfkit.evidence import Evidence
from elfkit.firmware.answers import Answers
from elfkit.firmware.bindings import Reference
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.scopes import Scope, Scopes
from elfkit.firmware.tree import Member
from elfkit.firmware.work import Work
from elfkit.formats.layout import layout
from elfkit.limits import Limits
from elfkit.tables.linkage import NOTHING
from elfkit.tables.pool import Part, Pool, pool
from elfkit.tables.symbol_uses import COPIED, NOW

Index = npt.NDArray[np.intp]
SIXTEEN_BITS = (1 << 16) - 1
# of a loader nobody knows: whatever some loader accepts is an answer
UNKNOWN_RULES = BindingRules(
    "",
    SIXTEEN_BITS,
    SIXTEEN_BITS,
    versions=False,
    hidden_answers=True,
    at_start=False,
    checks_versions=False,
    source="",
)


class ScopeWalk:
    """Asks the images of scopes one after the other, all references at once.

    ``exhausted`` says that a limit ended it: then nothing that was not found is known to be missing.
    """

    def __init__(self, answers: Answers, scopes: Sequence[Scope], work: Work) -> None:
        self.answers = answers
        self.lengths = np.array([len(scope.images) for scope in scopes], np.intp)
        total = int(self.lengths.sum())
        self.images = np.fromiter((image for scope in scopes for image in scope.images), np.intp, total)
        """The images of all scopes, one after the other."""
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.exhausted = False
        self._work = work
        self._left = work.limits.bind_steps

    def first(self, scope: Index, request: Index, skipped: Index | int = 0) -> Index:
        """Return the definition (row of the pool's) that answers each request first in its scope; -1 for none.

        The first ``skipped`` images of the scope are not asked.
        """
        found = np.full(len(scope), -1, np.intp)
        place = self.starts[scope] + skipped
        end = self.starts[scope] + self.lengths[scope]
        active = np.flatnonzero(place < end)
        while active.size:
            self._left -= active.size
            if self._left < 0:
                self.exhausted = True
                self._work.cut("bind_steps", "", "symbols were not looked for in every image of their scopes")
                break
            answer = self.answers.find(self.images[place[active]], request[active])
            found[active] = answer
            active = active[answer < 0]
            place[active] += 1
            active = active[place[active] < end[active]]
        return found


class Bound:
    """What the pass over a tree found.

    ``definition`` holds for each reference of the pool the row of the definition in the image's own scope, -1 for none.
    """

    def __init__(
        self, members: Sequence[Member], resolution: Resolution, *, preload: tuple[str, ...], limits: Limits
    ) -> None:
        self.work = Work(limits)
        self.resolution = resolution
        self.scopes = Scopes(members, resolution, preload=preload, work=self.work)
        self.members = self.scopes.members
        by_libc = {platform.libc: binding_rules(platform.libc) for platform in set(resolution.platform_of.values())}
        self.rules = tuple([_rules(resolution, member, by_libc) for member in self.members])
        self.pool: Pool = pool([_part(member) for member in self.members], most_words=limits.name_words)
        self._leave_unread()
        self.each = tuple([self.scopes.of(number) for number in range(len(self.members))])
        self.answers = Answers(self.pool, self.scopes.linkages, self.rules)
        self.walk = ScopeWalk(self.answers, self.each, self.work)
        references = self.pool.references
        # a program that has a copy of a variable asks everybody but itself for it
        copied = ((references.uses & COPIED) != 0).astype(np.intp)
        self.definition = self.walk.first(references.image, self.answers.request, copied)
        self._versions = self.answers.versions.of(references)

    def _leave_unread(self) -> None:
        left = next((number for number, own in enumerate(self.scopes.linkages) if own.symbols_offset < 0), None)
        if left is not None:
            self.work.cut("tree_linkage_bytes", self.members[left].path, "symbols from here on were not kept")
        unread = np.flatnonzero(~self.pool.whole).tolist()
        for number in unread:
            self.scopes.leave(number, "its symbols take longer to spell than is allowed")
        if unread:
            self.work.cut("name_words", self.members[unread[0]].path, "names of symbols were not read to their end")

    def name(self, row: int) -> str:
        """Return the name of a reference."""
        return self.pool.name(int(self.pool.references.name[row]))

    def asks_for(self, version: str) -> npt.NDArray[np.bool_]:
        """Return which references ask for a version, by its name."""
        names = self.answers.versions.names
        number = names.index(version) if version in names else -1
        asking: npt.NDArray[np.bool_] = np.equal(self._versions, number)
        return asking

    def reference(self, row: int) -> Reference:
        """Return a reference of the pool as a value."""
        columns = self.pool.references
        image = int(columns.image[row])
        name = self.name(row)
        return Reference(
            name,
            self.answers.versions.names[int(self._versions[row])],
            int(columns.type[row]),
            self.at_load(row),
            self._proof(image, int(columns.row[row]), name),
        )

    def at_load(self, row: int) -> bool:
        """Return whether the loader looks for the symbol of a reference before the program's first instruction."""
        columns = self.pool.references
        image = int(columns.image[row])
        facts = self.members[image].facts
        return bool(columns.uses[row] & (NOW | COPIED)) or self.rules[image].at_start or facts.bind_now.value

    def _proof(self, image: int, row: int, name: str) -> Evidence:
        linkage = self.scopes.linkages[image]
        size = _part(self.members[image]).layout.sym.size
        raw = linkage.symbols[row * size : (row + 1) * size]
        return Evidence(f"DT_SYMTAB entry {row}", linkage.symbols_offset + row * size, raw, name)


def _rules(resolution: Resolution, member: Member, by_libc: Mapping[str, BindingRules | None]) -> BindingRules:
    platform = resolution.platform(member)
    return (by_libc[platform.libc] if platform else None) or UNKNOWN_RULES


def _part(member: Member) -> Part:
    facts = member.facts
    records = layout(CLASS_OF_BITS[facts.elf_class.value], DATA_OF_ORDER[facts.data.value])
    return Part(records, facts.e_machine, facts.linkage or NOTHING)
