"""Dynamic symbols of type STT_GNU_IFUNC: functions whose address a resolver of their own gives (GNU gABI extension).

Read with the standard library alone: most files have no such byte where types stand, and are done with.
"""

from __future__ import annotations

from elfkit.abi.dynamic import (
    DT_GNU_HASH,
    DT_HASH,
    DT_JMPREL,
    DT_REL,
    DT_RELA,
    DT_STRTAB,
    DT_SYMTAB,
    DT_VERDEF,
    DT_VERNEED,
    DT_VERSYM,
)
from elfkit.abi.symbols import STT_GNU_IFUNC
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image

MOST_BYTES = 1 << 24  # of the symbol table
MOST_NAMES = 16  # told of one file
TYPE = 0xF  # of st_info
NONE: Fact[tuple[str, ...]] = Fact((), Certainty.DERIVED)
OTHERS = bytes([info for info in range(256) if info & TYPE != STT_GNU_IFUNC])
NEIGHBOURS = (DT_STRTAB, DT_HASH, DT_GNU_HASH, DT_VERSYM, DT_VERDEF, DT_VERNEED, DT_REL, DT_RELA, DT_JMPREL)


def indirect_functions_fact(image: Image) -> Fact[tuple[str, ...]]:
    """The names of dynamic symbols of type STT_GNU_IFUNC, the first of them; ``detail`` says how many there are."""
    values = image.dynamic.values if image.dynamic else {}
    start = values.get(DT_SYMTAB, 0)
    extent = image.extent_of(start)
    if not start or extent is None:
        return NONE
    record = image.layout.sym
    room = min([values[tag] - start for tag in NEIGHBOURS if values.get(tag, 0) > start], default=extent.size)
    raw = image.source.view(extent.offset, min(extent.size, room, MOST_BYTES))
    info = record.spans["st_info"][0]
    if not raw[info :: record.size].translate(None, OTHERS):
        return NONE
    from elfkit.tables.counts import symbol_count  # here: only files with such a byte pay for numpy

    types = raw[: symbol_count(image).low * record.size][info :: record.size]
    found = [number for number, byte in enumerate(types) if byte & TYPE == STT_GNU_IFUNC]
    proofs: list[Evidence] = []
    name_at = record.spans["st_name"][0]
    for number in found[:MOST_NAMES]:
        at = number * record.size
        entry = raw[at : at + record.size]
        name = image.string(int.from_bytes(entry[name_at : name_at + 4], "little" if image.layout.data == 1 else "big"))
        proofs.append(Evidence("STT_GNU_IFUNC symbol", extent.offset + at, entry, name))
    names = tuple([str(proof.value) for proof in proofs if proof.value is not None])
    return Fact(names, Certainty.STATED, tuple(proofs), str(len(found)) if found else "")
