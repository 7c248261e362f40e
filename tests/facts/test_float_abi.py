"""The float ABI by ranked evidence: the file's own statement beats the name of its interpreter."""

from __future__ import annotations

import pytest

from elfkit.abi.header import EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_MIPS, EM_PPC, EM_RISCV, EM_X86_64
from elfkit.evidence import Certainty, Fact
from tests.elfwriter import Elf, build, write
from tests.image.proofs import concluded, unproven
from tests.image.samples import every_layout

# fp_abi of Elf_MIPS_ABIFlags_v0 (binutils include/elf/mips.h: Val_GNU_MIPS_ABI_FP_*)
MIPS_VALUES = ("any", "hard", "single", "soft", "hard", "hard", "hard", "hard")


def float_abi(content: bytes) -> Fact[str]:
    fact = concluded(content).float_abi
    assert unproven(content, fact) == []
    return fact


@every_layout
@pytest.mark.parametrize("fp_abi", range(8))
def test_the_abi_flags_of_mips_state_it(elf_class: int, data: int, fp_abi: int) -> None:
    built = write(Elf(elf_class, data, machine=EM_MIPS, fp_abi=fp_abi))
    found = float_abi(built.data)
    assert (found.value, found.certainty) == (MIPS_VALUES[fp_abi], Certainty.STATED)
    at = built.blobs["abiflags"][0] + 7
    assert found.evidence == (("PT_MIPS_ABIFLAGS fp_abi", at, bytes([fp_abi]), fp_abi, ""),)


def test_the_abi_flags_beat_the_name_of_the_interpreter() -> None:
    """clang asks for the hard-float loader of a soft-float program."""
    found = float_abi(build(Elf(1, 2, machine=EM_MIPS, flags=0x1000, interpreter=b"/lib/ld-musl-mips.so.1", fp_abi=3)))
    assert (found.value, found.certainty) == ("soft", Certainty.STATED)


@pytest.mark.parametrize(
    ("data", "interpreter", "value"),
    [
        (2, b"/lib/ld-musl-mips.so.1", "hard"),
        (2, b"/lib/ld-musl-mips-sf.so.1", "soft"),
        (1, b"/lib/ld-musl-mipsel-sf.so.1", "soft"),
    ],
)
def test_without_abi_flags_the_interpreter_of_mips_is_a_guess(data: int, interpreter: bytes, value: str) -> None:
    built = write(Elf(1, data, machine=EM_MIPS, flags=0x1000, interpreter=interpreter))
    found = float_abi(built.data)
    assert (found.value, found.certainty) == (value, Certainty.GUESSED)
    assert found.evidence == (("PT_INTERP", built.blobs["interp"][0], interpreter, interpreter.decode(), ""),)


@pytest.mark.parametrize("damage", ["p_filesz", "fp_abi"])
def test_abi_flags_that_cannot_be_read_leave_the_guess(damage: str) -> None:
    built = write(Elf(1, 2, machine=EM_MIPS, interpreter=b"/lib/ld-musl-mips-sf.so.1", fp_abi=1))
    at = built.blobs["abiflags"][0] + 7
    contents = {
        "p_filesz": built.patched("PT_MIPS_ABIFLAGS", "p_filesz", 23),  # one byte short
        "fp_abi": built.data[:at] + b"\x08" + built.data[at + 1 :],  # the first value without a meaning
    }
    found = float_abi(contents[damage])
    assert (found.value, found.certainty) == ("soft", Certainty.GUESSED)


@pytest.mark.parametrize(
    ("machine", "flags", "value"),
    [
        (EM_ARM, 0x05000200, "soft"),
        (EM_ARM, 0x05000400, "hard"),
        (EM_RISCV, 0x0, "soft"),
        (EM_RISCV, 0x3, "single"),
        (EM_RISCV, 0x5, "hard"),
        (EM_RISCV, 0x6, "quad"),
        (EM_LOONGARCH, 0x41, "soft"),
        (EM_LOONGARCH, 0x42, "single"),
        (EM_LOONGARCH, 0x43, "hard"),
    ],
)
def test_e_flags_state_it(machine: int, flags: int, value: str) -> None:
    found = float_abi(build(Elf(machine=machine, flags=flags, interpreter=b"/lib/ld-musl-riscv64.so.1")))
    assert (found.value, found.certainty) == (value, Certainty.STATED)
    assert [(proof.source, proof.value) for proof in found.evidence] == [("e_flags", flags)]


@pytest.mark.parametrize(
    ("interpreter", "value"),
    [(b"/lib/ld-linux-armhf.so.3", "hard"), (b"/lib/ld-musl-arm.so.1", "soft"), (b"/lib/ld-linux.so.3", "soft")],
)
@pytest.mark.parametrize("flags", [0x05000000, 0x04000400, 0])
def test_where_the_flags_of_arm_say_nothing_the_interpreter_is_a_guess(
    interpreter: bytes, value: str, flags: int
) -> None:
    found = float_abi(build(Elf(1, 1, machine=EM_ARM, flags=flags, interpreter=interpreter)))
    assert (found.value, found.certainty) == (value, Certainty.GUESSED)


@pytest.mark.parametrize("machine", [EM_AARCH64, EM_X86_64, EM_386])
def test_a_machine_with_one_way_only_has_none(machine: int) -> None:
    found = float_abi(build(Elf(machine=machine)))
    assert (found.value, found.certainty) == ("none", Certainty.DERIVED)
    assert [proof.source for proof in found.evidence] == ["e_machine"]


@pytest.mark.parametrize(
    "elf",
    [
        pytest.param(Elf(1, 2, machine=EM_MIPS), id="a library that says nothing"),
        pytest.param(Elf(1, 1, machine=EM_ARM, flags=0x05000000), id="no flag and no interpreter"),
        pytest.param(Elf(1, 2, machine=EM_PPC, interpreter=b"/sbin/loader"), id="an interpreter of nobody"),
        pytest.param(Elf(1, 2, machine=EM_PPC, interpreter=b"/lib/ld.so.1"), id="one name for several"),
        pytest.param(Elf(1, 2, machine=EM_MIPS, interpreter=b"/lib/ld-musl-arm.so.1"), id="another machine's name"),
        pytest.param(Elf(1, 2, machine=EM_MIPS, interpreter=b"/lib/ld-musl-mipsel-sf.so.1"), id="another byte order's"),
        pytest.param(Elf(machine=0x1234), id="a machine of nobody"),
    ],
)
def test_where_nothing_tells_it_is_unknown(elf: Elf) -> None:
    assert float_abi(build(elf)) == ("unknown", Certainty.UNKNOWN, (), "")
