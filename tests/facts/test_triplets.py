"""What the fixtures' compiler was told for each machine, whole and with the section headers cut.

The small form of tests/real/test_verdicts_of_cross_libraries.py. Left: folder of fixtures/machines; right: ABI variant,
float ABI, ISA and FPU mode that zig's target and its baseline CPU imply (zig: lib/std/Target/*.zig). clang writes no
attributes for PowerPC, and no mark of the ISA for x86.
"""

from __future__ import annotations

import pytest

import elfkit
from elfkit.evidence import Certainty
from tests.image.proofs import FIXTURES

RISCV = ["i2p1", "m2p0", "a2p1", "f2p2", "d2p2", "c2p0", "zicsr2p0", "zmmul1p0", "zaamo1p0", "zalrsc1p0"]
LOST = ("arm-hard", "arm-soft", "armeb")  # of ISAs

TARGETS = {
    "aarch64": ("", "none", "armv8-a", "unknown"),
    "arm-hard": ("eabi5", "hard", "armv7-a + vfpv3 + neon", "unknown"),
    "arm-soft": ("eabi5", "soft", "armv7-a + vfpv3", "unknown"),  # softfp: it has an FPU, and calls without
    "armeb": ("eabi5", "soft", "armv7-a + vfpv3", "unknown"),
    "i386": ("", "none", "i386", "unknown"),
    "loongarch64-hard": ("", "hard", "loongarch64", "unknown"),
    "loongarch64-soft": ("", "soft", "loongarch64", "unknown"),
    "mips-hard": ("o32", "hard", "mips32r2", "double"),
    "mips-soft": ("o32", "soft", "mips32r2", "soft"),
    "mips64": ("n64", "hard", "mips64r2", "double"),
    "mips64el": ("n64", "hard", "mips64r2", "double"),
    "mipsel-hard": ("o32", "hard", "mips32r2", "double"),
    "mipsel-soft": ("o32", "soft", "mips32r2", "soft"),
    "mipsn32": ("n32", "hard", "mips64r2", "double"),
    "mipsn32el": ("n32", "hard", "mips64r2", "double"),
    "powerpc-hard": ("", "unknown", "unknown", "unknown"),
    "powerpc-soft": ("", "unknown", "unknown", "unknown"),
    "powerpc64le": ("elfv2", "unknown", "power8", "unknown"),
    "riscv32": ("", "hard", " + ".join(["rv32i", *RISCV]), "unknown"),
    "riscv64": ("", "hard", " + ".join(["rv64i", *RISCV]), "unknown"),
    "s390x": ("", "none", "z900", "unknown"),
    "x32": ("x32", "none", "x86-64", "unknown"),
    "x86_64": ("", "none", "x86-64", "unknown"),
}
each = pytest.mark.parametrize("folder", TARGETS)


def found(folder: str, name: str) -> tuple[str, str, str, str]:
    with elfkit.load(FIXTURES / folder / name) as image:
        facts = elfkit.inspect(image)
    assert facts.isa is not None
    return facts.abi_variant.value, facts.float_abi.value, str(facts.isa.value), facts.fp_mode.value


def test_every_machine_of_the_fixtures_is_here() -> None:
    assert {path.name for path in FIXTURES.iterdir() if path.is_dir()} - {"src"} == TARGETS.keys()


@each
def test_the_facts_are_what_the_target_says(folder: str) -> None:
    assert found(folder, "libgreet.so") == TARGETS[folder]


@each
def test_without_section_headers_only_the_isa_of_arm_is_lost(folder: str) -> None:
    variant, float_abi, isa, mode = TARGETS[folder]
    expected = (variant, float_abi, "unknown" if folder in LOST else isa, mode)
    assert found(folder, "libgreet.noshdr.so") == expected


@pytest.mark.parametrize(("folder", "value"), [("powerpc-hard", "hard"), ("powerpc-soft", "soft")])
def test_where_no_attribute_was_written_a_program_s_interpreter_is_a_guess(folder: str, value: str) -> None:
    for name in ("hello", "hello.noshdr"):
        with elfkit.load(FIXTURES / folder / name) as image:
            fact = elfkit.inspect(image).float_abi
        assert (fact.value, fact.certainty) == (value, Certainty.GUESSED)
