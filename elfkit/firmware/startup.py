"""What the start of a program maps, in load order, and what each image inherits from those that need it.

The order is breadth first, as _dl_map_object_deps of glibc and load_deps of musl go. A name that is loaded already is
taken again wherever it lies: by the name it was asked for, in glibc by its DT_SONAME too (_dl_name_match_p). What
ld.so.preload names goes before all that the program needs.
Most programs need no such walk: only those that come upon an image whose own search fails, that passes its search path
on, or that needs a name which leads to several files; all of them where something is preloaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.needs import FAILURES, Asker, Heard, Need, Outcome
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member
from elfkit.firmware.work import Work

Needed = tuple[Need, ...]
Needs = dict[str, Needed]
PRELOADED = "ld.so.preload"


class Start(NamedTuple):
    """The start of one program: the images it maps in load order, how their needs end, and who loaded each.

    ``whole`` is False where a limit ended the walk: then it is the beginning of a start. ``preloaded`` are the names
    that every program loads first; what of them is not found stops nothing.
    """

    order: tuple[str, ...]
    needs: Needs
    loaded_by: dict[str, str]
    whole: bool = True
    preloaded: Needed = ()


class Starts(NamedTuple):
    """All starts put together: those of programs, and those of images that only something at run time can open.

    ``needs`` tells of each image the worst of all starts of programs, and where none maps it of the others;
    ``loaded_by`` leads from every image to one that needs it, and so on to where a start begins; ``started`` are the
    images that programs' starts map; ``walked`` are the load orders of the starts that had to be walked.
    """

    needs: Needs
    loaded_by: dict[str, str]
    started: frozenset[str]
    walked: dict[str, tuple[str, ...]]


def start(program: Member, asker: Asker, by_path: Mapping[str, Member], work: Work) -> Start:
    """Return what the loader of ``program`` maps, from the program on, as far as ``work`` allows."""
    mapped = _Mapped(program, asker, by_path)
    if program.facts.kind.value in DYNAMIC_PROGRAMS and asker.preloads:
        if work.steps.spend(len(asker.preloads)) < len(asker.preloads):
            work.cut("start_steps", program.path, "what its start maps was not followed to the end")
            return mapped.start(whole=False)
        mapped.preload()
    for member in mapped.order:  # which grows meanwhile
        heard = mapped.inherited[member.path]
        # each heard path is looked into for each name, and is part of what searches are remembered by
        cost = (1 + len(member.facts.needed.value)) * (1 + len(heard))
        if work.steps.spend(cost) < cost:
            work.cut("start_steps", program.path, "what its start maps was not followed to the end")
            return mapped.start(whole=False)
        mapped.load(member, member.facts.needed.value)
    return mapped.start(whole=True)


class _Mapped:
    """What one start has mapped so far."""

    def __init__(self, program: Member, asker: Asker, by_path: Mapping[str, Member]) -> None:
        self.asker = asker
        self.by_path = by_path
        self.by_soname = asker.searcher is not None and asker.searcher.row.reuses_sonames
        self.loaded: dict[str, Need] = {}
        self.inherited: dict[str, Heard] = {program.path: ()}
        self.loaded_by: dict[str, str] = {}
        self.needs: Needs = {}
        self.preloaded: Needed = ()
        self.order = [program]
        self._name(program)

    def preload(self) -> None:
        """Map what ld.so.preload names; what of it cannot be mapped is passed over with a message."""
        self.load(self.order[0], self.asker.preloads)
        self.preloaded = tuple([need._replace(why=PRELOADED) for need in self.needs.pop(self.order[0].path)])

    def load(self, member: Member, names: tuple[str, ...]) -> None:
        """Map what ``names`` of ``member`` lead to, and note how each search ends."""
        heard = self.inherited[member.path]
        passed = (member, *heard) if self.asker.passes_on(member) else heard
        known = self.asker.known(member, heard)
        ends: list[Need] = []
        for name in names:
            need = self.loaded.get(name) or known.get(name) or self.asker.need(known, member, name, heard)
            ends.append(need)
            if need.loads and name not in self.loaded:
                self.loaded[name] = need
                self._map(need, member, passed)
        if ends:
            self.needs[member.path] = tuple(ends)

    def _map(self, need: Need, loader: Member, passed: Heard) -> None:
        image = self.by_path.get(need.path or "")
        if image is None or image.path in self.inherited:
            return
        if need.opened_in:
            image = image._replace(opened_in=need.opened_in)
        self.inherited[image.path] = passed
        self.loaded_by[image.path] = loader.path
        self.order.append(image)
        self._name(image)

    def _name(self, image: Member) -> None:
        soname = image.facts.soname.value
        if self.by_soname and soname:
            self.loaded.setdefault(soname, Need(soname, Outcome.FOUND, image.path))

    def start(self, *, whole: bool) -> Start:
        """Return what was mapped as a value."""
        order = tuple([member.path for member in self.order])
        return Start(order, self.needs, self.loaded_by, whole, self.preloaded)


def start_all(members: Mapping[str, Member], alone: Needs, askers: Mapping[str, Asker], work: Work) -> Starts:
    """Return the starts of all programs among ``members``, and of the images that nothing among them needs.

    ``alone`` holds how each image's needs end without anything inherited, ``askers`` the asker of each image. Where
    ``work`` ends, the rest of the starts are told as if nothing were inherited, and what fails so is not judged.
    """
    reaching = _reaching(alone, _odd(members, alone, askers))
    edges = {
        path: [need.path for need in needs if need.path and (need.outcome not in FAILURES or need.mapped)]
        for path, needs in alone.items()
    }
    walks = _Walks(members, askers, work, alone, edges)
    programs = [path for path in askers if members[path].facts.kind.value in DYNAMIC_PROGRAMS]
    plain = _spread([path for path in programs if path not in reaching], edges)
    walks.add([path for path in programs if path in reaching], plain, settled=set(plain))
    started = frozenset({*programs, *walks.loaded_by})
    needed = {target for targets in edges.values() for target in targets}
    openable = [path for path in alone if path not in started and path not in needed]
    plain = _spread([path for path in openable if path not in reaching], edges)
    walks.add([path for path in openable if path in reaching], plain, settled=set(started), kept=started)
    for path in (*programs, *openable):
        walks.loaded_by.pop(path, None)  # there a chain ends
    return Starts(walks.needs, walks.loaded_by, started, walks.orders)


class _Walks:
    """Starts walked one after the other; of each only its load order is kept, the rest becomes part of the whole."""

    def __init__(
        self,
        members: Mapping[str, Member],
        askers: Mapping[str, Asker],
        work: Work,
        alone: Needs,
        edges: Mapping[str, list[str]],
    ) -> None:
        self.members = members
        self.askers = askers
        self.work = work
        self.edges = edges
        self.needs = dict(alone)
        self.loaded_by: dict[str, str] = {}
        self.orders: dict[str, tuple[str, ...]] = {}

    def add(
        self, begins: list[str], plain: dict[str, str], *, settled: set[str], kept: frozenset[str] = frozenset()
    ) -> None:
        """Walk the starts of ``begins``; ``plain`` is what the others load, ``settled`` whose needs stand as they are.

        Each need tells of its worst end. The first start that maps an image takes the place of the search without one,
        unless the image is ``settled``. Of an image in ``kept`` these starts tell nothing.
        """
        self._load(plain)
        rest: list[str] = []
        for begin in begins:
            found = start(self.members[begin], self.askers[begin], self.members, self.work)
            self._load(found.loaded_by)
            for path, ends in found.needs.items():
                if path in kept:
                    continue
                self._worsen(begin, path, ends, first=path not in settled)
                settled.add(path)
            if found.whole:
                self.orders[begin] = found.order
            else:
                rest.append(begin)
        if rest:
            self._leave(rest, settled)

    def _load(self, loaded_by: Mapping[str, str]) -> None:
        for path, loader in loaded_by.items():
            self.loaded_by.setdefault(path, loader)

    def _worsen(self, begin: str, path: str, ends: tuple[Need, ...], *, first: bool) -> None:
        if first:
            self.needs[path] = tuple([_of(begin, need) for need in ends])
        elif any(not new.met and old.met for old, new in zip(self.needs[path], ends, strict=True)):
            pairs = zip(self.needs[path], ends, strict=True)
            self.needs[path] = tuple([_of(begin, new) if old.met and not new.met else old for old, new in pairs])

    def _leave(self, rest: list[str], settled: set[str]) -> None:
        """Take for unknown what images of the starts that were not walked do not find without inheriting anything."""
        left = _spread(rest, self.edges)
        self._load(left)
        for path in {*rest, *left} - settled:
            if path in self.needs:
                self.needs[path] = tuple([_not_judged(need) for need in self.needs[path]])


def _odd(members: Mapping[str, Member], alone: Needs, askers: Mapping[str, Asker]) -> set[str]:
    """Return the images whose own searches do not tell what a start does."""
    several = {id(asker): _several(asker, members) for asker in set(askers.values())}
    preloading = {path for path, asker in askers.items() if asker.preloads}
    odd = {path for path in preloading if members[path].facts.kind.value in DYNAMIC_PROGRAMS}
    platforms: dict[str, Platform] = {path: asker.platform for path, asker in askers.items()}
    mixed = len(several) > 1
    for path, needs in alone.items():
        member, asker = members[path], askers[path]
        if asker.searcher is None:
            continue
        if asker.passes_on(member) or not several[id(asker)].isdisjoint(member.facts.needed.value):
            odd.add(path)
            continue
        for need in needs:
            if (
                need.outcome in FAILURES
                or need.opened_in
                or (mixed and need.path and platforms.get(need.path, asker.platform) != asker.platform)
            ):
                odd.add(path)
                break
    return odd


def _several(asker: Asker, members: Mapping[str, Member]) -> set[str]:
    """Return the names that lead to several files: found in several places, or one's DT_SONAME is another's name."""
    places: dict[str, set[str]] = {}
    for known in asker.memory.values():
        for name, need in known.items():
            if need.outcome is Outcome.FOUND and need.path is not None:
                places.setdefault(name, set()).add(need.path)
    programs = [path for path, member in members.items() if member.facts.kind.value in DYNAMIC_PROGRAMS]
    for path in {path for found in places.values() for path in found}.union(programs):
        soname = members[path].facts.soname.value if path in members else None
        if soname in places:
            places[soname].add(path)
    return {name for name, found in places.items() if len(found) > 1}


def _reaching(alone: Needs, odd: set[str]) -> set[str]:
    """Return the images that need one of ``odd``, directly or through others, and those themselves."""
    if not odd:
        return odd
    needers: dict[str, list[str]] = {}
    for path, needs in alone.items():
        for need in needs:
            if need.path is not None:
                needers.setdefault(need.path, []).append(path)
    return {*odd, *_spread(sorted(odd), needers)}


def _spread(sources: Iterable[str], edges: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the predecessor of everything reached from ``sources``, nearest first; of the sources none."""
    order = list(sources)
    seen = set(order)
    found: dict[str, str] = {}
    for here in order:
        for there in edges.get(here, ()):
            if there not in seen:
                seen.add(there)
                found[there] = here
                order.append(there)
    return found


def _of(begin: str, need: Need) -> Need:
    return need if need.met else need._replace(start=begin)


def _not_judged(need: Need) -> Need:
    return need if need.met or need.outcome is Outcome.MISSING else Need(need.name, Outcome.CUT)
