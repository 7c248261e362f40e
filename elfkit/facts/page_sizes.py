"""With which page sizes kernel and loader can map the file (gABI, "Program Header": p_align)."""

from __future__ import annotations

from elfkit.abi.segments import PT_GNU_RELRO
from elfkit.evidence import Certainty, Fact
from elfkit.image.image import Image
from elfkit.image.segments import Segment

SIZES = (0x1000, 0x4000, 0x10000)  # 4K; Apple's and Android's 16K; 64K of arm64, ppc64 and MIPS kernels


def page_sizes_fact(image: Image) -> Fact[tuple[int, ...]]:
    """The page sizes of 4K, 16K and 64K that every PT_LOAD is aligned for; () where one is aligned for none.

    Evidence is the p_align of the segment that is aligned least. ``detail`` tells of sizes that are missing among them
    because RELRO ends inside such a page: what follows it there stays writable, or becomes read-only.
    """
    loads = [load for load in image.loads if load.memsz]
    if not loads:
        return Fact((), Certainty.UNKNOWN)
    least = loads[0]
    bits = 0
    for load in loads:
        bits |= load.vaddr - load.offset | (load.align if load.align > 1 else 0)
        least = load if load.align < least.align else least
    # no low bit is set in any of them: the largest page fits all
    fitting = SIZES if not bits & SIZES[-1] - 1 else tuple([size for size in SIZES if _fit(loads, size)])
    return Fact(fitting, Certainty.DERIVED, (image.segment_evidence(least, "p_align"),), _relro(image, fitting))


def _fit(loads: list[Segment], size: int) -> bool:
    return all(_fits(load.align, load.vaddr - load.offset, size) for load in loads)


def _fits(align: int, distance: int, size: int) -> bool:
    """Return whether a segment is aligned for pages of ``size``: p_align 0 and 1 ask for nothing (gABI)."""
    return (align <= 1 or align % size == 0) and distance % size == 0


def _relro(image: Image, sizes: tuple[int, ...]) -> str:
    segments = image.of_type(PT_GNU_RELRO)
    if not segments:
        return ""
    segment = segments[-1]
    end = segment.vaddr + segment.memsz
    if not sizes or not end % sizes[-1]:
        return ""
    ends = {load.vaddr + load.memsz for load in image.loads}
    odd = [size for size in sizes if end % size and end not in ends]
    return f"RELRO ends at {end:#x}, inside a page of {', '.join([f'{size >> 10}K' for size in odd])}" if odd else ""
