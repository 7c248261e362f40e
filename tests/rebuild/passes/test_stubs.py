"""Stubs as Debian's linkers wrote them, each with the address it lies at and the r_offset of its JUMP_SLOT."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from elfkit.abi.procedure_linkage import PLT_CODES
from elfkit.rebuild.passes.stubs import READERS, Code, Stub


class Sample(NamedTuple):
    """The bytes of a stub, and what readelf -r says of the file: r_offset, and with a record's size DT_JMPREL."""

    reader: str
    raw: str
    vaddr: int
    slot: int
    order: str = "<"
    pltgot: int = 0
    size: int = 16
    record: int = 24
    entry: int = 16


SAMPLES = (
    Sample("aarch64", "30040090 110240f9 10020091 20021fd6", 0xC9A0, 0x90000),
    Sample("arm", "00c68fe2 38ca8ce2 e8f2bce5", 0x7D1C, 0x4000C, size=12),
    Sample("arm", "7847fde7 00c68fe2 38ca8ce2 e0f2bce5", 0x7D1C, 0x40008, size=16),
    Sample("riscv", "170e0600 033e8ec4 67030e00 13000000", 0xC3D0, 0x6C018),
    Sample("loongarch", "0f02001c efc1c628 ed01004c 00004003", 0x10105F0, 0x10207A0),
    Sample("arc", "30278c7f 03009c53 21200003 0a24c01f", 0x8C6C, 0x3E008),
    Sample(
        "s390x", "c0100003 90cce310 10000004 07f10d10 e310100c 0014c0f4 ffffffe5 00000000", 0xCE68, 0x7F000, ">", 0, 32
    ),
    Sample(
        "s390",
        "5810c00c 07f10000 00000000 0d105810 100ea7f4 ffe70000 00000000 00000000",
        0xACD0,
        0x8100C,
        ">",
        0,
        32,
        12,
    ),
    Sample(
        "sh", "04d0ce00 2b400900 c25003d1 2b40c150 09000900 0c000000 00000000", 0x9A28, 0x60034, "<", 0x60028, 28, 12
    ),
    Sample("m68k", "4efb0171 0003ad1a 2f3c0000 000060ff ffffffdc", 0xD2F0, 0x4800C, ">", 0, 20),
)


def code(sample: Sample, raw: bytes) -> Code:
    ordered = np.array([sample.slot], np.uint64)
    return Code(raw, sample.vaddr, sample.order, sample.entry, sample.pltgot, ordered, sample.record, {})


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.reader)
def test_a_stub_goes_through_the_slot_of_its_relocation(sample: Sample) -> None:
    raw = bytes.fromhex(sample.raw)
    assert READERS[sample.reader](code(sample, raw), 0) == Stub(sample.slot, sample.size)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.reader)
def test_no_prefix_of_other_bytes_is_a_stub(sample: Sample) -> None:
    raw = bytes.fromhex(sample.raw)
    assert READERS[sample.reader](code(sample, bytes(len(raw))), 0) is None
    assert READERS[sample.reader](code(sample, b""), 0) is None
    assert READERS[sample.reader](code(sample, raw[:4]), 0) is None


def test_stubs_of_alpha_are_told_by_the_slots_that_hold_their_address() -> None:
    raw = bytes(36) + bytes.fromhex("feffffc3fdffffc3")  # as libm has them behind a header at 0xda30
    slots = {0xDA54: 0xD0010, 0xDA58: 0xD0018}
    read = READERS["alpha"]
    with_slots = Code(raw, 0xDA30, "<", 4, 0, np.empty(0, np.uint64), 24, slots)
    assert [read(with_slots, 36), read(with_slots, 40)] == [Stub(0xD0010, 4), Stub(0xD0018, 4)]
    assert read(with_slots._replace(targets={}), 36) is None


def test_every_row_of_the_table_has_a_reader() -> None:
    assert {row.stub for row in PLT_CODES} == set(READERS)
