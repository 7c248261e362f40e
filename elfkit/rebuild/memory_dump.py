"""A library dumped from memory: its bytes lie as they were mapped, and a loader may have relocated its tags.

glibc adds the base address to some entries of .dynamic when it loads a library, musl and bionic to none; so each entry
is judged by itself (glibc, elf/get-dynamic-info.h).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from elfkit.abi import dynamic as dt
from elfkit.abi.segments import PT_LOAD
from elfkit.errors import RefusedError
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image, load
from elfkit.image.segments import Segment
from elfkit.rebuild.existing import table_trust
from elfkit.rebuild.write import Patch, packed
from elfkit.tables.hashes import read_gnu_head, read_sysv_head

RELOCATED = (
    *(dt.DT_HASH, dt.DT_PLTGOT, dt.DT_STRTAB, dt.DT_SYMTAB, dt.DT_RELA, dt.DT_REL, dt.DT_RELR, dt.DT_JMPREL),
    *(dt.DT_VERSYM, dt.DT_GNU_HASH),
)
HASHES = (dt.DT_HASH, dt.DT_GNU_HASH)
PAGE = 4096  # bytes: a library is loaded at a multiple of it, on every machine
MOST_BASES = 1 << 16  # pages that are tried: a library of 256 MB
MOST_TRIED = 16  # of those at which the dump is made a file to see whether it is one


def memory_dump_patches(image: Image, base: int) -> tuple[Patch, ...]:
    """Return what makes a file of a dump at address ``base``: segments lie at their addresses, tags are relative again.

    Nothing is patched that is so already; nothing at all of a dump that was rebuilt. RefusedError where PT_DYNAMIC is
    not in the dump, or the tables that it points to are not where ``base`` has them.
    """
    if image.dynamic_segment is None:
        raise RefusedError(image.source.name, "it has no PT_DYNAMIC, by which a dump is understood")
    lowest, _ = _span(image)
    if all(load.offset == load.vaddr - lowest for load in image.loads) and table_trust(image).whole:
        return ()
    dump = _Dump(image, image.source.whole("a dump made a file"), tuple(_addresses(image)))
    patches = _patches(dump, base)
    with load(patched(dump.raw, patches)) as made:
        why = _unfit(made) or _short(made)
    if why:
        raise RefusedError(image.source.name, f"{why}{_advice(dump)}")
    return patches


class _Dump(NamedTuple):
    """The dump, its bytes, and what a loader may have relocated: (tag, offset of the value, value) of .dynamic."""

    image: Image
    raw: bytes
    addresses: tuple[tuple[int, int, int], ...]


def _patches(dump: _Dump, base: int) -> tuple[Patch, ...]:
    image = dump.image
    lowest, top = _span(image)
    found = [patch for segment in image.segments for patch in _segment_patches(image, segment, lowest)]
    for _, place, value in dump.addresses:
        relative = value - (base - lowest)
        if value >= top and lowest <= relative < top:
            width = image.layout.dyn.spans["d_val"][1]
            found.append(Patch(place, packed(image, relative, width)))
    return tuple([patch for patch in found if dump.raw[patch.offset : patch.offset + len(patch.data)] != patch.data])


def _span(image: Image) -> tuple[int, int]:
    """Return the lowest address of the file, which is where the dump begins, and the end of the highest."""
    lowest = min([load.vaddr for load in image.loads], default=0)
    return lowest, max([load.vaddr + load.memsz for load in image.loads], default=0)


def _unfit(made: Image) -> str:
    """Return what of the loader's tables is not where it should be in a dump that became a file; "" if all are."""
    values = made.dynamic.values if made.dynamic else {}
    if made.dynamic is None or not made.dynamic.terminated or not {dt.DT_STRTAB, dt.DT_SYMTAB} <= values.keys():
        return "there is no dynamic section where PT_DYNAMIC lies in memory"
    for tag in (dt.DT_STRTAB, dt.DT_SYMTAB, *HASHES):
        if tag in values and made.extent_of(values[tag]) is None:
            name = dt.tag_name(tag, made.header.machine)
            return f"{name} is {values[tag]:#x}, which no PT_LOAD of the dump holds"
    if made.source.view(made.string_offset(0) or 0, 1) != b"\0":
        return "there is no string table where DT_STRTAB says"
    if any(made.source.view((made.extent_of(values[dt.DT_SYMTAB]) or Extent(0, 0)).offset, made.layout.sym.size)):
        return "there is no symbol table where DT_SYMTAB says: its first entry is not zero"
    if not read_gnu_head(made) and not read_sysv_head(made):
        return "there is no hash table where DT_HASH or DT_GNU_HASH say"
    return ""


def _short(made: Image) -> str:
    """Return what is missing of a dump that does not reach into its last PT_LOAD: a file is shorter than its memory."""
    last = max([load.offset for load in made.loads if load.memsz], default=0)
    return (
        f"its last PT_LOAD would begin at {last:#x}, and it ends at {made.source.size:#x}"
        if last >= made.source.size
        else ""
    )


def _advice(dump: _Dump) -> str:
    """Return what is the case instead, as the end of a sentence; "" if the bytes do not say."""
    if not _unfit(dump.image):
        return "; it is no dump: its tables lie where the program headers have them in the file"
    base = _fitting_base(dump)
    return "" if base is None else f"; it was loaded at {base:#x}"


def _fitting_base(dump: _Dump) -> int | None:
    """Return the one address of a page at which the tables of the dump fit; None if none does, or several do."""
    lowest, top = _span(dump.image)
    values = [value for _, _, value in dump.addresses if value >= top]
    if not values:
        return None
    first = max(max(values) - (top - lowest) + 1, 0)
    bases = range(-(-first // PAGE) * PAGE, min(values) + 1, PAGE)[:MOST_BASES]
    likely = islice((base for base in bases if _begins(dump, base - lowest)), MOST_TRIED)
    fitting = [base for base in likely if not _unfit(load(patched(dump.raw, _patches(dump, base))))]
    return fitting[0] if len(fitting) == 1 else None


def _begins(dump: _Dump, bias: int) -> bool:
    """Return whether tables may begin where their tags say: cheaply, before the whole is tried.

    Strings and symbols begin with zeros, a hash table with the number of its buckets, in 4 bytes or 8.
    """
    lowest, top = _span(dump.image)
    sizes = {dt.DT_STRTAB: 1, dt.DT_SYMTAB: dump.image.layout.sym.size, dt.DT_HASH: 8, dt.DT_GNU_HASH: 8}
    for tag, _, value in dump.addresses:
        offset = (value - bias if value >= top else value) - lowest
        size = sizes.get(tag, 0)
        zeros = dump.raw[offset : offset + size] == bytes(size)
        if size and (offset < 0 or zeros == (tag in HASHES)):
            return False
    return True


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


def _addresses(image: Image) -> Iterator[tuple[int, int, int]]:
    """Yield (tag, file offset of the value, value) of each entry of the dump's .dynamic that a loader may relocate."""
    segment, dyn = image.dynamic_segment, image.layout.dyn
    if segment is None:
        return
    offset = segment.vaddr - _span(image)[0]
    raw = image.source.view(offset, segment.filesz)
    within = dyn.spans["d_val"][0]
    for number, (tag, value) in enumerate(dyn.reader.iter_unpack(raw[: len(raw) // dyn.size * dyn.size])):
        if tag == dt.DT_NULL:
            return
        if tag in RELOCATED:
            yield tag, offset + number * dyn.size + within, value


def patched(raw: bytes, patches: tuple[Patch, ...]) -> bytes:
    """Return ``raw`` with the patches in it."""
    copy = bytearray(raw)
    for patch in patches:
        copy[patch.offset : patch.offset + len(patch.data)] = patch.data
    return bytes(copy)
