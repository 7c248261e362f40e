"""`elfkit info`."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from typing import Any, NamedTuple

from elfkit.abi.header import ELF_MAGIC
from elfkit.errors import FormatError, ReadError
from elfkit.facts.facts import DEAR, Facts, conclude
from elfkit.firmware.tree import Member, Tree, read_tree
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit_cli import exit_codes
from elfkit_cli.info_table import tree_lines
from elfkit_cli.info_text import headline, info_lines
from elfkit_cli.job_arguments import jobs_of
from elfkit_cli.limit_arguments import limits_of
from elfkit_cli.lines import Line, Span, line, terminal_columns
from elfkit_cli.output import STANDARD_OUTPUT, complain, write_json, write_text
from elfkit_cli.progress import ProgressLine

SCHEMA = "elfkit.info/1"


class File(NamedTuple):
    """A file named on its own, and its facts."""

    path: str
    facts: Facts


class _Run:
    """What was found of the arguments, in their order, and what is to be said of the others."""

    def __init__(self, arguments: Namespace, progress: ProgressLine) -> None:
        self.found: list[File | Tree] = []
        self.complaints: list[Line] = []
        self.unusable = False
        self._needs = DEAR if arguments.format == "json" or arguments.verbose else frozenset[str]()
        self._limits = limits_of(arguments)
        self._jobs = jobs_of(arguments)
        self._progress = progress if progress.wanted else None

    def look(self, path: str) -> None:
        """Read what one argument names."""
        if os.path.isdir(path):
            self._read_tree(path)
        else:
            self._read_file(path)

    def _read_tree(self, path: str) -> None:
        try:
            tree = read_tree(path, needs=self._needs, limits=self._limits, progress=self._progress, jobs=self._jobs)
        except ReadError as error:
            self._refuse(path, error.reason, unusable=True)
            return
        self.found.append(tree)
        for skipped in tree.unreadable:
            self._refuse(f"{path}: {skipped.path}", skipped.reason, unusable=False)

    def _read_file(self, path: str) -> None:
        is_elf = False
        try:
            with Source.open(path, limits=self._limits) as source:
                is_elf = source.view(0, len(ELF_MAGIC)) == ELF_MAGIC
                self.found.append(File(path, conclude(Image(source))))
        except FormatError as error:
            self._refuse(path, error.detail, unusable=is_elf)  # an ELF file whose header says nothing more
        except ReadError as error:
            self._refuse(path, error.reason, unusable=True)

    def _refuse(self, path: str, reason: str, *, unusable: bool) -> None:
        self.unusable = self.unusable or unusable
        self.complaints.append(line(f"elfkit: {path}: {reason}"))

    @property
    def elf_files(self) -> int:
        """How many ELF files were found."""
        return sum([len(item.members) if isinstance(item, Tree) else 1 for item in self.found])


def run(arguments: Namespace) -> int:
    """Show the facts of files and trees, return the exit code: 2 for what cannot be read, 3 if nothing is ELF."""
    with ProgressLine(quiet=arguments.quiet) as progress:
        work = _Run(arguments, progress)
        for path in arguments.paths:
            work.look(path)
    empty = [item.root for item in work.found if isinstance(item, Tree) and not item.members]
    work.complaints += [line(f"elfkit: no ELF file in {root}") for root in empty]
    try:
        _write(work.found, arguments)
    finally:
        complain(work.complaints)
    if work.unusable:
        return exit_codes.UNUSABLE
    return exit_codes.CLEAN if work.elf_files else exit_codes.NO_ELF


def _write(found: list[File | Tree], arguments: Namespace) -> None:
    if arguments.format == "json":
        write_json([row for item in found for row in _documents(item)], path=arguments.output)
    else:
        lines = list(_short(found)) if arguments.quiet else list(_lines(found, arguments))[:-1]
        write_text(lines, path=arguments.output, colour=arguments.color)


def _short(found: list[File | Tree]) -> Iterator[Line]:
    """Yield one line a file: its name, and what it is."""
    for item in found:
        rows = [(item.path, item.facts)] if isinstance(item, File) else _named(item)
        yield from [line(Span(path, "bold"), f": {headline(facts)}") for path, facts in rows]


def _named(tree: Tree) -> list[tuple[str, Facts]]:
    return [(os.path.join(tree.root, member.path), member.facts) for member in tree.members]


def _lines(found: list[File | Tree], arguments: Namespace) -> Iterator[Line]:
    shown = arguments.output is None or arguments.output in STANDARD_OUTPUT
    columns = terminal_columns() if shown else None
    for item in found:
        if isinstance(item, Tree):
            yield from tree_lines(item, verbose=arguments.verbose, columns=columns)
        else:
            yield from info_lines(item.path, item.facts, verbose=arguments.verbose)
        yield line()


def _documents(item: File | Tree) -> Iterator[dict[str, Any]]:
    if isinstance(item, Tree):
        yield from [in_tree(item.root, member) for member in item.members]
    else:
        yield document(item.path, item.facts)


def document(path: str, facts: Facts) -> dict[str, Any]:
    """Return one file's object of elfkit.info/1."""
    return {"schema": SCHEMA, "path": path} | facts.to_dict()


def in_tree(root: str, member: Member) -> dict[str, Any]:
    """Return the object of one file of a tree: ``path`` and ``aliases`` are inside ``root``.

    What nobody can tell of a file whose header is damaged is null.
    """
    row = document(member.path, member.facts)
    if not member.facts.elf_class.value:
        row |= {"class": None, "data": None}
        row |= dict.fromkeys(("section_headers", "stack", "relro", "symbols"))
    return {"schema": SCHEMA, "root": root, "path": member.path, "aliases": list(member.aliases)} | row
