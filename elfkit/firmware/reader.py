"""What lies in the regular files of a root: facts of images, interpreters of scripts, programs of other systems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from elfkit.abi.header import ELF_MAGIC
from elfkit.errors import FormatError, ReadError
from elfkit.facts.damaged import damaged_facts
from elfkit.facts.facts import Facts, conclude
from elfkit.firmware.foreign import FOREIGN_HEADS, Foreign, foreign_program
from elfkit.firmware.walk import open_if_begins
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.limits import Budget, Limits
from elfkit.tables.linkage import OVER_LIMIT

SHEBANG = b"#!"
SHEBANG_BYTES = 256  # BINPRM_BUF_SIZE: what the Linux kernel reads of a script
OTHER_HEADS = (SHEBANG, *FOREIGN_HEADS)
HEADS = (ELF_MAGIC, *OTHER_HEADS)


class Skipped(NamedTuple):
    """Something in the tree that was not looked into, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Gathered:
    """What was found in ``files`` regular files, by path.

    ``images`` have their st_mode, ``linked`` the st_dev and st_ino of images with several hard links: one name of
    each is among the ``images``.
    """

    files: int = 0
    images: dict[str, tuple[int, Facts]] = field(default_factory=dict)
    linked: dict[str, tuple[int, int]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    script_arguments: dict[str, str] = field(default_factory=dict)
    foreign: list[Foreign] = field(default_factory=list)
    unreadable: list[Skipped] = field(default_factory=list)

    @property
    def linkage_bytes(self) -> int:
        """How much of the images is kept for binding."""
        return sum([facts.linkage.size for _, facts in self.images.values() if facts.linkage is not None])


class Reader:
    """Reads the regular files of a root in their order and gathers what later steps need of them."""

    def __init__(self, root: str, needs: frozenset[str], limits: Limits, gathered: Gathered) -> None:
        self.root = root
        self.needs = needs
        self.limits = limits
        self.gathered = gathered
        self.restart()

    def restart(self) -> None:
        """Be ready for files that come before those read until now, which bear the first names and take room first."""
        self.linkage = Budget(self.limits.tree_linkage_bytes)
        self.first_names: dict[tuple[int, int], str] = {}

    def read(self, path: str) -> None:
        """Look at one regular file; whatever fails is recorded, nothing is raised."""
        place = f"{self.root}/{path}"
        descriptor = open_if_begins(place, HEADS)
        self.gathered.files += 1
        if descriptor is None:
            return  # most files of a root: one look, and nothing is made for them
        try:
            with self._source(place, descriptor) as source:
                self._look(path, source)
        except ReadError as error:
            self.gathered.unreadable.append(Skipped(path, error.reason))

    def hand_over(self) -> Gathered:
        """Return what was gathered since this was last asked."""
        gathered, self.gathered = self.gathered, Gathered()
        return gathered

    def _source(self, place: str, descriptor: int) -> Source:
        if descriptor < 0:
            return Source.open(place, follow=False, limits=self.limits)
        return Source.of_descriptor(descriptor, place, owned=True, limits=self.limits)

    def _look(self, path: str, source: Source) -> None:
        head = source.view(0, 4)
        if head == ELF_MAGIC:
            status = source.status
            file = (status.st_dev, status.st_ino) if status is not None and status.st_nlink > 1 else None
            if file is None or file not in self.first_names:
                self.gathered.images[path] = (status.st_mode if status else 0, self._facts(source))
            if file is not None:
                self.gathered.linked[path] = file
                self.first_names.setdefault(file, path)
        elif head.startswith(OTHER_HEADS):
            self._look_at_other(path, source)

    def _look_at_other(self, path: str, source: Source) -> None:
        if source.view(0, 2) != SHEBANG:
            foreign = foreign_program(path, source)
            self.gathered.foreign += [foreign] if foreign else []
            return
        interpreter, argument = shebang(source.view(0, SHEBANG_BYTES))
        if interpreter:
            self.gathered.scripts[path] = interpreter
        if argument:
            self.gathered.script_arguments[path] = argument

    def _facts(self, source: Source) -> Facts:
        return within(self.linkage, facts_of(source, self.needs))


def within(budget: Budget, facts: Facts) -> Facts:
    """Return the facts with their linkage if the budget has room for it, and none of a later image once it had not."""
    linkage = facts.linkage
    if linkage is None:
        return facts
    size = budget.left + 1 if linkage == OVER_LIMIT else linkage.size
    return facts if budget.spend(size) == size else facts._replace(linkage=OVER_LIMIT)


def joined(parts: Iterable[Gathered], paths: Iterable[str], limits: Limits) -> Gathered:
    """Return what several readers gathered as if one had read the files, in the order of ``paths``."""
    every = Gathered()
    for part in parts:
        every.files += part.files
        every.images.update(part.images)
        every.linked.update(part.linked)
        every.scripts.update(part.scripts)
        every.script_arguments.update(part.script_arguments)
        every.foreign.extend(part.foreign)
        every.unreadable.extend(part.unreadable)
    result = Gathered(files=every.files, foreign=every.foreign, unreadable=every.unreadable)
    linkage = Budget(limits.tree_linkage_bytes)
    first_names: dict[tuple[int, int], str] = {}
    for path in paths:
        if path in every.linked:
            file = result.linked[path] = every.linked[path]
            if first_names.setdefault(file, path) != path:
                continue
        if path in every.images:
            mode, facts = every.images[path]
            result.images[path] = (mode, within(linkage, facts))
        if path in every.scripts:
            result.scripts[path] = every.scripts[path]
        if path in every.script_arguments:
            result.script_arguments[path] = every.script_arguments[path]
    return result


def facts_of(source: Source, needs: frozenset[str]) -> Facts:
    """Return the facts of an ELF file, however damaged its header is; FormatError if it is none."""
    try:
        return conclude(Image(source), needs)
    except FormatError as error:
        if source.view(0, len(ELF_MAGIC)) != ELF_MAGIC:
            raise
        return damaged_facts(source, error)


def shebang(head: bytes) -> tuple[str, str]:
    r"""Return the interpreter and the one argument that a script names, as load_script of the Linux kernel does.

    Blanks and tabs part them, nothing else: the CR of a line that ends in CR LF belongs to the name.

    >>> shebang(b"#! /bin/sh -e \nexit"), shebang(b"#!/bin/sh\r\n")
    (('/bin/sh', '-e'), ('/bin/sh\r', ''))
    """
    line = head[len(SHEBANG) :].partition(b"\n")[0].partition(b"\0")[0].strip(b" \t").replace(b"\t", b" ")
    interpreter, _, argument = line.decode("utf-8", "surrogateescape").partition(" ")
    return interpreter, argument.lstrip(" ")
