"""Symbols for people, as ``nm -D --with-symbol-versions`` shows them."""

from __future__ import annotations

from elfkit.abi.sections import SHN_ABS, SHN_COMMON, SHN_UNDEF
from elfkit.abi.segments import PF_W, PF_X, PT_TLS
from elfkit.abi.symbols import STB_GNU_UNIQUE, STB_LOCAL, STB_WEAK, STT_GNU_IFUNC, STT_OBJECT, STT_TLS
from elfkit.image.image import Image
from elfkit.tables.symbols import Symbol


def letter(image: Image, symbol: Symbol) -> str:
    """Return the letter that nm(1) gives the symbol; small for a local one.

    nm goes by the section a symbol is in. Here the segment tells, which is there without section headers too: code,
    data, data without bytes in the file (B), read-only (R). A mark at the border of data and what has no bytes in the
    file (_edata, __stop_NAME) is B here, whichever of the two nm takes it for.
    """
    if symbol.section == SHN_UNDEF:
        return "U" if symbol.binding != STB_WEAK else "v" if symbol.type == STT_OBJECT else "w"
    if symbol.binding == STB_GNU_UNIQUE:
        return "u"
    if symbol.type == STT_GNU_IFUNC:
        return "i"
    if symbol.binding == STB_WEAK:
        return "V" if symbol.type == STT_OBJECT else "W"
    found = {SHN_ABS: "A", SHN_COMMON: "C"}.get(symbol.section) or _by_segment(image, symbol)
    return found.lower() if symbol.binding == STB_LOCAL else found


def _by_segment(image: Image, symbol: Symbol) -> str:
    if symbol.type == STT_TLS:
        filled = next((segment.filesz for segment in image.segments if segment.type == PT_TLS), 0)
        return "D" if symbol.value < filled else "B"
    # a mark such as _end stands behind its section, and that may be the end of the segment
    marked = [segment for segment in image.loads if symbol.value == segment.vaddr + segment.memsz]
    holding = [segment for segment in image.loads if 0 <= symbol.value - segment.vaddr < segment.memsz]
    for segment in (holding + marked)[:1]:
        if segment.flags & PF_W:
            return "D" if symbol.value - segment.vaddr < segment.filesz else "B"
        return "T" if segment.flags & PF_X and symbol.type != STT_OBJECT else "R"
    return "?"


def versioned(symbol: Symbol, name: str) -> str:
    """Return ``name`` with the symbol's version: "@@" before the default one of this file, else "@".

    The symbols that linkers make to mark a version, and which bear its name, are shown without it, as nm does.
    """
    if symbol.version in (None, symbol.name):
        return name
    mark = "@@" if symbol.default else "@"
    return f"{name}{mark}{symbol.version}"
