"""The float ABI where build attributes or a flag of old files tell it: bytes written from the specifications."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elfkit.abi.header import EM_CSKY, EM_PPC, ET_EXEC
from elfkit.evidence import Certainty
from tests.elfwriter import Elf, Note, build
from tests.facts.test_cpu import ARM, CSKY_ATTRIBUTES, GNU_ATTRIBUTES, MIPS, arm, facts_of, with_attributes


def test_an_armv7_file_with_neither_float_bit_and_vfp_arguments_is_hard_float_whatever_its_interpreter() -> None:
    program = replace(ARM, type=ET_EXEC, interpreter=b"/lib/ld-linux.so.3")
    found = facts_of(arm(b"\x06\x0a\x07A\x0a\x04\x17\x03\x1c\x01", program)).float_abi
    assert (found.value, found.certainty) == ("hard", Certainty.STATED)
    assert found.evidence[0][:1] + found.evidence[0][2:] == ("SHT_ARM_ATTRIBUTES tag 28", b"\x1c\x01", 1, "")


@pytest.mark.parametrize(
    ("content", "value", "certainty"),
    [
        (b"\x1c\x00", "soft", Certainty.STATED),
        (b"\x1c\x03", "any", Certainty.STATED),
        (b"\x1c\x02", "unknown", Certainty.UNKNOWN),  # a toolchain's own
        (b"\x06\x0a\x0a\x04\x17\x03", "soft", Certainty.DERIVED),  # softfp: FPU used, Tag_ABI_VFP_args left out
        (b"\x06\x0a", "unknown", Certainty.UNKNOWN),  # no floating point: no question
    ],
)
def test_what_arm_s_attributes_say_of_arguments(content: bytes, value: str, certainty: Certainty) -> None:
    assert facts_of(arm(content)).float_abi[:2] == (value, certainty)


def test_softfp_is_soft_by_its_flag_though_it_uses_the_fpu() -> None:
    found = facts_of(arm(b"\x06\x0a\x07A\x0a\x04\x17\x03", replace(ARM, flags=0x05000200)))
    assert found.float_abi.value == "soft"
    assert found.isa is not None
    assert found.isa.value.extensions == ("vfpv3-d16",)


@pytest.mark.parametrize(("number", "value"), [(1, "hard"), (5, "hard"), (2, "soft"), (10, "soft"), (3, "single")])
def test_powerpc_says_it_in_gnu_attributes(number: int, value: str) -> None:
    content = with_attributes(Elf(1, 2, machine=EM_PPC), bytes([4, number]), GNU_ATTRIBUTES, b"gnu\0")
    assert facts_of(content).float_abi.value == value


@pytest.mark.parametrize(("number", "value"), [(1, "soft"), (2, "soft"), (3, "hard")])
def test_csky_says_it_in_its_own(number: int, value: str) -> None:
    elf = Elf(1, 1, machine=EM_CSKY, flags=0x20000008)
    content = with_attributes(elf, bytes([17, number]), CSKY_ATTRIBUTES, b"csky\0")
    assert facts_of(content).float_abi.value == value


def test_old_mips_files_say_it_in_gnu_attributes_or_by_a_flag() -> None:
    old = replace(MIPS, fp_abi=None)
    facts = facts_of(with_attributes(old, b"\x04\x06", GNU_ATTRIBUTES, b"gnu\0"))
    assert (facts.float_abi.value, facts.fp_mode.value) == ("hard", "64")
    facts = facts_of(build(replace(old, flags=0x70001207)))
    assert (facts.float_abi.value, facts.fp_mode.value) == ("hard", "old-64")


@pytest.mark.parametrize(("note", "value"), [(Note(b"Go", 4, b"id"), "none"), (Note(b"GNU", 3, b"id"), "soft")])
def test_a_static_go_program_has_no_float_abi_to_mix(note: Note, value: str) -> None:
    static = replace(ARM, flags=0x05000200, type=ET_EXEC, dynamic=False, notes=(note,))
    assert facts_of(build(static)).float_abi.value == value
