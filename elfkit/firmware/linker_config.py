"""An ld.config.txt of Android's linker: which programs have which namespaces, and where each looks.

Format: bionic linker/ld.config.format.md. Lines of ``dir.<section> = <directory>`` come first, then a part for each
``[section]`` with ``namespace.<name>.<property>``; ``+=`` goes on with a list.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PROPERTY = re.compile(r"namespace\.([^.\s]+)\.(\S+)")
DEFAULT = "default"
MOST_PATHS, MOST_SECTIONS, MOST_NAMESPACES = 1024, 64, 64  # real ones have some dozens of paths, five sections


class Namespace(NamedTuple):
    """One namespace: its search paths, what an isolated one may open besides, and what it takes from others.

    ``links`` are pairs of another namespace's name and the libraries that come from there, None for all of them.
    """

    name: str
    isolated: bool
    search: tuple[str, ...]
    permitted: tuple[str, ...]
    links: tuple[tuple[str, frozenset[str] | None], ...]


class LinkerConfig(NamedTuple):
    """``sections`` are pairs of a directory of programs and its section; ``namespaces`` those of each section."""

    sections: tuple[tuple[str, str], ...]
    namespaces: dict[str, dict[str, Namespace]]

    def section_of(self, program: str) -> str:
        """Return the section of a program, by the first directory above it; "" where none is."""
        for directory, section in self.sections:
            if program.startswith(directory.rstrip("/") + "/"):
                return section
        return ""


class _Draft:
    """One namespace while its lines are read."""

    def __init__(self) -> None:
        self.lists: dict[str, list[str]] = {}

    def set(self, key: str, value: str, *, more: bool) -> None:
        parts = [part.strip() for part in re.split("[:,]" if key in LISTS else ":", value) if part.strip()]
        self.lists[key] = [*(self.lists.get(key, ()) if more else ()), *parts][:MOST_PATHS]

    def made(self, name: str) -> Namespace:
        lists = self.lists
        return Namespace(
            name,
            lists.get("isolated", [""])[-1:] == ["true"],
            tuple(lists.get("search.paths", ())),
            tuple(lists.get("permitted.paths", ())),
            tuple([(other, self._taken(other)) for other in lists.get("links", ())]),
        )

    def _taken(self, other: str) -> frozenset[str] | None:
        if self.lists.get(f"link.{other}.allow_all_shared_libs") == ["true"]:
            return None
        return frozenset(self.lists.get(f"link.{other}.shared_libs", ()))


LISTS = frozenset({"links"})


def read_linker_config(text: str) -> LinkerConfig:
    r"""Read a configuration; a line that is none is passed over.

    >>> config = read_linker_config("dir.main = /system/bin\n[main]\nnamespace.default.search.paths = /system/lib")
    >>> config.section_of("/system/bin/sh"), config.namespaces["main"]["default"].search
    ('main', ('/system/lib',))
    """
    sections: list[tuple[str, str]] = []
    drafts: dict[str, dict[str, _Draft]] = {}
    here = ""
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            here = line.strip("[] \t")
            if here not in drafts and len(drafts) >= MOST_SECTIONS:
                break
            drafts.setdefault(here, {})
            continue
        key, equals, value = line.partition("=")
        more, key = key.endswith("+"), key.rstrip("+ \t")
        if not equals:
            continue
        if not here and key.startswith("dir.") and len(sections) < MOST_PATHS:
            sections.append((value.strip(), key.removeprefix("dir.")))
        elif here and (found := PROPERTY.fullmatch(key)):
            of = drafts[here]
            if found[1] in of or len(of) < MOST_NAMESPACES:
                of.setdefault(found[1], _Draft()).set(found[2], value, more=more)
    made = {here: {name: draft.made(name) for name, draft in of.items()} for here, of in drafts.items()}
    return LinkerConfig(tuple(sections), made)
