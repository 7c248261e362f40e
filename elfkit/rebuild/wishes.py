"""What the caller asks for beyond the default, and that it can be asked for."""

from __future__ import annotations

from os import PathLike
from typing import NamedTuple

from elfkit.errors import ArgumentError
from elfkit.image.image import Image
from elfkit.rebuild.section_indices import SectionIndices

MOST_ADDRESS = (1 << 64) - 1
PATHS = (str, PathLike)


class Wishes(NamedTuple):
    """What the user asked for beyond the default."""

    indices: SectionIndices = SectionIndices.KEEP
    overlay: bool = False  # data behind the last segment may stay where it is, with the table behind it
    symbols: int | None = None  # the count of dynamic symbols


def wishes_of(*, shndx: object = "keep", overlay: object = False, symbols: object = None) -> Wishes:
    """Return what a plan is made by; ArgumentError for what is none of the values of a parameter."""
    names = [indices.value for indices in SectionIndices]
    if not isinstance(shndx, str) or shndx not in names:
        raise ArgumentError("shndx", f"is {shndx!r}, not one of {', '.join(names)}")
    if not isinstance(overlay, bool):
        raise ArgumentError("overlay", f"is {overlay!r}, not True or False")
    _check_number("symbols", symbols)
    return Wishes(SectionIndices(shndx), overlay, symbols if isinstance(symbols, int) else None)


def check_image(image: object) -> None:
    """ArgumentError unless it is what `elfkit.load` returns."""
    if not isinstance(image, Image):
        raise ArgumentError("image", f"is of type {type(image).__name__}, not what elfkit.load returns")


def check_files(source: object, target: object, *, backup: object, memory_dump: object, independent: object) -> None:
    """ArgumentError for what is no file, no name of one, or no suffix of such a name."""
    readable = isinstance(source, (*PATHS, bytes, bytearray, memoryview)) or hasattr(source, "read")
    if not readable or hasattr(source, "encoding"):
        raise ArgumentError("source", f"is of type {type(source).__name__}, not a path, bytes or an open binary file")
    if target is not None and not isinstance(target, PATHS):
        raise ArgumentError("target", f"is of type {type(target).__name__}, not a path")
    if target == "-":
        raise ArgumentError("target", "is '-', and standard output cannot be replaced: name a file, such as ./-")
    if not isinstance(backup, str) or "/" in backup or "\0" in backup:
        raise ArgumentError("backup", f"is {backup!r}, not a suffix of a name, such as .orig")
    if backup and target is None:
        raise ArgumentError("backup", "keeps what a target replaces, and there is no target")
    if not isinstance(independent, bool):
        raise ArgumentError("independent", f"is {independent!r}, not True or False")
    _check_number("memory_dump", memory_dump)


def _check_number(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_ADDRESS:
        raise ArgumentError(name, f"is {value!r}, not a number from 0 to {MOST_ADDRESS:#x}")
