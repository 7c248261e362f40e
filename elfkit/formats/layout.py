"""Readers derived from the declarations: ``struct.Struct`` for single records, numpy dtypes for tables.

construct declares and builds; reading with it costs twenty times what the derived ``struct.Struct`` costs,
so it reads only in the tests, where it is the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from struct import Struct
from typing import TYPE_CHECKING, Any

from elfkit.formats.abiflags import mips_abiflags
from elfkit.formats.dynamic import dyn
from elfkit.formats.hashes import gnu_hash, sysv_hash, sysv_hash_wide
from elfkit.formats.header import ehdr
from elfkit.formats.ld_so_cache import (
    cache_extension,
    cache_extension_section,
    cache_file,
    cache_file_new,
    file_entry,
    file_entry_new,
)
from elfkit.formats.mips_options import mips_option
from elfkit.formats.notes import nhdr
from elfkit.formats.relocations import rel, rela
from elfkit.formats.sections import shdr
from elfkit.formats.segments import phdr
from elfkit.formats.symbols import sym
from elfkit.formats.unwind import eh_frame_hdr, eh_frame_record, exidx
from elfkit.formats.versions import verdaux, verdef, vernaux, verneed
from elfkit.formats.words import Words, words

if TYPE_CHECKING:
    import numpy

UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}

DECLARATIONS: Mapping[str, Callable[[Words], Any]] = {
    "ehdr": ehdr,
    "phdr": phdr,
    "shdr": shdr,
    "dyn": dyn,
    "sym": sym,
    "sysv_hash": sysv_hash,
    "sysv_hash_wide": sysv_hash_wide,
    "gnu_hash": gnu_hash,
    "rel": rel,
    "rela": rela,
    "verneed": verneed,
    "vernaux": vernaux,
    "verdef": verdef,
    "verdaux": verdaux,
    "nhdr": nhdr,
    "mips_abiflags": mips_abiflags,
    "mips_option": mips_option,
    "eh_frame_hdr": eh_frame_hdr,
    "eh_frame_record": eh_frame_record,
    "exidx": exidx,
    "cache_file": cache_file,
    "file_entry": file_entry,
    "cache_file_new": cache_file_new,
    "file_entry_new": file_entry_new,
    "cache_extension": cache_extension,
    "cache_extension_section": cache_extension_section,
}


def format_code(field: Any) -> str:
    """Return the ``struct`` code of one construct field: by its width, as the native codes differ by host."""
    size: int = field.sizeof()
    spelled = getattr(field.subcon, "fmtstr", None)
    if spelled is None:
        return f"{size}s"
    code = UNSIGNED[size]
    return code.lower() if spelled[1].islower() else code


class Record:
    """One record of one class and byte order: its ``reader``, its ``size``, and offset and size of each field."""

    def __init__(self, declared: Any, order: str) -> None:
        self.codes: dict[str, str] = {field.name: format_code(field) for field in declared.subcons}
        self.order = order
        self.reader = Struct(order + "".join(self.codes.values()))
        self.size = self.reader.size
        self.spans: dict[str, tuple[int, int]] = {}
        offset = 0
        for name, code in self.codes.items():
            width = Struct(order + code).size
            self.spans[name] = (offset, width)
            offset += width

    @cached_property
    def dtype(self) -> numpy.dtype[Any]:
        """The numpy structured dtype of the record, packed, fields named as in the specification."""
        import numpy as np  # here: start-up without tables must not pay for numpy

        return np.dtype([(name, self.order + _numpy_kind(code)) for name, code in self.codes.items()])


def _numpy_kind(code: str) -> str:
    if code[-1] == "s":
        return f"V{code[:-1]}"
    return f"{'u' if code.isupper() else 'i'}{Struct('<' + code).size}"


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """All records of one EI_CLASS and EI_DATA, and the words between them."""

    elf_class: int  # EI_CLASS: 1 for 32 bits, 2 for 64
    data: int  # EI_DATA: 1 little-endian, 2 big-endian
    order: str  # the same for struct and numpy: "<" or ">"
    word_size: int  # bytes of an address
    ehdr: Record
    phdr: Record
    shdr: Record
    dyn: Record
    sym: Record
    sysv_hash: Record
    sysv_hash_wide: Record
    gnu_hash: Record
    rel: Record
    rela: Record
    verneed: Record
    vernaux: Record
    verdef: Record
    verdaux: Record
    nhdr: Record
    mips_abiflags: Record
    mips_option: Record
    eh_frame_hdr: Record
    eh_frame_record: Record
    exidx: Record
    cache_file: Record
    file_entry: Record
    cache_file_new: Record
    file_entry_new: Record
    cache_extension: Record
    cache_extension_section: Record


@cache
def layout(elf_class: int, data: int) -> Layout:
    """Return the layout of EI_CLASS 1 or 2 and EI_DATA 1 or 2; there are four, each made once."""
    order = "<" if data == 1 else ">"
    types = words(elf_class, data)
    records = {name: Record(declare(types), order) for name, declare in DECLARATIONS.items()}
    return Layout(elf_class, data, order, 8 if elf_class == 2 else 4, **records)
