"""ELF inspection for firmware: any CPU, from any host, without section headers.

>>> import elfkit
>>> with elfkit.load("fixtures/machines/mips-soft/hello") as image:
...     facts = elfkit.inspect(image)
...     table = elfkit.symbols(image)
>>> facts.float_abi.value, facts.interpreter.value
('soft', '/lib/ld-musl-mips-sf.so.1')
>>> facts.float_abi.evidence[0].source
'PT_MIPS_ABIFLAGS fp_abi'
>>> "greet" in table.names
True
>>> report = elfkit.check("fixtures/trees/router-clean")
>>> report.counts()["error"]
0
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import IO, TYPE_CHECKING

from elfkit import version

if TYPE_CHECKING:
    from elfkit.checks.report import Report
    from elfkit.facts.facts import Facts
    from elfkit.image.image import Image
    from elfkit.rebuild.plan import SectionPlan
    from elfkit.rebuild.report import RebuildReport
    from elfkit.tables.symbols import SymbolTable

__version__ = version.VERSION
__all__ = ["__version__", "check", "inspect", "load", "plan_sections", "rebuild_sections", "symbols"]


def load(origin: str | PathLike[str] | bytes | IO[bytes]) -> Image:
    """Return the ELF file at a path, in bytes, or in an open binary file; close it, or use it in a ``with``.

    FormatError if it is no ELF file or ends inside the ELF header, ReadError if it cannot be read.
    """
    from elfkit.image.image import load as load_image

    return load_image(origin)


def inspect(image: Image) -> Facts:
    """Return every fact of an image with the bytes that prove it; damage is in its ``anomalies``."""
    from elfkit.facts.facts import conclude

    return conclude(image)


def symbols(image: Image) -> SymbolTable:
    """Return the dynamic symbols of an image as columns, counted without section headers."""
    from elfkit.tables.symbols import read_symbols

    return read_symbols(image)


def check(
    *paths: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    assume_present: Iterable[str] = (),
    target: str | None = None,
    exclude: Iterable[str] = (),
) -> Report:
    """Check files, and directories as roots of a device's file system; return the report with its findings.

    ``root`` is the tree that single files are judged in; ``select`` and ``ignore`` name rules by id, by the
    beginning of one, or by name, ``ignore`` also what a finding's ``suppress`` says. ``assume_present`` are patterns
    of what is there at run time, ``exclude`` of what is not looked at; ``target`` is what the device is ("mips_24kc",
    "armv7-unknown-linux-musleabihf").
    SelectionError for a rule that does not exist, UsageError for a target.
    """
    from elfkit.checks.check import check as check_paths

    return check_paths(
        *paths,
        root=root,
        select=select,
        ignore=ignore,
        assume_present=assume_present,
        target=target,
        exclude=exclude,
    )


def plan_sections(image: Image, *, shndx: str = "keep", symbols: int | None = None) -> SectionPlan:
    """Return the section header table that the segments of an image give, each row with what proves it.

    ``shndx`` and ``symbols`` are those of `rebuild_sections`.
    """
    from elfkit.rebuild.plan import plan_sections as plan
    from elfkit.rebuild.wishes import check_image, wishes_of

    check_image(image)
    wishes = wishes_of(shndx=shndx, symbols=symbols)
    return plan(image, indices=wishes.indices, symbols=wishes.symbols)


def rebuild_sections(
    source: str | PathLike[str] | bytes | IO[bytes],
    target: str | PathLike[str] | None = None,
    *,
    shndx: str = "keep",
    overlay: bool = False,
    symbols: int | None = None,
    memory_dump: int | None = None,
    backup: str = "",
    independent: bool = False,
) -> RebuildReport:
    """Write ``source`` with a rebuilt section header table to ``target``, verified; without a target, plan only.

    ``shndx``: "keep" numbers the table as the symbols ask, "rewrite" changes the symbols, "off" does neither.
    ``overlay`` allows data behind the last segment, ``symbols`` states their count, ``memory_dump`` the address that
    a dumped library was loaded at. A file that is replaced stays under its name with the suffix ``backup``;
    ``independent`` asks pyelftools and LIEF too. RefusedError for what would break, UnverifiedError, WriteError: what
    was there stays.
    """
    from elfkit.rebuild.rebuild import rebuild_sections as rebuild

    return rebuild(
        source,
        target,
        shndx=shndx,
        overlay=overlay,
        symbols=symbols,
        memory_dump=memory_dump,
        backup=backup,
        independent=independent,
    )
