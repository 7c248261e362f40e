"""Where the symbols of each image are looked for: the images of a start, in the order a loader asks them.

glibc: the program, LD_PRELOAD, then what they need breadth first, filtees before their filter (elf/dl-deps.c,
_dl_map_object_deps); DF_1_INTERPOSE is none of the flags it knows (DT_1_SUPPORTED_MASK in include/elf.h). musl: the
same without filters (ldso/dynlink.c, load_deps).
The loader itself comes last: libraries need it by name, or (musl) it is the C library that they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from elfkit.abi.libc import MUSL
from elfkit.abi.musl_releases import Release, release_of
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit.firmware.needs import Need, Outcome
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member
from elfkit.firmware.work import Work
from elfkit.limits import Budget
from elfkit.tables.linkage import NOTHING, Linkage

BOUND = frozenset({Kind.EXECUTABLE, Kind.PIE, Kind.SHARED})
ANSWERED = (Outcome.FOUND, Outcome.BUILT_IN)


class Gap(NamedTuple):
    """What keeps a scope from being known: the image, and what it lacks.

    ``need`` is the needed name that was not found; None where the image's own symbols could not be read.
    """

    path: str
    need: Need | None
    detail: str


class Scope(NamedTuple):
    """The images of a start by number, in the order they are asked; ``gap`` tells why there may be more."""

    images: tuple[int, ...]
    gap: Gap | None


class Scopes:
    """The images of a tree that are bound, numbered, and the scope of each as if its own start were its last.

    The scope of a program is that of its start. A library's own scope is part of the scope of every start that maps it.
    """

    def __init__(
        self,
        members: Iterable[Member],
        resolution: Resolution,
        *,
        preload: tuple[str, ...],
        work: Work,
    ) -> None:
        self.resolution = resolution
        self.work = work
        self.preload = preload
        self.members = [member for member in members if _is_bound(member.facts, resolution.platform(member))]
        self.paths = [member.path for member in self.members]
        self.number: Mapping[str, int] = {path: number for number, path in enumerate(self.paths)}
        self.linkages = [member.facts.linkage or NOTHING for member in self.members]
        self._found: dict[str, str] | None = None
        self._filtees: dict[int, list[int]] = {}
        self._direct: list[tuple[int, ...]] = []
        self._gap: list[Gap | None] = []
        for member, linkage in zip(self.members, self.linkages, strict=True):
            direct, gap = self._needs(member, linkage)
            self._direct.append(direct)
            self._gap.append(gap)
        self._steps = Budget(work.limits.start_steps)

    def leave(self, number: int, detail: str) -> None:
        """Take the symbols of image ``number`` for unknown."""
        self._gap[number] = self._gap[number] or Gap(self.paths[number], None, detail)

    def loader(self, number: int) -> int | None:
        """Return the image that is the loader of image ``number``; None where the tree has none."""
        platform = self.resolution.platform(self.members[number])
        return self.number.get(platform.loader) if platform else None

    def musl_releases(self) -> dict[str, Release]:
        """Return what the symbols of each loader of musl tell of its release, by the loader's path."""
        loaders = {platform.loader for platform in self.resolution.system_places if platform.libc == MUSL}
        known = {path: self.linkages[self.number[path]] for path in sorted(loaders) if path in self.number}
        return {path: release_of(linkage.strings) for path, linkage in known.items()}

    def of(self, number: int) -> Scope:
        """Return the scope of image ``number``, as far as the limits allow."""
        order = self._order(number)
        loader = self.loader(number)
        gap = next((gap for image in order if (gap := self._gap[image]) is not None), None)
        if loader is None:
            gap = gap or Gap(self.paths[number], None, "its loader is not in the tree")
        elif loader not in order:
            order.append(loader)
        if self._steps.spend(len(order)) < len(order):
            self.work.cut("start_steps", self.paths[number], "where its symbols come from was not followed to the end")
            return Scope((number,), Gap(self.paths[number], None, "a limit was reached"))
        return Scope(tuple(order), gap)

    def _order(self, number: int) -> list[int]:
        walked = self.resolution.walked.get(self.paths[number])
        known = self.number
        if walked is not None and not self.preload:
            order = [known[path] for path in walked if path in known]
        else:
            first = [number, *[known[path] for path in self.preload if path in known]]
            order = _breadth_first(first, self._direct)
        return self._filtered(order) if self._filtees else order

    def _filtered(self, order: list[int]) -> list[int]:
        """Return the order with each filter's filtees right before it, and what those need at its end."""
        found: list[int] = []
        for image in order:
            found += [filtee for filtee in self._filtees.get(image, ()) if filtee not in found]
            found += [] if image in found else [image]
        return [*found, *[image for image in _breadth_first(found, self._direct) if image not in found]]

    def _needs(self, member: Member, linkage: Linkage) -> tuple[tuple[int, ...], Gap | None]:
        """Return what ``member`` brings in directly, and what of it is not known."""
        direct: list[int] = []
        gap = None if linkage.whole else Gap(member.path, None, "its symbols could not be read to the end")
        for need in self.resolution.of(member):
            if need.outcome not in ANSWERED and not need.mapped:
                gap = gap or Gap(member.path, need, need.outcome.value)
            elif need.loads and need.path is not None and need.path in self.number:
                direct.append(self.number[need.path])
            elif need.outcome is Outcome.FOUND:
                gap = gap or Gap(member.path, need, "what it found could not be read")
        for name in linkage.filtees:
            image = self._filtee(name)
            if image is None:
                gap = gap or Gap(member.path, None, f"what implements its symbols, {name}, was not looked for")
            else:
                direct.insert(0, image)
                self._filtees.setdefault(self.number[member.path], []).append(image)
        return tuple(direct), gap

    def _filtee(self, name: str) -> int | None:
        """Return what some image of the tree finds under the name; None if none looks for it."""
        if self._found is None:
            needs = [need for found in self.resolution.needs.values() for need in found]
            self._found = {need.name: need.path for need in needs if need.outcome is Outcome.FOUND and need.path}
        return self.number.get(self._found.get(name, ""))


def _is_bound(facts: Facts, platform: object) -> bool:
    return platform is not None and facts.linkage is not None and facts.kind.value in BOUND


def _breadth_first(first: list[int], edges: list[tuple[int, ...]]) -> list[int]:
    order = list(dict.fromkeys(first))
    seen = set(order)
    for here in order:  # which grows meanwhile
        for there in edges[here]:
            if there not in seen:
                seen.add(there)
                order.append(there)
    return order
