"""Where Android's linker looks, by the namespace of who asks (bionic linker/linker.cpp, load_library, find_library).

Which namespace an image is in depends on the program that loads it. Without a program, every section is asked in
which the image can be found: a library that any of them gives counts as found.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.linker_config import DEFAULT, LinkerConfig, Namespace, read_linker_config
from elfkit.firmware.search_places import Directory
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.walk import names_in
from elfkit.firmware.work import Work

CONFIGS = ("linkerconfig/ld.config.txt", "system/etc/ld.config.txt")
MORE_CONFIGS = re.compile(r"ld\.config\.[\w.]+\.txt")  # by ABI or VNDK version, of which a device takes one
RECOVERY = "ld.config.recovery.txt"
VARIABLE = re.compile(r"\$\{?\w+\}?|%\w+%")
MOST_CONFIGS = 8
Asking = tuple[str, dict[str, Namespace], Namespace]  # a configuration, the namespaces of a section, one of them


class Namespaces:
    """The namespaces of one tree for one class of programs; without a configuration, none."""

    def __init__(self, tree: Tree, elf_class: int, work: Work) -> None:
        self._tree = tree
        self._lib = "lib64" if elf_class == 64 else "lib"
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._work = work
        self._homes: dict[str, list[Asking]] = {}
        self._defaults: list[dict[str, Asking]] = []  # by section, of each configuration
        self.configs = tuple([(f"/{path}", config) for path, config in self._read(work)])
        self._settle()

    def _read(self, work: Work) -> Iterator[tuple[str, LinkerConfig]]:
        etc = self._tree.paths.follow("system/etc").path
        more = names_in(self._tree.root, etc) if etc in self._tree.paths.directories and etc is not None else []
        by_name = [f"system/etc/{name}" for name in more if MORE_CONFIGS.fullmatch(name) and name != RECOVERY]
        for path in (*CONFIGS, *by_name[:MOST_CONFIGS]):
            text = self._tree.read_text(path, work.limits)
            if text is not None:
                yield path, read_linker_config(text)

    def directories(self, requester: Member, name: str) -> Iterator[Directory]:
        """Yield where ``name`` is searched for on behalf of ``requester``, each directory with its namespace."""
        seen: set[str] = set()
        for directory in self._all_directories(requester, name):
            if directory.path not in seen:
                seen.add(directory.path)
                yield directory

    def _all_directories(self, requester: Member, name: str) -> Iterator[Directory]:
        for path, namespaces, own in self._of(requester):
            yield from self._search(own, f"namespace {own.name} of {path}")
            for other, taken in own.links:
                if other in namespaces and (taken is None or name in taken):
                    why = f"namespace {other} of {path}, which {own.name} takes {name} from"
                    yield from self._search(namespaces[other], why)

    def closed(self, requester: Member, place: str) -> str:
        """Return why a directory that the requester names itself is closed to it; "" if some namespace is not."""
        found = self._of(requester)
        if not found or any(self._open(own, place) for _, _, own in found):
            return ""
        return f"not accessible in namespace {found[0][2].name} of {found[0][0]}"

    def _open(self, own: Namespace, place: str) -> bool:
        if not own.isolated:
            return True
        where = posixpath.normpath(place)
        if not self._work.places.spend(1 + len(own.permitted)):
            return True
        below = any(f"{where}/".startswith(f"{path.rstrip('/')}/") for path in self._all(own.permitted))
        return below or where in self._all(own.search)

    def _search(self, namespace: Namespace, why: str) -> Iterator[Directory]:
        for place in self._all(namespace.search):
            yield Directory(place, why, built_in=True)

    def _of(self, requester: Member) -> list[Asking]:
        """Return each namespace that the requester may be in: a program's, or those that hold a library."""
        if requester.facts.kind.value in DYNAMIC_PROGRAMS:
            return [asking for number in range(len(self.configs)) for asking in self._of_program(number, requester)]
        defaults = [asking for of in self._defaults for asking in of.values()]
        return [*self._homes.get(posixpath.dirname(f"/{requester.path}"), ()), *defaults]

    def _of_program(self, number: int, program: Member) -> Iterable[Asking]:
        defaults = self._defaults[number]
        section = self.configs[number][1].section_of(f"/{program.path}")
        # without a section of its own the linker takes another's: any may be it
        return (defaults[section],) if section in defaults else defaults.values()

    def _settle(self) -> None:
        """Note which namespaces hold the libraries of a directory, and the default one of each section."""
        for path, config in self.configs:
            defaults: dict[str, Asking] = {}
            for section, namespaces in config.namespaces.items():
                for own in namespaces.values():
                    if own.name == DEFAULT:
                        defaults[section] = (path, namespaces, own)
                        continue
                    for place in dict.fromkeys(self._all(own.search)):
                        self._homes.setdefault(place, []).append((path, namespaces, own))
            self._defaults.append(defaults)

    def _all(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple([place for path in paths for place in self._places(path)])

    def _places(self, path: str) -> tuple[str, ...]:
        """Return what a path of the configuration stands for: directories in the tree where a value is not known."""
        known = self._expanded.get(path)
        if known is None:
            plain = path.replace("${LIB}", self._lib).replace("$LIB", self._lib)
            known = (posixpath.normpath(plain),)
            if VARIABLE.search(plain):
                shape = "[^/]*".join(re.escape(part) for part in VARIABLE.split(plain.lstrip("/")))
                fits = re.compile(shape).fullmatch
                directories = self._tree.paths.directories
                known = ()
                if self._work.names.spend(len(directories)) == len(directories):
                    known = tuple(sorted(f"/{place}" for place in directories if fits(place)))
                else:
                    self._work.cut("config_names", CONFIGS[0], "what some of its paths stand for was not told")
            self._expanded[path] = known
        return known
