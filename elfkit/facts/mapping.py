"""Whether the kernel and a loader can map the segments as the program headers ask (gABI, "Program Loading").

What Linux does with each fault: fs/binfmt_elf.c (load_elf_binary, elf_load), glibc elf/dl-map-segments.h, musl
ldso/dynlink.c map_library.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, unique
from itertools import pairwise
from typing import NamedTuple

from elfkit.abi.header import ET_DYN, ET_EXEC
from elfkit.abi.machines import abi_variant, machine
from elfkit.abi.segments import PF_R, PF_W, PF_X, PT_INTERP
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image
from elfkit.image.segments import Segment

PAGE = 0x1000  # the smallest of any Linux
MOST_MEMORY = {4: 1 << 31, 8: 1 << 40}  # bytes, by the size of an address: more than a process of a device can have
MOST_TOLD = 8  # faults of one kind in one file
PERMISSIONS = PF_R | PF_W | PF_X


@unique
class Fault(Enum):
    """What is wrong with how segments are laid out."""

    NOT_CONGRUENT = "address and file offset differ within a page"
    SHARED_PAGE = "two segments with different permissions in one page"
    ORDER = "segments not in ascending order, or overlapping"
    HEADERS = "program headers in no segment"
    ENTRY = "entry point in no executable segment"
    MEMORY = "more memory than there can be"


class Misplaced(NamedTuple):
    """One fault: ``detail`` is a clause about the segments, ``evidence`` the fields that say so."""

    fault: Fault
    detail: str
    evidence: tuple[Evidence, ...]


NONE: Fact[tuple[Misplaced, ...]] = Fact((), Certainty.DERIVED)


def mapping_fact(image: Image) -> Fact[tuple[Misplaced, ...]]:
    """What keeps the segments from being mapped as they ask for; () where nothing does."""
    loads = [load for load in image.loads if load.memsz]
    if _sound(image, loads):
        return NONE  # as nearly all are: told in one pass
    if any(load.paddr not in (0, load.vaddr) for load in loads):
        return NONE  # a kernel or a boot loader: what places it goes by physical addresses
    found = [fault for load in loads for fault in _of_one(image, load)]
    found += [fault for one, other in pairwise(loads) for fault in _of_two(image, one, other)]
    if loads and image.header.type in (ET_EXEC, ET_DYN):
        found += _of_header(image, loads)
    return Fact(tuple(found[:MOST_TOLD]), Certainty.DERIVED) if found else NONE


def _sound(image: Image, loads: list[Segment]) -> bool:
    """Return whether the segments ascend, a page apart, each congruent, and hold entry point and program headers."""
    header, end, entered, headers = image.header, -1, False, False
    for load in loads:
        last = load.vaddr + load.memsz - 1
        if load.vaddr // PAGE <= end // PAGE or (load.vaddr - load.offset) % PAGE or load.memsz > MOST_MEMORY[4]:
            return False
        entered = entered or bool(load.vaddr <= header.entry <= last and load.flags & PF_X)
        headers = headers or load.offset <= header.phoff < load.offset + load.filesz
        end = last
    is_library = header.type == ET_DYN and not image.of_type(PT_INTERP)
    return (entered or is_library) and headers and end < 1 << 8 * image.layout.word_size


def _of_one(image: Image, load: Segment) -> Iterator[Misplaced]:
    width = image.layout.word_size
    if load.filesz and (load.vaddr - load.offset) % PAGE:  # whatever p_align says: it is mapped by pages
        yield _not_congruent(image, load)
    if load.memsz > MOST_MEMORY[width] or load.vaddr + load.memsz > 1 << 8 * width:
        yield _too_much(image, load)


def _of_two(image: Image, one: Segment, other: Segment) -> Iterator[Misplaced]:
    if other.vaddr < one.vaddr + one.memsz:
        yield _out_of_order(image, one, other)
    elif (one.flags ^ other.flags) & PERMISSIONS and other.vaddr // PAGE <= (one.vaddr + one.memsz - 1) // PAGE:
        yield _shared(image, one, other)


def _of_header(image: Image, loads: list[Segment]) -> Iterator[Misplaced]:
    """Yield what the ELF header names and no segment holds: of programs alone, a library is entered by its symbols."""
    header = image.header
    starts = header.type == ET_EXEC or image.of_type(PT_INTERP)
    if not starts:
        return
    row = machine(header.machine)
    described = row is not None and abi_variant(row, header.flags, image.layout.elf_class) == "elfv1"
    holding = [load for load in loads if load.vaddr <= header.entry < load.vaddr + load.memsz]
    if not any(load.flags & PF_X or described for load in holding):
        where = "is 0" if not header.entry else f"{header.entry:#x} lies in {_named(holding)}"
        yield Misplaced(Fault.ENTRY, f"e_entry {where}", (image.header_evidence("e_entry"),))
    if not any(load.offset <= header.phoff < load.offset + load.filesz for load in loads):
        detail = f"e_phoff {header.phoff:#x} lies in no segment that is loaded"
        yield Misplaced(Fault.HEADERS, detail, (image.header_evidence("e_phoff"),))


def _named(holding: list[Segment]) -> str:
    return "a segment that is not executable" if holding else "no segment"


def _not_congruent(image: Image, load: Segment) -> Misplaced:
    detail = f"p_vaddr {load.vaddr:#x} and p_offset {load.offset:#x} of a PT_LOAD differ within a page"
    return Misplaced(Fault.NOT_CONGRUENT, detail, _proofs(image, load, "p_vaddr", "p_offset"))


def _too_much(image: Image, load: Segment) -> Misplaced:
    detail = f"a PT_LOAD at {load.vaddr:#x} takes {load.memsz:,} bytes of memory"
    return Misplaced(Fault.MEMORY, detail, _proofs(image, load, "p_memsz"))


def _out_of_order(image: Image, one: Segment, other: Segment) -> Misplaced:
    end = one.vaddr + one.memsz
    detail = f"a PT_LOAD begins at {other.vaddr:#x}, the one before it ends at {end:#x}"
    return Misplaced(Fault.ORDER, detail, (*_proofs(image, one, "p_memsz"), *_proofs(image, other, "p_vaddr")))


def _shared(image: Image, one: Segment, other: Segment) -> Misplaced:
    page = other.vaddr // PAGE * PAGE
    detail = f"the page at {page:#x} belongs to two PT_LOADs with different permissions: the later one's hold for both"
    return Misplaced(Fault.SHARED_PAGE, detail, (*_proofs(image, one, "p_flags"), *_proofs(image, other, "p_vaddr")))


def _proofs(image: Image, segment: Segment, *fields: str) -> tuple[Evidence, ...]:
    return tuple([image.segment_evidence(segment, field) for field in fields])
