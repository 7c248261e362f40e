"""Stubs of procedure linkage tables: which slot the instructions of one go through, machine by machine.

The encodings are those of the instruction sets' manuals, the sequences those of the psABIs and of binutils.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import NamedTuple

from elfkit.rebuild.slots import U64


class Stub(NamedTuple):
    """The slot that a stub goes through, and its bytes."""

    slot: int
    size: int


class Code(NamedTuple):
    """The bytes from ``vaddr`` on, and what stubs refer to.

    ``order`` is that of instructions, ``entry`` the usual bytes of a stub. ``pltgot`` is DT_PLTGOT, ``ordered`` the
    r_offsets of DT_JMPREL of ``record`` bytes each, ``targets`` the slot that holds an address before it is bound.
    """

    raw: bytes
    vaddr: int
    order: str
    entry: int
    pltgot: int
    ordered: U64
    record: int
    targets: Mapping[int, int]

    def word(self, at: int) -> int:
        """Return the instruction of 4 bytes at ``at``; 0, which is none, beyond the end."""
        raw = self.raw[at : at + 4]
        return int(WORDS[self.order].unpack(raw)[0]) if len(raw) == 4 else 0

    def half(self, at: int) -> int:
        """Return the 2 bytes at ``at``; 0 beyond the end."""
        raw = self.raw[at : at + 2]
        return int(HALVES[self.order].unpack(raw)[0]) if len(raw) == 2 else 0

    def relocated(self, offset: int) -> int:
        """Return the slot of the relocation that lies ``offset`` bytes into DT_JMPREL; -1 if there is none."""
        place, rest = divmod(offset, self.record)
        return int(self.ordered[place]) if not rest and place < len(self.ordered) else -1


WORDS = {order: Struct(f"{order}I") for order in "<>"}
HALVES = {order: Struct(f"{order}H") for order in "<>"}


def signed(value: int, bits: int) -> int:
    """Return the low ``bits`` of ``value`` as a two's complement number."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def aarch64(code: Code, at: int) -> Stub | None:
    """ADRP x16, page; LDR x17 or w17, [x16, low]; ADD; BR x17: 24 bytes with branch targets or signed pointers."""
    begin = at
    at += 4 * (code.word(at) == 0xD503245F)  # BTI c
    page, load = code.word(at), code.word(at + 4)
    if page & 0x9F00001F != 0x90000010 or load & 0xBFC003FF != 0xB9400211:
        return None
    pages = signed((page >> 5 & 0x7FFFF) << 2 | page >> 29 & 3, 21)
    low = (load >> 10 & 0xFFF) << (3 if load & 0x40000000 else 2)
    slot = (code.vaddr + at & ~0xFFF) + (pages << 12) + low
    signs = code.word(at + 12) == 0xD503219F  # AUTIA1716
    padded = code.entry == 24 and code.word(at + 16) == 0xD503201F
    return Stub(slot, 24 if at > begin or signs or padded else 16)


def arm(code: Code, at: int) -> Stub | None:
    """ADD ip, pc, #; ADD ip, ip, # once or twice; LDR pc, [ip, #]!. A Thumb entry before, a trap behind (lld)."""
    begin = at
    at += 4 * (code.word(at) in (0xE7FD4778, 0x46C04778))
    first = code.word(at)
    if first & 0xFFFFF000 != 0xE28FC000:
        return None
    slot = code.vaddr + at + 8 + _rotated(first)
    at += 4
    while code.word(at) & 0xFFFFF000 == 0xE28CC000 and at - begin < 16:
        slot += _rotated(code.word(at))
        at += 4
    last = code.word(at)
    if last & 0xFFFFF000 != 0xE5BCF000:
        return None
    at += 4 + 4 * (code.word(at + 4) == 0xD4D4D4D4)
    return Stub(slot + (last & 0xFFF) & 0xFFFFFFFF, at - begin)


def _rotated(instruction: int) -> int:
    """Return the immediate of an ARM data processing instruction: 8 bits, rotated right by twice 4 bits."""
    turn, value = (instruction >> 8 & 15) * 2, instruction & 0xFF
    return (value >> turn | value << 32 - turn) & 0xFFFFFFFF


def riscv(code: Code, at: int) -> Stub | None:
    """AUIPC t3, high; LD or LW t3, low(t3); JALR t1, t3; NOP."""
    high, load = code.word(at), code.word(at + 4)
    if high & 0xFFF != 0xE17 or load & 0xFFFFF not in (0xE3E03, 0xE2E03):
        return None
    return Stub(code.vaddr + at + signed(high & 0xFFFFF000, 32) + signed(load >> 20, 12), 16)


def loongarch(code: Code, at: int) -> Stub | None:
    """PCADDU12I $t3, high; LD.D or LD.W $t3, $t3, low; JIRL $t1, $t3, 0; NOP."""
    high, load = code.word(at), code.word(at + 4)
    if high & 0xFE00001F != 0x1C00000F or load & 0xFFC003FF not in (0x28C001EF, 0x288001EF):
        return None
    return Stub(code.vaddr + at + (signed(high >> 5, 20) << 12) + signed(load >> 10, 12), 16)


def arc(code: Code, at: int) -> Stub | None:
    """LD r12, [pcl, slot]; J_S.D and MOV_S: 16 bytes. A long immediate has its high half first."""
    if (code.half(at), code.half(at + 2)) != (0x2730, 0x7F8C) or at + 8 > len(code.raw):
        return None
    offset = signed(code.half(at + 4) << 16 | code.half(at + 6), 32)
    return Stub((code.vaddr + at & ~3) + offset & 0xFFFFFFFF, 16)


def s390x(code: Code, at: int) -> Stub | None:
    """LARL %r1, slot; LG %r1, 0(%r1); BR %r1; then the call of the resolver, and an offset in DT_JMPREL."""
    if code.half(at) != 0xC010 or code.word(at + 6) != 0xE3101000 or code.half(at + 12) != 0x07F1:
        return None
    return Stub(code.vaddr + at + 2 * signed(code.word(at + 2), 32), 32)


def s390(code: Code, at: int) -> Stub | None:
    """The load of the slot has several forms; behind BASR %r1 and L %r1, the last word is an offset in DT_JMPREL."""
    if code.word(at + 12) != 0x0D105810:
        return None
    slot = code.relocated(code.word(at + 28))
    return Stub(slot, 32) if slot >= 0 else None


def sh(code: Code, at: int) -> Stub | None:
    """MOV.L @(16, pc), r0, then what loads the slot; the last two words are the slot, or its place, and DT_JMPREL's."""
    if code.half(at) != 0xD004:
        return None
    slot = code.relocated(code.word(at + 24))
    stated = code.word(at + 20)
    return Stub(slot, 28) if slot >= 0 and slot in (stated, stated + code.pltgot) else None


def m68k(code: Code, at: int) -> Stub | None:
    """JMP ([%pc, slot]); MOVE.L #offset, -(%sp); BRA.L to the header."""
    if code.word(at) != 0x4EFB0171 or code.half(at + 8) != 0x2F3C or code.half(at + 14) != 0x60FF:
        return None
    return Stub(code.vaddr + at + 2 + signed(code.word(at + 4), 32), 20)


def alpha(code: Code, at: int) -> Stub | None:
    """BR $31, to the last instruction of the header; the slot is the one that holds the stub's address."""
    branch = code.word(at)
    if branch >> 21 != 0x61F or at + 4 + 4 * signed(branch, 21) != 32:
        return None
    slot = code.targets.get(code.vaddr + at)
    return None if slot is None else Stub(slot, 4)


def mips(code: Code, at: int) -> Stub | None:
    """LUI $15, high; LW or LD $25, low($15); ADDIU or DADDIU $24, $15, low; JR $25."""
    high, load, add = code.word(at), code.word(at + 4), code.word(at + 8)
    if high >> 16 not in (0x3C0F, 0x3C0E) or load >> 16 not in (0x8DF9, 0xDDF9, 0x8DD9, 0xDDD9):
        return None
    last = {code.word(at + 12), add} & {0x03200008, 0x03200009}  # JR before its delay slot, or R6's JALR $0
    return Stub((high << 16) + signed(load, 16) & 0xFFFFFFFF, 16) if last else None


READERS: Mapping[str, Callable[[Code, int], Stub | None]] = {
    reader.__name__: reader for reader in (aarch64, arm, riscv, loongarch, arc, s390x, s390, sh, m68k, alpha, mips)
}
