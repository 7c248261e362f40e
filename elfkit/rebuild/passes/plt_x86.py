"""The procedure linkage tables of x86 and x86-64: .plt, .plt.got and .plt.sec, by their jumps and their FDEs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.dynamic import DT_JMPREL, DT_PLTGOT, DT_REL, DT_RELA, DT_TLSDESC_PLT
from elfkit.abi.header import EM_386, EM_X86_64
from elfkit.abi.sections import SHF_ALLOC, SHF_EXECINSTR
from elfkit.abi.segments import PF_X
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import Span, bytes_of, section_of, targets_of

AX = SHF_ALLOC | SHF_EXECINSTR
ENDBR = (b"\xf3\x0f\x1e\xfa", b"\xf3\x0f\x1e\xfb")  # ENDBR64, ENDBR32
# what a header begins with, behind ENDBR
PUSH_GOT = (
    b"\xff\x35",
    b"\xff\xb3",
    b"\x41\x53\xff\x35",
    b"\x51\xb9",
    b"\x51\x8d\x8b",
)  # what a header begins with, behind ENDBR
JUMPS = (b"\xff\x25", b"\xff\xa3")
HEADERS = (16, 32, 48)
MARGIN = 64  # bytes before what a slot points to, and between two tables
RESOLVER = 16  # bytes of the stub that resolves thread-local descriptors
MOST_BEFORE = 1 << 12  # bytes of .init and padding before the first table of a segment


class Jump(NamedTuple):
    """A stub: where it begins, its bytes, the slot it jumps through, and which table such stubs make.

    ``table`` is "lazy" (it pushes an index as well), "branch" (ENDBR, then the jump) or "short" (the jump alone).
    """

    start: int
    size: int
    slot: int
    table: str

    @property
    def end(self) -> int:
        """The address behind the stub."""
        return self.start + self.size


def x86_plt_sections(gathered: Gathered, sections: Sections) -> list[PlannedSection]:
    """Return .plt, .plt.got and .plt.sec: runs of stubs, as long as their FDE where .eh_frame has one for them."""
    jumps = set(gathered.slots.jumps.tolist())
    lazy = _plain_lazy(gathered)
    spans = [] if lazy is None else [(".plt", lazy)]
    sizes: dict[str, int] = {}
    for run in _runs(gathered, sections.named(".got")):
        name = _name(run, jumps)
        if name == ".plt.got" or jumps <= {jump.slot for jump in run}:
            spans.append((name, _span(gathered, run)))
            sizes[name] = run[0].size
    if not any(name == ".plt" for name, _ in spans):
        alone = _lone_header(gathered)
        spans[:0] = [] if alone is None else [(".plt", alone)]
    found: list[PlannedSection] = []
    for name, span in spans:
        if not any(row.name == name for row in found) and (name != ".plt.got" or _is_a_table(gathered, span, found)):
            section = _section(gathered, name, span, sizes.get(name, 16))
            found += [] if section is None else [section]
    return found


def _section(gathered: Gathered, name: str, span: Span, entsize: int) -> PlannedSection | None:
    align = entsize
    if name == ".plt" and gathered.machine == EM_386:
        entsize = 4  # as binutils has it
    proofs = gathered.proofs(DT_JMPREL, DT_PLTGOT)
    return section_of(gathered, name, span, flags=AX, entsize=entsize, align=align, evidence=proofs)


def _name(run: list[Jump], jumps: set[int]) -> str:
    calls = any(jump.slot in jumps for jump in run)
    if run[0].table == "branch":
        return ".plt.sec" if calls else ".plt.got"
    return ".plt" if calls or run[0].table == "lazy" else ".plt.got"


def _runs(gathered: Gathered, got: PlannedSection | None) -> list[list[Jump]]:
    """Return the stubs in runs of adjacent ones of one kind, those of calls first, the longest first."""
    calls = set(gathered.slots.calls.tolist())
    runs: list[list[Jump]] = []
    for jump in _jumps(gathered, got):
        last = runs[-1][-1] if runs else None
        alike = last is not None and last.table == jump.table and (last.slot in calls) == (jump.slot in calls)
        if last is None or last.end != jump.start or not alike:
            runs.append([])
        runs[-1].append(jump)
    return sorted(runs, key=lambda run: (run[0].table != "lazy", run[0].table != "branch", -len(run)))


def _jumps(gathered: Gathered, got: PlannedSection | None) -> list[Jump]:
    """Return every stub in the windows where tables may lie, ascending by address."""
    slots = gathered.slots
    known = set(slots.written.tolist())
    found: dict[int, Jump] = {}
    for start, end in _windows(gathered):
        raw = bytes_of(gathered, start, end - start)
        codes = np.frombuffer(raw, np.uint8)
        if len(codes) < 6:
            continue
        second = codes[1:-4]
        places = np.flatnonzero((codes[:-5] == 0xFF) & ((second == 0x25) | (second == 0xA3)))
        for place in places.tolist():
            slot = _slot(gathered, raw, start, place)
            inside = got is not None and got.addr <= slot < got.end
            jump = _jump(raw, start, place, slot) if inside or slot in known else None
            if jump is not None:
                found[jump.start] = jump
    return [found[start] for start in sorted(found)]


def _windows(gathered: Gathered) -> list[tuple[int, int]]:
    """Return where tables may lie: around what the slots hold at first, and at the start of executable segments."""
    slots = gathered.slots
    reach = 16 * (len(slots.calls) * 2 + len(slots.data) + 8) + MARGIN
    codes = [load for load in gathered.loads if load.flags & PF_X]
    found = []
    targets = sorted(targets_of(gathered))
    if targets:
        found.append((targets[0] - MARGIN, targets[-1] + reach))
    tables = gathered.value(DT_JMPREL) or gathered.value(DT_RELA) or gathered.value(DT_REL) or 0
    for load in codes:  # .init comes before the first table, and in a segment with the headers the loader's tables
        start = max(load.vaddr, tables) if load.vaddr <= tables < load.vaddr + load.filesz else load.vaddr
        found.append((start, start + MOST_BEFORE + reach))
    return [(max(start, load.vaddr), min(end, load.vaddr + load.filesz)) for start, end in found for load in codes]


def _slot(gathered: Gathered, raw: bytes, start: int, place: int) -> int:
    """Return the address that the jump at ``place`` takes its target from."""
    disp = int.from_bytes(raw[place + 2 : place + 6], "little", signed=True)
    if gathered.machine == EM_X86_64:
        return start + place + 6 + disp if raw[place + 1] == 0x25 else -1
    if raw[place + 1] == 0xA3:  # from %ebx, the address of the global offset table
        return (gathered.value(DT_PLTGOT) or 0) + disp
    return disp & 0xFFFFFFFF


def _jump(raw: bytes, start: int, place: int, slot: int) -> Jump | None:
    """Return the stub around the jump at ``place`` of ``raw``, which lies at ``start``; None if it is a function's."""
    begin = place - (raw[place - 1 : place] == b"\xf2")  # BND
    end = place + 6
    for before in (10, 9):  # mold: ENDBR, MOV of an index, the jump
        if raw[place - before : place - before + 4] in ENDBR and place >= before:
            return Jump(start + place - before, 16, slot, "lazy")
    if begin >= 4 and raw[begin - 4 : begin] in ENDBR:
        return Jump(start + begin - 4, 16, slot, "branch")
    if raw[end : end + 1] == b"\x68" and raw[end + 5 : end + 6] == b"\xe9":
        return Jump(start + begin, 16, slot, "lazy")
    padded = raw[end : end + 2] == b"\x66\x90"
    return Jump(start + begin, 8, slot, "short") if padded else None


def _span(gathered: Gathered, run: list[Jump]) -> Span:
    """Return the table that holds a run: with its header, and exactly that of its FDE if there is one."""
    start, end = run[0].start, run[-1].end
    if run[0].table == "lazy":
        start -= _header(gathered, start)
    if gathered.value(DT_TLSDESC_PLT) == end:
        end += RESOLVER
    because = "a stub that jumps through a slot" if len(run) == 1 else f"{len(run)} stubs that jump through slots"
    length = _fde_length(gathered, start)
    if length is not None and start + length >= end:
        return Span(start, start + length, because=f"its FDE, and {because}")
    return Span(start, end, because=because)


def _header(gathered: Gathered, start: int) -> int:
    """Return the bytes of the header before the first stub."""
    for size in HEADERS:
        raw = bytes_of(gathered, start - size, 12)
        raw = raw[4:] if raw[:4] in ENDBR else raw
        if raw.startswith(PUSH_GOT):
            return size
    return 0


def _plain_lazy(gathered: Gathered) -> Span | None:
    """Return the .plt whose stubs only push an index and jump to its header: those of calls lie in .plt.sec."""
    targets = sorted(targets_of(gathered))
    if not targets or not _pushes(bytes_of(gathered, targets[0], 10)):
        return None
    start = targets[0] - _header(gathered, targets[0])
    end = targets[0]
    while end < targets[0] + 16 * len(gathered.slots.calls) and _pushes(bytes_of(gathered, end, 10)):
        end += 16
    length = _fde_length(gathered, start)
    because = f"{(end - targets[0]) // 16} stubs that slots point to"
    if length is not None and start + length >= end:
        return Span(start, start + length, because=f"its FDE, and {because}")
    return Span(start, end, because=because)


def _lone_header(gathered: Gathered) -> Span | None:
    """Return a .plt without stubs: the header, which jumps to what the third word of .got.plt holds."""
    pltgot, width = gathered.value(DT_PLTGOT), gathered.slots.width
    if pltgot is None:
        return None
    for start, end in _windows(gathered):
        raw = bytes_of(gathered, start, end - start)
        for push in PUSH_GOT[:2]:
            place = raw.find(push)
            while place >= 0:
                jump = place + 6 + (raw[place + 6 : place + 7] == b"\xf2")
                if raw[jump : jump + 2] in JUMPS and _slot(gathered, raw, start, jump) == pltgot + 2 * width:
                    length = _fde_length(gathered, start + place) or HEADERS[0]
                    because = "the header alone, which jumps through the third word of .got.plt"
                    return Span(start + place, start + place + length, because=because)
                place = raw.find(push, place + 1)
    return None


def _pushes(raw: bytes) -> bool:
    """Return whether a stub begins with ENDBR and PUSH of an index, or behind its jump with the PUSH alone."""
    return raw[:4] in ENDBR and raw[4:5] == b"\x68"


def _fde_length(gathered: Gathered, start: int) -> int | None:
    """Return the length of the FDE that begins at ``start``; None without one."""
    unwind = gathered.unwind
    if unwind is None:
        return None
    rows = np.flatnonzero(unwind.start == np.uint64(max(start, 0)))
    return int(unwind.length[rows[0]]) if len(rows) else None


def _is_a_table(gathered: Gathered, span: Span, before: list[PlannedSection]) -> bool:
    """Return whether jumps through other slots than those of calls are a table, and not some function's last jump."""
    if _fde_length(gathered, span.start) == span.end - span.start:
        return True
    return any(0 <= span.start - row.end < 16 for row in before)
