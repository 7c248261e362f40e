"""Where a platform's loader looks for a library, by the loader's row: directories in order, each with its reason."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from elfkit.abi.header import EM_ARM, EM_LOONGARCH, EM_MIPS, EM_RISCV
from elfkit.abi.interpreters import musl_arch
from elfkit.abi.loaders import NEVER_FILES, Loader, loader, machine_dirs, machine_rows
from elfkit.evidence import Certainty
from elfkit.facts.facts import Facts
from elfkit.firmware.paths import Ending
from elfkit.firmware.platforms import Platform, same_machine
from elfkit.firmware.tree import Member, Tree
from elfkit.limits import DEFAULT_LIMITS

FLOAT_CHECKED = frozenset({EM_ARM, EM_MIPS, EM_RISCV, EM_LOONGARCH})  # where glibc refuses another float ABI
STATED_FLOAT_ABIS = frozenset({"soft", "hard", "single", "quad"})
ELF_CLASS = {32: 1, 64: 2}
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
    path that is not in the root and that somebody said will be there at run time.
    """

    path: str | None
    tried: tuple[Tried, ...] = ()
    builtin: bool = False
    assumed: bool = False


def searcher(tree: Tree, platform: Platform) -> Searcher | None:
    """Return what searches ``tree`` for images of ``platform``; None if the rules of its loader are not known."""
    row = loader(platform.libc)
    return Searcher(tree, platform, row) if row else None


class Searcher:
    """Searches one tree the way one platform's loader does."""

    def __init__(self, tree: Tree, platform: Platform, row: Loader) -> None:
        self.tree = tree
        self.platform = platform
        self.row = row
        self.system = self._system_directories()
        self._own: dict[tuple[str, str, str], tuple[Directory, ...]] = {}

    def directories(self, requester: Member, ancestors: tuple[Member, ...] = ()) -> tuple[Directory, ...]:
        """Return where the loader looks for what ``requester`` needs.

        ``ancestors`` are who needed the requester, nearest first, the program last.
        """
        row = self.row
        found: list[Directory] = []
        # glibc asks no ancestor for its RPATH where the requester has RUNPATH; musl treats both alike
        silent = bool(requester.facts.runpath.value) and not row.runpath_inherited
        for generation, member in enumerate((requester, *ancestors)):
            heard = generation == 0 or (row.rpath_inherited and not silent)
            if heard and not (row.rpath_ignored_if_runpath and member.facts.runpath.value):
                found += self._paths_of(member, "RPATH", member.facts.rpath.value)
            if generation == 0 or row.runpath_inherited:
                found += self._paths_of(member, "RUNPATH", member.facts.runpath.value)
        return (*found, *self.system)

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
        return self._first(self.directories(requester, ancestors), name)

    def _is_loader(self, name: str) -> bool:
        return name == posixpath.basename(self.platform.interpreter)

    def _first(self, directories: tuple[Directory, ...], name: str) -> Search:
        tried: list[Tried] = []
        assumed: str | None = None
        for directory, why in directories:
            place = f"{directory}/{name}"
            found, ending, _ = self.tree.paths.follow(place)
            if ending is Ending.ASSUMED:
                assumed = assumed or found  # what is really there goes first, wherever it lies
                continue
            if found is None or found in self.tree.paths.directories:
                tried.append(Tried(place, f"not there ({why})"))
                continue
            refusal = self._refusal(found)
            if refusal is None:
                return Search(found, tuple(tried))
            tried.append(Tried(place, refusal))
        return Search(assumed, tuple(tried), assumed=assumed is not None)

    def _refusal(self, path: str) -> str | None:
        """Return why the loader passes over a file that is there; None if it takes it."""
        member = self.tree.by_path.get(path)
        if member is None:
            return "no ELF file"
        clash = abi_clash(self.platform, member.facts) if self.row.skips_wrong_abi else None
        return f"passed over: {clash}" if clash else None

    def _paths_of(self, member: Member, kind: str, value: str | None) -> tuple[Directory, ...]:
        if not value:
            return ()
        origin = posixpath.dirname(f"/{member.path}")
        key = (kind, value, origin)
        if key not in self._own:
            self._own[key] = tuple(
                [Directory(place, f"{kind} of {member.path}") for place in self._split(value, origin)]
            )
        return self._own[key]

    def _split(self, value: str, origin: str) -> list[str]:
        """Return the directories of a search path; an empty element is the working directory, which nobody knows."""
        elements = value.split(":")
        if self.row.unknown_token_voids_path and not _tokens(value) <= set(self.row.tokens):
            return []
        return [place for element in elements for place in self.expanded(element, origin)]

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
            places = _ld_so_conf(self.tree, path, text)
        return tuple([Directory(place, path) for place in places if place]), True


def config_path(row: Loader, interpreter: str) -> str:
    """Return the file that tells a loader, by the path programs ask for it, where else to look."""
    prefix = posixpath.dirname(posixpath.dirname(interpreter)).rstrip("/")
    return row.config.format(prefix=prefix, arch=musl_arch(interpreter))


def abi_clash(platform: Platform, facts: Facts) -> str | None:
    """Return what an image is made for, in words, if a process of ``platform`` cannot use it; None if it can.

    Compared are machine, class, byte order, ABI variant, and the float ABI where glibc does; what is unknown or
    guessed keeps nothing out.
    """
    if not same_machine(platform, facts):
        return f"{facts.machine.value} {facts.elf_class.value}-bit {facts.data.value}-endian"
    variant = facts.abi_variant.value
    if variant and platform.variant and variant != platform.variant:
        return f"{facts.machine.value} {variant}"
    own = facts.float_abi
    if facts.e_machine not in FLOAT_CHECKED:
        return None
    if own.value != platform.float_abi and {own.value, platform.float_abi} <= STATED_FLOAT_ABIS:
        return None if own.certainty is Certainty.GUESSED else f"{own.value}-float"
    return None


def _ld_so_conf(tree: Tree, path: str, text: str) -> list[str]:
    """Return the directories of an ld.so.conf, includes read in place (ldconfig(8)); each file once."""
    places: list[str] = []
    seen = {path}
    pending = [(path, line) for line in reversed(text.splitlines())]
    while pending:
        here, line = pending.pop()
        words = line.partition("#")[0].split()
        if not words or words[0] == "hwcap":
            continue
        if words[0] != "include":
            places += [word.partition("=")[0] for word in words]
            continue
        for pattern in reversed(words[1:]):
            for file in _matching(tree, posixpath.join(posixpath.dirname(here), pattern)):
                if file not in seen and len(seen) < DEFAULT_LIMITS.config_includes:
                    seen.add(file)
                    pending += [(file, line) for line in reversed((tree.read_text(file) or "").splitlines())]
    return places


def _matching(tree: Tree, pattern: str) -> list[str]:
    """Return the files of the tree whose path fits a shell pattern (glob(3)), last first: they go on a stack."""
    wanted = pattern.lstrip("/").split("/")
    names = [name for name in (*tree.paths.others, *tree.paths.links) if _fits(name.split("/"), wanted)]
    return [f"/{name}" for name in sorted(names, reverse=True)]


def _fits(parts: list[str], wanted: list[str]) -> bool:
    """Return whether a path fits a pattern part by part; a leading dot must be written out."""
    return len(parts) == len(wanted) and all(
        fnmatchcase(part, shape) and (part[0] != "." or shape[:1] == ".")
        for part, shape in zip(parts, wanted, strict=True)
    )


def _tokens(text: str) -> set[str]:
    return {braced or bare for braced, bare in TOKEN.findall(text)}
