"""How the search for one needed name ends, for one image with what it inherits."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from enum import Enum, unique
from typing import NamedTuple

from elfkit.evidence import Certainty
from elfkit.firmware.abi_clash import abi_clash, clash
from elfkit.firmware.assumed import Assumptions
from elfkit.firmware.ld_so_preload import preloaded_names
from elfkit.firmware.platforms import Platform
from elfkit.firmware.search import Search, Searcher, Tried
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Work


@unique
class Outcome(Enum):
    """What became of one needed name."""

    FOUND = "found"
    BUILT_IN = "answered by the loader itself"
    NOT_ON_PATH = "in the tree, not where the loader looks"
    WRONG_ABI = "in the tree with another ABI only, or such a file is taken first"
    MISSING = "nowhere in the tree"
    UNKNOWN = "the loader's rules are not known"
    ASSUMED = "not in the tree, assumed to be there at run time"
    CUT = "in the tree, not looked for to the end: a limit was reached"


class Need(NamedTuple):
    """One DT_NEEDED of one image and how its search ended; ``tried`` holds the steps of a search that failed.

    ``path`` is the file that the loader takes; of a search that failed, one that bears the name, if any does.
    ``start`` is the program, or the image opened at run time, whose start fails on it; "" where none does. ``why`` is
    what made the loader look where it found the file; "" where it took what was loaded already. ``certainty`` is
    `GUESSED` where the tree does not tell whether it looks there: a better CPU does, or a loader built otherwise, or
    one whose ld.so.cache the device renews.
    ``opened_in`` is the directory that $ORIGIN stands for in what was found, where a link from there led to it.
    ``mapped`` says of a file with another ABI that the loader does not look at what differs, and goes on with it.
    """

    name: str
    outcome: Outcome
    path: str | None = None
    tried: tuple[Tried, ...] = ()
    start: str = ""
    why: str = ""
    certainty: Certainty = Certainty.DERIVED
    opened_in: str = ""
    mapped: bool = False

    @property
    def loads(self) -> bool:
        """Whether the loader maps ``path`` and goes on."""
        return self.path is not None and (self.outcome is Outcome.FOUND or self.mapped)

    @property
    def met(self) -> bool:
        """Whether the name keeps nothing from starting, as far as is known."""
        return self.outcome not in FAILURES


SHADOWED = "would fit, and is never looked at"
MOST_SHADOWED = 8  # told of one name
FAILURES = (Outcome.NOT_ON_PATH, Outcome.WRONG_ABI, Outcome.MISSING)  # no set: an Enum's hash is slow Python
Heard = tuple[Member, ...]  # who passes a search path on to an image: its loaders that have one, nearest first


BESIDE = "named beside it"


class Names:
    """What bears which name in a tree; ``guests`` are files from elsewhere, by their names and by their DT_SONAMEs."""

    def __init__(self, tree: Tree, guests: Iterable[Member] = ()) -> None:
        self.guests: dict[str, Member] = {}
        for guest in guests:
            for own in (guest.path.rpartition("/")[2], guest.facts.soname.value):
                if own:
                    self.guests.setdefault(own, guest)
        self.all = frozenset([path.rpartition("/")[2] for path in (*tree.paths.others, *tree.paths.links)])
        self._tree = tree
        self._bearers: dict[str, list[Member]] | None = None

    def bearers(self, name: str) -> list[Member]:
        """Return the ELF files with that name, their own or a link's."""
        if self._bearers is None:
            self._bearers = {}
            for member in self._tree.members:
                for own in {path.rpartition("/")[2] for path in (member.path, *member.aliases)}:
                    self._bearers.setdefault(own, []).append(member)
        return self._bearers.get(name, [])


class Asker:
    """Searches for the images of one platform; searches that cannot differ are made once."""

    def __init__(self, tree: Tree, platform: Platform, searcher: Searcher | None, names: Names) -> None:
        self.tree = tree
        self.platform = platform
        self.searcher = searcher
        self.names = names
        self.by_namespace = searcher is not None and searcher.by_namespace
        self.preloads = preloaded_names(tree, platform, searcher.row) if searcher else ()
        self.assumed: Assumptions = tree.paths.assumed
        self.memory: dict[tuple[object, ...], dict[str, Need]] = {}
        self._fit: dict[str, list[Member]] = {}

    def needs(self, member: Member, heard: Heard = ()) -> tuple[Need, ...]:
        """Return how the search for each needed name of ``member`` ends."""
        known = self.known(member, heard)
        return tuple([known.get(name) or self.need(known, member, name, heard) for name in member.facts.needed.value])

    def known(self, member: Member, heard: Heard = ()) -> dict[str, Need]:
        """Return the searches made for images that look where ``member`` does."""
        facts = member.facts
        key: tuple[object, ...] = ()
        if facts.rpath.value or facts.runpath.value:
            key = (facts.rpath.value, facts.runpath.value, member.origin)
        if self.by_namespace or facts.nodeflib.value:
            key = (*key, facts.nodeflib.value, self.by_namespace and member.path)
        if heard:
            key = (*key, *[(loader.path, loader.opened_in) for loader in heard])
        return self.memory.setdefault(key, {})

    def need(self, known: dict[str, Need], member: Member, name: str, heard: Heard) -> Need:
        """Return how the search for ``name`` ends, and keep it among the ``known`` ones."""
        found = known[name] = self._search(member, name, heard)
        return found

    def passes_on(self, member: Member) -> bool:
        """Return whether the images that ``member`` needs are searched for in its search path too."""
        if self.searcher is None:
            return False
        row, facts = self.searcher.row, member.facts
        own_rpath = facts.rpath.value and not (row.rpath_ignored_if_runpath and facts.runpath.value)
        return bool((row.rpath_inherited and own_rpath) or (row.runpath_inherited and facts.runpath.value))

    def _search(self, member: Member, name: str, heard: Heard) -> Need:
        base = posixpath.basename(name)
        in_tree = base in self.names.all
        if self.searcher is None:
            return Need(name, self._without_search(base, in_tree=in_tree))
        search = self.searcher.find(name, member, heard)
        if search.builtin:
            return Need(name, Outcome.BUILT_IN, search.path)
        if search.assumed or (search.path is None and self.assumed.cover(base)):
            return Need(name, Outcome.ASSUMED)
        if search.path is not None:
            return self._taken(name, base, search.path, search)
        return self._brought(name, base, search) or self._lost(name, member, search, in_tree=in_tree)

    def _brought(self, name: str, base: str, search: Search) -> Need | None:
        """Return that a file from elsewhere serves a name for which nothing in the tree is taken; None if none does."""
        guest = self.names.guests.get(base)
        if guest is None or search.ended or abi_clash(self.platform, guest.facts) is not None:
            return None
        return Need(name, Outcome.FOUND, guest.path, why=BESIDE, certainty=Certainty.GUESSED)

    def _lost(self, name: str, member: Member, search: Search, *, in_tree: bool) -> Need:
        if not in_tree:
            return Need(name, Outcome.MISSING, None, search.tried)
        if search.cut and self.searcher is not None:
            self._note_cut(self.searcher.work, member)
            return Need(name, Outcome.CUT)
        return self._failed(name, posixpath.basename(name), search)

    def _taken(self, name: str, base: str, path: str, search: Search) -> Need:
        """Return what becomes of a name for which the loader takes ``path``."""
        taken = self.tree.by_path.get(path)
        trait, words = clash(self.platform, taken.facts) if taken else ("", "")
        origin = self._other_origin(taken, search.opened) if taken else ""
        if not words:
            certainty = Certainty.GUESSED if search.doubt else Certainty.DERIVED
            return Need(name, Outcome.FOUND, path, why=search.why, certainty=certainty, opened_in=origin)
        steps = (*search.tried, Tried(f"/{path}", f"taken, though it is {words}"), *self._shadowed(base))
        return Need(name, Outcome.WRONG_ABI, path, steps, opened_in=origin, mapped=trait == "float")

    def _other_origin(self, taken: Member, opened: str) -> str:
        """Return the directory of ``opened`` where $ORIGIN in ``taken`` makes it matter that it is not its own."""
        own_paths = taken.facts.rpath.value, taken.facts.runpath.value
        if own_paths == (None, None) or not any("ORIGIN" in (path or "") for path in own_paths):
            return ""
        directory = posixpath.dirname(opened)
        own = self.tree.paths.follow(directory).path == posixpath.dirname(taken.path)
        return "" if own else directory

    def _note_cut(self, work: Work, member: Member) -> None:
        if work.places.exhausted:  # else the configuration was cut, of which its reader told
            work.cut("search_places", member.path, "where its libraries are was not looked up")

    def _failed(self, name: str, base: str, search: Search) -> Need:
        """Return why a name that something in the tree bears was not found."""
        tried = search.tried
        if search.ended:
            return Need(name, Outcome.NOT_ON_PATH, None, (*tried, *self._shadowed(base)))
        bearers = self.names.bearers(base)
        fitting = self._fitting(base)
        if fitting or not bearers:
            certainty = Certainty.GUESSED if search.doubt else Certainty.DERIVED
            place = fitting[0].path if fitting else None
            return Need(name, Outcome.NOT_ON_PATH, place, tried, certainty=certainty)
        met = [member for step in tried if (member := self.tree.member(step.path)) is not None]
        return Need(name, Outcome.WRONG_ABI, (met or bearers)[0].path, tried)

    def _shadowed(self, base: str) -> list[Tried]:
        return [Tried(f"/{fitting.path}", SHADOWED) for fitting in self._fitting(base)[:MOST_SHADOWED]]

    def _fitting(self, base: str) -> list[Member]:
        """Return the ELF files of that name which the platform's processes can use; looked at once for all who ask."""
        found = self._fit.get(base)
        if found is None:
            bearers = self.names.bearers(base)
            found = self._fit[base] = [member for member in bearers if abi_clash(self.platform, member.facts) is None]
        return found

    def _without_search(self, base: str, *, in_tree: bool) -> Outcome:
        """Return what can be said of a name where the loader's rules are not known."""
        if in_tree:
            return Outcome.UNKNOWN
        return Outcome.ASSUMED if self.assumed.cover(base) else Outcome.MISSING
