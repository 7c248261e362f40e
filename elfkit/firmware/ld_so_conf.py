"""The directories of an ld.so.conf as glibc's ldconfig reads it: one a line, includes in place, each file once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import translate

from elfkit.firmware.tree import Tree
from elfkit.firmware.walk import names_in
from elfkit.firmware.work import Work

WILD = frozenset("*?[")


def configured_places(tree: Tree, path: str, text: str, work: Work) -> tuple[list[str], bool]:
    """Return the directories that ``text``, the file at ``path``, names, and whether they are all of them."""
    conf = _Conf(tree, path, work)
    conf.read(path, text)
    return conf.places, conf.whole


class _Conf:
    """One configuration while it is read."""

    def __init__(self, tree: Tree, path: str, work: Work) -> None:
        self.tree = tree
        self.path = path
        self.work = work
        self.places: list[str] = []
        self.whole = True
        self._seen = {path}
        self._below: dict[str, list[str]] = {}

    def read(self, path: str, text: str) -> None:
        pending = self._lines(path, text)
        while pending:
            here, line = pending.pop()
            text = line.partition("#")[0].strip()
            first, *patterns = text.split() or [""]
            if patterns and first.lower() == "hwcap":
                continue
            if first != "include" or not patterns:
                place = text.partition("=")[0].rstrip()  # the whole line, blanks and all, without "=libc6"
                self.places += [place] if place else []
                continue
            for pattern in reversed(patterns):
                for file in reversed(self._matching(posixpath.join(posixpath.dirname(here), pattern))):
                    pending += self._included(file)

    def _lines(self, path: str, text: str) -> list[tuple[str, str]]:
        """Return the lines of a file, last first: they go on a stack."""
        if len(text.encode("utf-8", "surrogateescape")) >= self.work.limits.config_bytes:
            self._cut("config_bytes", path, "the rest of it was not read")
        return [(path, line) for line in reversed(text.splitlines())]

    def _included(self, file: str) -> list[tuple[str, str]]:
        if file in self._seen:
            return []
        if len(self._seen) >= self.work.limits.config_includes:
            self._cut("config_includes", self.path, "further files that it includes were not read")
            return []
        self._seen.add(file)
        return self._lines(file, self.tree.read_text(file) or "")

    def _cut(self, limit: str, path: str, left_out: str) -> None:
        self.whole = False
        self.work.cut(limit, path.lstrip("/"), left_out)

    def _matching(self, pattern: str) -> list[str]:
        """Return the files of the tree that fit a shell pattern (glob(3)), sorted; part by part, through links."""
        found = [""]
        for shape in pattern.split("/"):
            if shape:
                found = [place for here in found for place in self._fitting(here, shape)]
        directories = self.tree.paths.directories
        ends = [(place, self.tree.paths.follow(place).path) for place in found]
        return [f"/{place}" for place, end in ends if end is not None and end not in directories]

    def _fitting(self, here: str, shape: str) -> Iterator[str]:
        """Yield what ``here`` holds that fits one part of a pattern; a leading dot must be written out."""
        prefix = f"{here}/" if here else ""
        if WILD.isdisjoint(shape):
            if self._granted():
                yield prefix + shape
            return
        fits = re.compile(translate(shape)).match
        for name in self._names(here):
            if not self._granted():
                return
            if (name[0] != "." or shape[0] == ".") and fits(name):
                yield prefix + name

    def _granted(self) -> bool:
        if self.work.names.spend(1):
            return True
        self._cut("config_names", self.path, "further include lines were not expanded")
        return False

    def _names(self, here: str) -> list[str]:
        """Return the names in a directory of the tree, sorted; each directory is listed once."""
        directory = self.tree.paths.follow(here).path
        if directory is None or directory not in self.tree.paths.directories:
            return []
        if directory not in self._below:
            self._below[directory] = names_in(self.tree.root, directory)
        return self._below[directory]
