"""A file that holds a table of relocations, of whatever bytes."""

from __future__ import annotations

from tests.elfwriter import BASE, Elf, Written, write


def with_table(raw: bytes, tags: dict[int, int | None], elf: Elf) -> Written:
    """A file that holds `raw`; a tag without a value points at it."""
    start = BASE + write(elf_with(raw, tags, 0, elf)).blobs["table"][0]
    return write(elf_with(raw, tags, start, elf))


def elf_with(raw: bytes, tags: dict[int, int | None], start: int, elf: Elf) -> Elf:
    entries = tuple((tag, start if value is None else value) for tag, value in tags.items())
    return Elf(elf.elf_class, elf.data, machine=elf.machine, tags=entries, extra=(("table", raw),), symbols=elf.symbols)
