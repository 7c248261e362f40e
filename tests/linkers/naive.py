"""The section table that other tools would write: good rows in an order of their own, whatever the symbols say.

The negative control of the tests beside it. st_shndx of the dynamic symbols names rows of the lost table; a table whose
rows stand elsewhere gives linkers the wrong section for each variable.
"""

from __future__ import annotations

import io
from typing import Final

from elftools.construct import Container
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

LINKED: Final = ("SHT_REL", "SHT_RELA")  # their sh_info names a section too


def naively_numbered(raw: bytes) -> bytes:
    """A copy with the same rows, the writable ones first, and the new table behind all else.

    The higher numbers, those of .data and .bss in the lost table, then are those of sections that nothing may write.
    """
    elf = ELFFile(io.BytesIO(raw))
    rows = [section.header for section in elf.iter_sections()]
    order = [0, *sorted(_worth_having(rows), key=lambda row: not rows[row]["sh_flags"] & SH_FLAGS.SHF_WRITE)]
    place = {old: new for new, old in enumerate(order)}
    body = raw + bytes(-len(raw) % 8)
    header = elf.header
    header["e_shoff"], header["e_shnum"], header["e_shstrndx"] = len(body), len(order), place[header["e_shstrndx"]]
    table = b"".join(elf.structs.Elf_Shdr.build(_moved(rows[row], place)) for row in order)
    built = elf.structs.Elf_Ehdr.build(header)
    return built + body[len(built) :] + table


def _worth_having(rows: list[Container]) -> list[int]:
    """The rows without the first and without fillers, which stand for nothing."""
    return [number for number, row in enumerate(rows) if number and row["sh_size"]]


def _moved(row: Container, place: dict[int, int]) -> Container:
    """The row whose references follow the others to their new places."""
    row["sh_link"] = place.get(row["sh_link"], 0)
    if row["sh_type"] in LINKED:
        row["sh_info"] = place.get(row["sh_info"], 0)
    return row
