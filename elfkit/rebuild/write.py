"""The bytes of a section header table: appended behind the file, four fields of the ELF header point to it.

Nothing is decided here. Names become offsets, links become indices; extended numbering as the gABI has it.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import PN_XNUM
from elfkit.abi.sections import SHN_LORESERVE, SHN_XINDEX, SHT_NULL, SHT_STRTAB
from elfkit.evidence import Certainty
from elfkit.image.image import Image
from elfkit.rebuild.planned import PlannedSection

ALIGN = 16  # of the first byte appended
NAMES = ".shstrtab"


class Patch(NamedTuple):
    """Bytes that replace others of the same length at ``offset``."""

    offset: int
    data: bytes


class Appendix(NamedTuple):
    """What a rebuilt file has besides the original's bytes: ``data`` at ``offset`` behind them, and patches."""

    offset: int
    data: bytes
    patches: tuple[Patch, ...]


def packed(image: Image, value: int, width: int) -> bytes:
    """Return an unsigned number in ``width`` bytes of the image's byte order."""
    return value.to_bytes(width, "little" if image.layout.data == 1 else "big")


def name_table(sections: tuple[PlannedSection, ...]) -> tuple[bytes, dict[str, int]]:
    """Return the string table of section names, and where each name begins in it."""
    places: dict[str, int] = {"": 0}
    data = bytearray(b"\0")
    for section in sections:
        if section.name not in places:
            places[section.name] = len(data)
            data += section.name.encode() + b"\0"
    return bytes(data), places


def with_names(sections: tuple[PlannedSection, ...], offset: int) -> tuple[PlannedSection, ...]:
    """Return the sections and behind them .shstrtab, which lies at ``offset``."""
    index = len(sections) + 1
    names = PlannedSection(
        NAMES, SHT_STRTAB, 0, 0, offset, 0, "the names of the sections", Certainty.STATED, index=index
    )
    data, _ = name_table((*sections, names))
    whole = PlannedSection(NAMES, SHT_STRTAB, 0, 0, offset, len(data), names.because, Certainty.STATED, index=index)
    return (*sections, whole)


def appendix(image: Image, sections: tuple[PlannedSection, ...]) -> Appendix:
    """Return what is to be appended to ``image`` and patched in it, for ``sections`` in the order of their indices."""
    size = image.source.size
    offset = -(-size // ALIGN) * ALIGN
    rows = with_names(sections, offset)
    names, places = name_table(rows)
    table_at = offset + -(-len(names) // ALIGN) * ALIGN
    indices = {section.name: index for index, section in reversed(list(enumerate(rows, 1)))}
    shdr = image.layout.shdr
    table = [_first(image, len(rows) + 1)]
    for section in rows:
        info = indices.get(section.info, 0) if isinstance(section.info, str) else section.info
        fields = (places[section.name], section.type, section.flags, section.addr, section.offset, section.size)
        link = indices.get(section.link, 0)
        table.append(shdr.reader.pack(*fields, link, info, section.addralign, section.entsize))
    data = names.ljust(table_at - offset, b"\0") + b"".join(table)
    return Appendix(size, bytes(offset - size) + data, _header_patches(image, table_at, len(rows) + 1, len(rows)))


def _first(image: Image, count: int) -> bytes:
    """Return section header 0: zeros, but for counts that do not fit into the ELF header (gABI, "e_shnum")."""
    names = count - 1
    size = count if count >= SHN_LORESERVE else 0
    link = names if names >= SHN_LORESERVE else 0
    info = len(image.segments) if image.header.phnum == PN_XNUM else 0
    return image.layout.shdr.reader.pack(0, SHT_NULL, 0, 0, 0, size, link, info, 0, 0)


def pointing_to(image: Image, table_at: int, count: int, names: int) -> Appendix:
    """Return what makes the ELF header point to ``count`` section headers that lie at ``table_at`` already."""
    return Appendix(image.source.size, b"", _header_patches(image, table_at, count, names))


def _header_patches(image: Image, table_at: int, count: int, names: int) -> tuple[Patch, ...]:
    layout = image.layout
    values = {
        "e_shoff": table_at,
        "e_shentsize": layout.shdr.size,
        "e_shnum": count if count < SHN_LORESERVE else 0,
        "e_shstrndx": names if names < SHN_LORESERVE else SHN_XINDEX,
    }
    spans = [(layout.ehdr.spans[field], value) for field, value in values.items()]
    return tuple([Patch(offset, packed(image, value, width)) for (offset, width), value in spans])
