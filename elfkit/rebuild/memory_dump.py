"""A library dumped from memory: its bytes lie as they were mapped, and a loader may have relocated its tags.

glibc adds the base address to some entries of .dynamic when it loads a library, musl and bionic to none; so each entry
is judged by itself (glibc, elf/get-dynamic-info.h).
"""

from __future__ import annotations

from elfkit.abi import dynamic as dt
from elfkit.abi.segments import PT_LOAD
from elfkit.errors import RefusedError
from elfkit.image.image import Image
from elfkit.image.segments import Segment
from elfkit.rebuild.write import Patch, packed

RELOCATED = (
    *(dt.DT_HASH, dt.DT_PLTGOT, dt.DT_STRTAB, dt.DT_SYMTAB, dt.DT_RELA, dt.DT_REL, dt.DT_RELR, dt.DT_JMPREL),
    *(dt.DT_VERSYM, dt.DT_GNU_HASH),
)


def memory_dump_patches(image: Image, base: int) -> tuple[Patch, ...]:
    """Return what makes a file of a dump at address ``base``: segments lie at their addresses, tags are relative again.

    RefusedError where PT_DYNAMIC is not in the dump.
    """
    segment = image.dynamic_segment
    if segment is None:
        raise RefusedError(image.source.name, "it has no PT_DYNAMIC, by which a dump is understood")
    lowest = min([load.vaddr for load in image.loads], default=0)
    patches = [patch for segment in image.segments for patch in _segment_patches(image, segment, lowest)]
    top = max([load.vaddr + load.memsz for load in image.loads], default=0)
    patches += _tag_patches(image, segment.vaddr - lowest, segment.filesz, base, top)
    return tuple(patches)


def _segment_patches(image: Image, segment: Segment, lowest: int) -> list[Patch]:
    """Return patches of p_offset, and of p_filesz: a dump has the zeros of a PT_LOAD, and nothing else."""
    place = max(segment.vaddr - lowest, 0)
    size = segment.memsz if segment.type == PT_LOAD else segment.filesz
    if segment.filesz and not _mapped(image, segment):
        place, size = 0, 0
    phdr = image.layout.phdr
    row = image.header.phoff + segment.number * phdr.size
    held = max(min(size, image.source.size - place), 0)
    found = []
    for field, value in (("p_offset", place), ("p_filesz", held)):
        within, width = phdr.spans[field]
        found.append(Patch(row + within, packed(image, value, width)))
    return found


def _mapped(image: Image, segment: Segment) -> bool:
    """Return whether what the segment holds is part of a PT_LOAD: of some, .riscv.attributes, p_vaddr means nothing."""
    shift = segment.vaddr - segment.offset
    return any(
        load.vaddr - load.offset == shift and load.vaddr <= segment.vaddr < load.vaddr + load.memsz
        for load in image.loads
    )


def _tag_patches(image: Image, offset: int, size: int, base: int, top: int) -> list[Patch]:
    dyn = image.layout.dyn
    raw = image.source.view(offset, size)
    within, width = dyn.spans["d_val"]
    found = []
    for number, (tag, value) in enumerate(dyn.reader.iter_unpack(raw[: len(raw) // dyn.size * dyn.size])):
        if tag == dt.DT_NULL:
            break
        if tag in RELOCATED and value >= top and base <= value < base + top:
            found.append(Patch(offset + number * dyn.size + within, packed(image, value - base, width)))
    return found


def patched(raw: bytes, patches: tuple[Patch, ...]) -> bytes:
    """Return ``raw`` with the patches in it."""
    copy = bytearray(raw)
    for patch in patches:
        copy[patch.offset : patch.offset + len(patch.data)] = patch.data
    return bytes(copy)
