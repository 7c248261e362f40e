"""The procedure linkage table where it is code: found by what its slots hold at first, proved by each stub's slot."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.dynamic import (
    DT_AARCH64_BTI_PLT,
    DT_AARCH64_PAC_PLT,
    DT_JMPREL,
    DT_PLTGOT,
    DT_PLTREL,
    DT_RELA,
    DT_TLSDESC_PLT,
)
from elfkit.abi.header import EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_MIPS, EM_MIPS_RS3_LE, EM_RISCV, EM_X86_64
from elfkit.abi.procedure_linkage import PltCode, Unresolved, plt_code
from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR
from elfkit.abi.segments import PF_X
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.plt_mips import mips_stub_sections
from elfkit.rebuild.passes.plt_x86 import x86_plt_sections
from elfkit.rebuild.passes.stubs import READERS, Code
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import Span, bytes_of, section_of, targets_of

AX = SHF_ALLOC | SHF_EXECINSTR
LITTLE = (EM_AARCH64, EM_RISCV, EM_LOONGARCH)  # whose instructions are little-endian in any file
EF_ARM_BE8 = 0x00800000  # data big-endian, instructions little-endian
TLSDESC_STUB = 32  # bytes of what resolves thread-local descriptors, behind the stubs of AArch64
LONGEST = 28  # bytes of a stub that belongs to a row with a shorter entry
MOST_STARTS = 16
WIDE = (DT_AARCH64_BTI_PLT, DT_AARCH64_PAC_PLT)  # stubs that sign pointers or are branch targets


def plt_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .plt, .plt.got, .plt.sec and .MIPS.stubs: the stubs through which functions of other files are called."""
    if gathered.machine in (EM_386, EM_X86_64):
        return x86_plt_sections(gathered, sections)
    found = mips_stub_sections(gathered) if gathered.machine in (EM_MIPS, EM_MIPS_RS3_LE) else []
    row = plt_code(gathered.machine, gathered.image.layout.elf_class)
    if row is None or not len(gathered.slots.jumps):
        return found
    targets = targets_of(gathered)
    for start in _starts(gathered, sections, row, targets):
        for header in row.headers:
            section = _read(gathered, row, start, header, targets)
            if section is not None:
                return [*found, section]
    return found


def _starts(gathered: Gathered, sections: Sections, row: PltCode, targets: dict[int, int]) -> Iterator[int]:
    """Yield where the section may begin: what the slots show, else the gaps in executable segments."""
    if targets:
        lowest = min(targets)
        yield lowest if row.unresolved is Unresolved.HEADER else lowest - row.within - row.headers[0]
        return
    for load in gathered.loads:
        if load.flags & PF_X:
            for low, _ in sections.gaps(load.vaddr, load.vaddr + load.filesz)[:MOST_STARTS]:
                yield from sorted({-(-low // 4) * 4, -(-low // 16) * 16})


def _read(gathered: Gathered, row: PltCode, start: int, header: int, targets: dict[int, int]) -> PlannedSection | None:
    """Return the section if behind the header stubs follow that go through every JUMP_SLOT, each through another."""
    slots = gathered.slots
    most = header + (len(slots.calls) + 1) * max(LONGEST, row.entry)
    code = _code(gathered, row, start, bytes_of(gathered, start, most), targets)
    calls, jumps = set(slots.calls.tolist()), set(slots.jumps.tolist())
    seen: set[int] = set()
    at, read = header, READERS[row.stub]
    while row.indirect or not jumps <= seen:
        stub = read(code, at)
        if stub is None or stub.slot not in calls or stub.slot in seen:
            break
        seen.add(stub.slot)
        at += stub.size
    if not jumps <= seen:
        return None
    end = start + min(at, len(code.raw))
    end += TLSDESC_STUB * (gathered.machine == EM_AARCH64 and gathered.value(DT_TLSDESC_PLT) == end)
    because = f"{len(seen)} stubs, each of which goes through a slot of DT_JMPREL"
    proofs = gathered.proofs(DT_JMPREL, DT_PLTGOT)
    span = Span(start, end, because=because)
    return section_of(gathered, ".plt", span, flags=AX, entsize=row.entsize, align=row.align, evidence=proofs)


def _code(gathered: Gathered, row: PltCode, start: int, raw: bytes, targets: dict[int, int]) -> Code:
    layout = gathered.image.layout
    small = gathered.machine in LITTLE or (gathered.machine == EM_ARM and gathered.image.header.flags & EF_ARM_BE8)
    rela = gathered.value(DT_PLTREL) == DT_RELA
    wide = gathered.machine == EM_AARCH64 and any(gathered.value(tag) is not None for tag in WIDE)
    return Code(
        raw,
        start,
        "<" if small else layout.order,
        24 if wide else row.entry,
        gathered.value(DT_PLTGOT) or 0,
        gathered.slots.ordered,
        (layout.rela if rela else layout.rel).size,
        targets,
    )
