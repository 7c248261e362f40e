"""What a platform's loader takes for a needed name, by the loader's row: every path it tries, each with its reason."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from elfkit.abi.libc import GLIBC, MUSL, libc_of_name
from elfkit.abi.loaders import NEVER_FILES, Loader, loader
from elfkit.firmware.abi_clash import abi_clash, clash
from elfkit.firmware.paths import Ending
from elfkit.firmware.platforms import Platform
from elfkit.firmware.search_own_paths import MOST_KEPT, STARTED_IN_ROOT, OwnPaths, option
from elfkit.firmware.search_places import CpuDirectories, Directory, Tried, config_path, system_places
from elfkit.firmware.search_tokens import Tokens, unplaced_elements
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Work

if TYPE_CHECKING:
    from elfkit.firmware.namespaces import Namespaces

__all__ = ["Directory", "Search", "Searcher", "Tried", "abi_clash", "config_path", "searcher"]
UNLESS_RENEWED = "unless something on the device runs ldconfig"
UNLESS_PLACED = "unless its search path leads there from where the file will lie"
MOST_ALTERNATIVES = 4  # files that other CPUs take, told of one name
Place = tuple[str, Directory]  # a path to try, and what leads there


class Search(NamedTuple):
    """The end of a search: ``path`` in the root (None if nothing was found), and every step that led nowhere.

    ``builtin`` is true of a name that the loader answers itself, for which no file is looked for, ``assumed`` of a
    path that is not in the root and that somebody said will be there at run time. ``ended`` says that the loader took
    what it cannot use and looks no further, ``cut`` that a limit kept elfkit from looking everywhere. ``why`` is what
    made the loader look where it found the file; ``doubt`` what must hold for that, or for nothing to be found, where
    the tree does not tell.
    ``opened`` is the path as the loader opens it, links not followed.
    """

    path: str | None
    tried: tuple[Tried, ...] = ()
    builtin: bool = False
    assumed: bool = False
    ended: bool = False
    cut: bool = False
    why: str = ""
    doubt: str = ""
    opened: str = ""


def searcher(tree: Tree, platform: Platform, work: Work | None = None) -> Searcher | None:
    """Return what searches ``tree`` for images of ``platform``; None if the rules of its loader are not known."""
    row = loader(platform.libc)
    return Searcher(tree, platform, row, work or Work()) if row else None


def _namespaces(tree: Tree, platform: Platform, work: Work) -> Namespaces:
    from elfkit.firmware.namespaces import Namespaces  # here: start-up without an Android tree must not pay for it

    return Namespaces(tree, platform.elf_class, work)


class Searcher:
    """Searches one tree the way one platform's loader does."""

    def __init__(self, tree: Tree, platform: Platform, row: Loader, work: Work) -> None:
        self.tree = tree
        self.platform = platform
        self.row = row
        self.work = work
        self.places = system_places(tree, platform, row, work)
        self.tokens = Tokens(row, platform, self.places.stated)
        self.by_cpu = CpuDirectories(tree, platform.e_machine) if row.cpu_dirs else None
        system = () if self.places.cache else self.places.directories  # the cache lists those by CPU too
        self._system_by_cpu = [found for place in system if self.by_cpu for found in self.by_cpu.of(place)]
        self.namespaces = _namespaces(tree, platform, work) if row.namespaces else None
        self._listed = Directory("", self.places.cache_path, doubt=option(row, "cache"))
        self._absent: dict[str, str] = {}  # one string for all places missed for one reason
        self._unread = frozenset(skipped.path for skipped in tree.unreadable)
        self.own_paths = OwnPaths(row, self.tokens, self.namespaces)

    @property
    def by_namespace(self) -> bool:
        """Whether where the loader looks depends on where the image lies that asks."""
        return self.namespaces is not None and bool(self.namespaces.configs)

    @property
    def system(self) -> tuple[Directory, ...]:
        """The directories that serve every image: those of the cache's entries, else the configured, and built-in."""
        places = self.places
        entries = [entry for found in places.cache.entries.values() for entry in found] if places.cache else []
        listed = dict.fromkeys(posixpath.dirname(entry.path) for entry in entries)
        return (*[self._listed._replace(path=place) for place in listed], *places.directories)

    def directories(self, requester: Member, ancestors: tuple[Member, ...] = ()) -> tuple[Directory, ...]:
        """Return where the loader looks for what ``requester`` needs.

        ``ancestors`` are who needed the requester, nearest first, the program last.
        """
        return (*self.own_paths.directories(requester, ancestors), *self.system)

    def find(self, name: str, requester: Member, ancestors: tuple[Member, ...] = ()) -> Search:
        """Return what the loader takes for the needed ``name``, and what it tried before."""
        if name in NEVER_FILES:
            return Search(None, builtin=True)
        if name.startswith(self.row.builtin_prefixes) or self._is_loader(name):
            return Search(self.platform.loader or None, builtin=True)
        if "$" in name and self.row.tokens_in_needed:
            expanded = self.expanded(name, requester.origin)
            name = expanded[0] if expanded else name
        tried: tuple[Tried, ...] = ()
        if "/" in name:
            direct, base = self._direct(posixpath.dirname(name), requester), posixpath.basename(name)
            found = self._first([(f"{direct.path}/{base}", direct)])
            if found.path is not None or not self.row.searches_name_of_path:
                return found
            name, tried = base, found.tried
        found = self._first(self._each_place(name, requester, ancestors))
        if found.path is None and not found.ended:
            unlisted, unplaced = self._unlisted(name), self._unplaced(name, requester, ancestors)
            tried = (*tried, *unplaced, *self.places.notes, *found.tried, *self._no_entry(name), *unlisted)
            doubt = UNLESS_PLACED if unplaced else UNLESS_RENEWED if unlisted else ""
            return found._replace(tried=tried, doubt=doubt)
        why = self._told(found, name, requester, ancestors)
        if not tried and why == found.why:
            return found  # most names: nothing is to be added
        return found._replace(tried=(*tried, *found.tried), why=why)

    def _unplaced(self, name: str, requester: Member, ancestors: tuple[Member, ...]) -> list[Tried]:
        elements = [element for member in (requester, *ancestors) for element in unplaced_elements(member)]
        return [Tried(f"{element}/{name}", "not known: it depends on where the file will lie") for element in elements]

    def _direct(self, place: str, requester: Member) -> Directory:
        closed = self.namespaces.closed(requester, place) if self.namespaces else ""
        doubt = "" if place.startswith("/") or not place else STARTED_IN_ROOT
        return Directory(place, "DT_NEEDED holds a path", doubt=doubt, closed=closed)

    def _is_loader(self, name: str) -> bool:
        return name == posixpath.basename(self.platform.interpreter)

    def _each_place(self, name: str, requester: Member, ancestors: tuple[Member, ...]) -> Iterator[Place]:
        """Yield each path that the loader tries for ``name``, those last of which no file tells whether it does."""
        for directory in self.own_paths.directories(requester, ancestors):
            yield f"{directory.path}/{name}", directory
        bare = self.row.heeds_nodeflib and requester.facts.nodeflib.value
        listed = self._listed_at(name, bare=bare)
        yield from [(path, self._listed) for path, cpu in listed if not cpu][:1]
        for directory in self._everybodys(name, requester):
            if not (bare and directory.built_in):
                yield f"{directory.path}/{name}", directory
        yield from [(path, self._listed._replace(doubt=f"on CPUs with {cpu}")) for path, cpu in listed if cpu]
        for directory in self._by_cpu(requester, ancestors):
            yield f"{directory.path}/{name}", directory
        for directory in () if self.by_namespace else self.places.doubtful:
            yield f"{directory.path}/{name}", directory

    def _everybodys(self, name: str, requester: Member) -> Iterable[Directory]:
        if self.namespaces and self.by_namespace:
            return self.namespaces.directories(requester, name)
        return self.places.directories

    def _listed_at(self, name: str, *, bare: bool) -> list[tuple[str, str]]:
        """Return where the cache says that ``name`` is, and the CPU each is for; for a ``bare`` one not by default."""
        if self.places.cache is None:
            return []
        entries = self.places.cache.entries.get(name, ())
        default = {directory.path for directory in self.places.directories} if bare else ()
        return [(entry.path, entry.cpu) for entry in entries if posixpath.dirname(entry.path) not in default]

    def _by_cpu(self, requester: Member, ancestors: tuple[Member, ...]) -> Iterator[Directory]:
        for member in (requester, *ancestors) if "PLATFORM" in self.row.tokens else ():
            for path in (member.facts.rpath.value, member.facts.runpath.value):
                if path and "PLATFORM" in path:
                    yield from self._of_platform(member, path)
        if self.by_cpu:
            for directory in islice(self.own_paths.directories(requester, ancestors), MOST_KEPT):
                yield from self.by_cpu.of(directory)
            bare = self.row.heeds_nodeflib and requester.facts.nodeflib.value
            yield from [found for found in self._system_by_cpu if not (bare and found.built_in)]

    def _of_platform(self, member: Member, path: str) -> Iterator[Directory]:
        origin = member.origin
        for element in path.split(":")[:MOST_KEPT]:
            for place, cpu in self.tokens.by_cpu(element, origin):
                if self.tree.paths.follow(place).path in self.tree.paths.directories:
                    yield Directory(place, f"$PLATFORM of {member.path}", doubt=f"on CPUs whose AT_PLATFORM is {cpu}")

    def _told(self, found: Search, name: str, requester: Member, ancestors: tuple[Member, ...]) -> str:
        """Return why the loader looks where the file is, and what it takes instead on other CPUs."""
        if found.path is None or found.doubt or not (self.by_cpu or self.places.cache):
            return found.why
        others = [(path, f"on CPUs with {cpu}") for path, cpu in self._listed_at(name, bare=False) if cpu]
        if self.by_cpu:
            others += [(f"{d.path}/{name}", d.doubt) for d in self._by_cpu(requester, ancestors)]
        if not others:
            return found.why
        usable = [(self.tree.paths.follow(path).path, when) for path, when in others]
        told = [f"{path} {when}" for path, when in usable if path in self.tree.by_path]
        return "; ".join([found.why, *told[:MOST_ALTERNATIVES]])

    def _no_entry(self, name: str) -> list[Tried]:
        cache = self.places.cache
        unknown = cache is not None and name not in cache.entries
        return [Tried(self.places.cache_path, f"does not list {name}")] if unknown else []

    def _unlisted(self, name: str) -> list[Tried]:
        """Return where the name is in configured directories that the cache keeps the loader from."""
        cache = self.places.cache_path
        return [
            Tried(f"{place.path}/{name}", f"not looked at: {place.why} names its directory, {cache} does not list it")
            for place in self.places.unlisted
            if self.tree.member(f"{place.path}/{name}") is not None
        ]

    def _first(self, places: Iterable[Place]) -> Search:
        tried: list[Tried] = []
        assumed: str | None = None
        for place, directory in places:
            if not self.work.places.spend(1):
                return Search(None, tuple(tried), cut=True)
            found, ending, _ = self.tree.paths.follow(place)
            if ending is Ending.ASSUMED:
                assumed = assumed or found  # what is really there goes first, wherever it lies
                continue
            if not (directory.doubt or directory.closed) and self._ends(directory, found, ending):
                tried.append(Tried(place, f"taken, though it is {self._useless(found)}"))
                return Search(None, tuple(tried), ended=True)
            if found is None or found in self.tree.paths.directories:
                if not directory.doubt or directory is self._listed or directory.doubt == STARTED_IN_ROOT:
                    tried.append(Tried(place, self._absent.setdefault(directory.why, f"not there ({directory.why})")))
                continue
            refusal = directory.closed or self._refusal(found)
            if not refusal:
                return self._taken(found, tried, directory, place)
            tried.append(Tried(place, refusal))
        cut = assumed is None and not self.places.whole
        return Search(assumed, tuple(tried), assumed=assumed is not None, cut=cut)

    def _taken(self, found: str, tried: list[Tried], directory: Directory, opened: str) -> Search:
        if self.row.replaces_libc and self._is_libc(found):
            return Search(self.platform.loader or None, tuple(tried), builtin=True, opened=opened)
        why = f"{directory.why}, {directory.doubt}" if directory.doubt else directory.why
        return Search(found, tuple(tried), why=why, doubt=directory.doubt, opened=opened)

    def _is_libc(self, path: str) -> bool:
        """Return whether a file is the loader, or a C library by its DT_SONAME.

        musl looks whether it defines __libc_start_main and stdin (load_library), which libraries of glibc and musl do.
        """
        if path == self.platform.loader:
            return True
        member = self.tree.by_path.get(path)
        soname = member.facts.soname.value if member else None
        return bool(soname) and libc_of_name(soname or "") in (GLIBC, MUSL)

    def _ends(self, directory: Directory, found: str | None, ending: Ending) -> bool:
        """Return whether the search ends with an error, at what can be opened and is no ELF file, or at a loop.

        Of errors glibc and musl pass over a missing name and a forbidden one alone (musl's path_open, glibc's
        open_path). What could not be read here may be an ELF file.
        """
        if found is None:
            return ending is Ending.LOOP and "loop" not in self.row.passes_over and not directory.lenient
        if found in self.tree.by_path or found in self._unread:
            return False
        return "no ELF" not in self.row.passes_over and not directory.lenient

    def _useless(self, found: str | None) -> str:
        if found is None:
            return "a loop of links"
        return "a directory" if found in self.tree.paths.directories else "no ELF file"

    def _refusal(self, path: str) -> str | None:
        """Return why the loader passes over a file that is there; None if it takes it."""
        member = self.tree.by_path.get(path)
        if member is None:
            return "could not be read" if path in self._unread else "no ELF file"
        trait, words = clash(self.platform, member.facts)
        return f"passed over: {words}" if trait and trait in self.row.passes_over else None

    def expanded(self, element: str, origin: str) -> list[str]:
        """Return the directories that one element of a search path stands for, its tokens expanded."""
        return self.tokens.expanded(element, origin)
