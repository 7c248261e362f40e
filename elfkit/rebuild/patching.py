"""Which bytes of a file may change: each patch must be one field that the task at hand is allowed to write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elfkit.abi.dynamic import DT_SYMTAB
from elfkit.errors import UnverifiedError
from elfkit.formats.layout import Record
from elfkit.image.image import Image
from elfkit.rebuild.report import Check
from elfkit.rebuild.write import Appendix

TABLE_FIELDS = ("e_shoff", "e_shentsize", "e_shnum", "e_shstrndx")
SEGMENT_FIELDS = ("p_offset", "p_filesz")


class Scope(NamedTuple):
    """What else than the four fields of the ELF header may change."""

    indices: bool = False  # st_shndx of the dynamic symbols
    dump: bool = False  # where segments lie, and addresses in the dynamic section


class _Cells(NamedTuple):
    """One field in each of ``records`` records from the file offset ``start`` on."""

    start: int
    record: int
    records: int
    within: int
    width: int

    def hold(self, offset: int, width: int) -> bool:
        place, rest = divmod(offset - self.start, self.record)
        return 0 <= place < self.records and (rest, width) == (self.within, self.width)


def patches_are_meant(result: Image, added: Appendix, scope: Scope, symbols: int) -> Check:
    """Hold each patch against the fields that may change, of ``symbols`` dynamic symbols; UnverifiedError otherwise."""
    cells = tuple(_cells(result, scope, symbols))
    for patch in added.patches:
        if not any(cell.hold(patch.offset, len(patch.data)) for cell in cells):
            raise UnverifiedError(
                f"{len(patch.data)} bytes at {patch.offset:#x} would change, and are no field that may"
            )
    return Check("fields changed", f"{len(added.patches)} fields change, each one that may")


def _cells(result: Image, scope: Scope, symbols: int) -> Iterator[_Cells]:
    layout = result.layout
    yield from _fields(layout.ehdr, 0, 1, TABLE_FIELDS)
    vaddr = result.dynamic.values.get(DT_SYMTAB) if result.dynamic else None
    extent = None if vaddr is None else result.extent_of(vaddr)
    if scope.indices and extent is not None:
        yield from _fields(layout.sym, extent.offset, symbols, ("st_shndx",))
    if scope.dump:
        yield from _fields(layout.phdr, result.header.phoff, len(result.segments), SEGMENT_FIELDS)
    if scope.dump and result.dynamic is not None:
        yield from _fields(layout.dyn, result.dynamic.offset, len(result.dynamic.entries), ("d_val",))


def _fields(record: Record, start: int, count: int, names: tuple[str, ...]) -> Iterator[_Cells]:
    return (_Cells(start, record.size, count, *record.spans[name]) for name in names)
