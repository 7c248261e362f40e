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
MOST_CONFIGS, MOST_NAMESPACES = 8, 256


class Namespaces:
    """The namespaces of one tree for one class of programs; without a configuration, none."""

    def __init__(self, tree: Tree, elf_class: int, work: Work) -> None:
        self._tree = tree
        self._lib = "lib64" if elf_class == 64 else "lib"
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[str, bool], tuple[tuple[str, dict[str, Namespace], Namespace], ...]] = {}
        self.configs = tuple([(f"/{path}", config) for path, config in self._read(work)])

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
        below = any(f"{where}/".startswith(f"{path.rstrip('/')}/") for path in self._all(own.permitted))
        return below or where in self._all(own.search)

    def _search(self, namespace: Namespace, why: str) -> Iterator[Directory]:
        for place in self._all(namespace.search):
            yield Directory(place, why, built_in=True)

    def _of(self, requester: Member) -> tuple[tuple[str, dict[str, Namespace], Namespace], ...]:
        """Return each namespace that the requester may be in, with those beside it and the file that tells."""
        program = requester.facts.kind.value in DYNAMIC_PROGRAMS
        key = (requester.path if program else posixpath.dirname(requester.path), program)
        if key not in self._known:
            found = [
                (path, namespaces, own)
                for path, config in self.configs
                for namespaces, own in self._in(config, requester.path, program=program)
            ]
            self._known[key] = tuple(found[:MOST_NAMESPACES])
        return self._known[key]

    def _in(
        self, config: LinkerConfig, path: str, *, program: bool
    ) -> Iterator[tuple[dict[str, Namespace], Namespace]]:
        if program:
            sections = [config.section_of(f"/{path}")]
            if sections[0] not in config.namespaces:
                sections = [*config.namespaces]  # the linker falls back to another: any may be it
        else:
            sections = [*config.namespaces]
        directory = posixpath.dirname(f"/{path}")
        for section in sections:
            namespaces = config.namespaces[section]
            for namespace in namespaces.values():
                home = namespace.name == DEFAULT or directory in self._all(namespace.search)
                if home and (not program or namespace.name == DEFAULT):
                    yield namespaces, namespace

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
                known = tuple(sorted(f"/{place}" for place in self._tree.paths.directories if fits(place)))
            self._expanded[path] = known
        return known
