"""Where a platform's loader looks for a library, by the loader's row: directories in order, each with its reason."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from elfkit.abi.compatibility import floats_meet, variants_meet
from elfkit.abi.header import EM_ARM, EM_LOONGARCH, EM_MIPS, EM_RISCV
from elfkit.abi.interpreters import musl_arch
from elfkit.abi.libc import GLIBC
from elfkit.abi.loaders import NEVER_FILES, Loader, loader, machine_dirs, machine_rows
from elfkit.abi.machines import machine
from elfkit.evidence import Certainty
from elfkit.facts.facts import Facts
from elfkit.firmware.ld_so_conf import configured_places
from elfkit.firmware.paths import Ending
from elfkit.firmware.platforms import Platform, same_machine
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Work

FLOAT_CHECKED = frozenset({EM_ARM, EM_MIPS, EM_RISCV, EM_LOONGARCH})  # where glibc refuses another float ABI
ELF_CLASS = {32: 1, 64: 2}
MOST_KEPT = 64  # elements of a search path that is taken apart once for all searches in it
TOKEN = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Directory(NamedTuple):
    """One directory the loader looks into, and what makes it do so."""

    path: str
    why: str


class Tried(NamedTuple):
    """One path the loader tried and what became of it."""

    path: str
    outcome: str


class Search(NamedTuple):
    """The end of a search: ``path`` in the root (None if nothing was found), and every step that led nowhere.

    ``builtin`` is true of a name that the loader answers itself, for which no file is looked for, ``assumed`` of a
    path that is not in the root and that somebody said will be there at run time. ``ended`` says that the loader took
    what it cannot use and looks no further, ``cut`` that a limit kept elfkit from looking everywhere. ``why`` is what
    made the loader look where it found the file.
    """

    path: str | None
    tried: tuple[Tried, ...] = ()
    builtin: bool = False
    assumed: bool = False
    ended: bool = False
    cut: bool = False
    why: str = ""


def searcher(tree: Tree, platform: Platform, work: Work | None = None) -> Searcher | None:
    """Return what searches ``tree`` for images of ``platform``; None if the rules of its loader are not known."""
    row = loader(platform.libc)
    return Searcher(tree, platform, row, work or Work()) if row else None


class Searcher:
    """Searches one tree the way one platform's loader does."""

    def __init__(self, tree: Tree, platform: Platform, row: Loader, work: Work) -> None:
        self.tree = tree
        self.platform = platform
        self.row = row
        self.work = work
        self._absent: dict[str, str] = {}  # one string for all places missed for one reason
        self._whole = True  # the configuration was read to its end
        self._unread = frozenset(skipped.path for skipped in tree.unreadable)
        self.system = self._system_directories()
        self._own: dict[tuple[str, str, str], tuple[Directory, ...]] = {}

    def directories(self, requester: Member, ancestors: tuple[Member, ...] = ()) -> tuple[Directory, ...]:
        """Return where the loader looks for what ``requester`` needs.

        ``ancestors`` are who needed the requester, nearest first, the program last.
        """
        return tuple(self._each_directory(requester, ancestors))

    def _each_directory(self, requester: Member, ancestors: tuple[Member, ...]) -> Iterator[Directory]:
        row = self.row
        # glibc asks no ancestor for its RPATH where the requester has RUNPATH; musl treats both alike
        silent = bool(requester.facts.runpath.value) and not row.runpath_inherited
        for generation, member in enumerate((requester, *ancestors)):
            heard = generation == 0 or (row.rpath_inherited and not silent)
            if heard and not (row.rpath_ignored_if_runpath and member.facts.runpath.value):
                yield from self._paths_of(member, "RPATH", member.facts.rpath.value)
            if generation == 0 or row.runpath_inherited:
                yield from self._paths_of(member, "RUNPATH", member.facts.runpath.value)
        yield from self.system

    def find(self, name: str, requester: Member, ancestors: tuple[Member, ...] = ()) -> Search:
        """Return what the loader takes for the needed ``name``, and what it tried before."""
        if name in NEVER_FILES or name.startswith(self.row.builtin_prefixes) or self._is_loader(name):
            return Search(self.platform.loader or None, builtin=True)
        if "$" in name and self.row.tokens_in_needed:
            expanded = self.expanded(name, posixpath.dirname(f"/{requester.path}"))
            name = expanded[0] if expanded else name
        if "/" in name:
            return self._first(
                (Directory(posixpath.dirname(name), "DT_NEEDED holds a path"),), posixpath.basename(name)
            )
        return self._first(self._each_directory(requester, ancestors), name)

    def _is_loader(self, name: str) -> bool:
        return name == posixpath.basename(self.platform.interpreter)

    def _first(self, directories: Iterable[Directory], name: str) -> Search:
        tried: list[Tried] = []
        assumed: str | None = None
        for directory in directories:
            place = f"{directory.path}/{name}"
            if not self.work.places.spend(1):
                return Search(None, tuple(tried), cut=True)
            found, ending, _ = self.tree.paths.follow(place)
            if ending is Ending.ASSUMED:
                assumed = assumed or found  # what is really there goes first, wherever it lies
                continue
            if self._ends(directory, found, ending):
                tried.append(Tried(place, f"taken, though it is {self._useless(found)}"))
                return Search(None, tuple(tried), ended=True)
            if found is None or found in self.tree.paths.directories:
                tried.append(Tried(place, self._absent.setdefault(directory.why, f"not there ({directory.why})")))
                continue
            refusal = self._refusal(found)
            if refusal is None:
                return Search(found, tuple(tried), why=directory.why)
            tried.append(Tried(place, refusal))
        return Search(assumed, tuple(tried), assumed=assumed is not None, cut=assumed is None and not self._whole)

    def _ends(self, directory: Directory, found: str | None, ending: Ending) -> bool:
        """Return whether the search ends with an error, at what can be opened and is no ELF file, or at a loop.

        Of errors the loaders pass over a missing name and a forbidden one alone (musl's path_open, glibc's open_path).
        What could not be read here may be an ELF file.
        """
        if found is None and ending is not Ending.LOOP:
            return False
        if found in self.tree.by_path or found in self._unread:
            return False
        # glibc asks ld.so.cache for the system's directories, and ldconfig puts ELF files alone into it
        return not self.row.skips_wrong_abi or directory not in self.system

    def _useless(self, found: str | None) -> str:
        if found is None:
            return "a loop of links"
        return "a directory" if found in self.tree.paths.directories else "no ELF file"

    def _refusal(self, path: str) -> str | None:
        """Return why the loader passes over a file that is there; None if it takes it."""
        member = self.tree.by_path.get(path)
        if member is None:
            return "could not be read" if path in self._unread else "no ELF file"
        clash = abi_clash(self.platform, member.facts) if self.row.skips_wrong_abi else None
        return f"passed over: {clash}" if clash else None

    def _paths_of(self, member: Member, kind: str, value: str | None) -> Iterable[Directory]:
        if not value:
            return ()
        origin = posixpath.dirname(f"/{member.path}")
        key = (kind, value, origin)
        known = self._own.get(key)
        if known is not None:
            return known
        why = f"{kind} of {member.path}"
        found = (Directory(place, why) for place in self._split(value, origin))
        if value.count(":") >= MOST_KEPT:
            return found  # one after the other: a search that ends early pays for no more
        known = self._own[key] = tuple(found)
        return known

    def _split(self, value: str, origin: str) -> Iterator[str]:
        """Return the directories of a search path; an empty element is the working directory, which nobody knows."""
        elements = value.split(":")
        if self.row.unknown_token_voids_path and not _tokens(value) <= set(self.row.tokens):
            return
        for element in elements:
            yield from self.expanded(element, origin)

    def expanded(self, element: str, origin: str) -> list[str]:
        """Return the directories that one element of a search path stands for, its tokens expanded."""
        if "$" not in element:
            return [element] if element else []
        names = _tokens(element)
        if not names <= set(self.row.tokens) or "PLATFORM" in names:
            return []  # an unknown token, or one whose value only the device knows
        libs = self._lib_names() if "LIB" in names else [""]
        values = [{"ORIGIN": origin, "LIB": lib} for lib in libs]
        return [TOKEN.sub(lambda hit, v=value: v[hit[1] or hit[2]], element) for value in values]  # type: ignore[misc]

    def _lib_names(self) -> list[str]:
        rows = machine_rows(*self._abi())
        return [f"lib/{triplet}" for row in rows for triplet in row.triplets] + [
            posixpath.basename(row.slibdir) for row in rows
        ]

    def _abi(self) -> tuple[int, int, str, str, str]:
        row = self.platform
        return row.e_machine, ELF_CLASS.get(row.elf_class, 0), row.data, row.variant, row.float_abi

    def _system_directories(self) -> tuple[Directory, ...]:
        """Return the directories that serve every image of the platform: configured ones, then the loader's own."""
        configured, present = self._configured()
        if present and self.row.config_replaces_defaults:
            return configured
        built_in = list(self.row.default_dirs)
        if self.row.libc == "glibc":
            built_in = [*machine_dirs(*self._abi()), *built_in]
            own = posixpath.dirname(f"/{self.platform.loader}")
            if self.platform.loader and own not in built_in:
                # its slibdir: lib32 of a biarch system, Entware's /opt/lib
                built_in = [own, f"/usr{own}", *built_in]
        found = (*configured, *[Directory(place, "built into the loader") for place in built_in])
        first: dict[str, Directory] = {}
        for directory in found:
            first.setdefault(directory.path, directory)
        return tuple(first.values())

    def _configured(self) -> tuple[tuple[Directory, ...], bool]:
        """Return the directories that the loader's configuration names, and whether there is one."""
        path = config_path(self.row, self.platform.interpreter)
        text = self.tree.read_text(path)
        if text is None:
            return (), False
        if self.row.config_replaces_defaults:
            places = text.replace("\n", ":").split(":")  # blanks and all: the loader strips nothing
        else:
            places, self._whole = configured_places(self.tree, path, text, self.work)
        return tuple([Directory(place, path) for place in places if place]), True


def config_path(row: Loader, interpreter: str) -> str:
    """Return the file that tells a loader, by the path programs ask for it, where else to look."""
    prefix = posixpath.dirname(posixpath.dirname(interpreter)).rstrip("/")
    return row.config.format(prefix=prefix, arch=musl_arch(interpreter))


def abi_clash(platform: Platform, facts: Facts) -> str | None:
    """Return what an image is made for, in words, if a process of ``platform`` cannot use it; None if it can.

    Compared are machine, class, byte order, ABI variant, and what glibc compares: float ABI, and of MIPS the NaN
    encoding; what is unknown or guessed keeps nothing out.
    """
    if not same_machine(platform, facts):
        return f"{facts.machine.value} {facts.elf_class.value}-bit {facts.data.value}-endian"
    variant = facts.abi_variant.value
    if not variants_meet(variant, platform.variant):
        return f"{facts.machine.value} {variant}"
    own = facts.float_abi
    if facts.e_machine not in FLOAT_CHECKED:
        return None
    if own.certainty is not Certainty.GUESSED and not floats_meet(own.value, platform.float_abi):
        return f"{own.value}-float"
    return _nan_clash(platform, facts) if platform.libc == GLIBC else None


def _nan_clash(platform: Platform, facts: Facts) -> str | None:
    """Return the NaN encoding of an image if glibc refuses it for that; the other loaders do not look at it."""
    row = machine(facts.e_machine)
    if row is None or not (facts.flags.value ^ platform.flags) & row.nan2008_flag:
        return None
    return "nan2008" if facts.nan2008.value else "legacy NaN"


def _tokens(text: str) -> set[str]:
    return {braced or bare for braced, bare in TOKEN.findall(text)}
