"""Which code which CPU runs, against what the architectures' manuals and gcc's -march say."""

import pytest

from elfkit.abi.isa import UNKNOWN_ISA, Isa
from elfkit.abi.isa_levels import _LEVELS, joined, lacking, levels_run
from elfkit.abi.machines import MACHINES
from elfkit.abi.machines.mips import ISA_LEVELS
from elfkit.abi.riscv_arch import riscv_isa


@pytest.mark.parametrize(
    ("cpu", "code", "missing"),
    [
        ("mips32r2", "mips32", ()),
        ("mips32", "mips32r2", ("mips32r2",)),
        ("mips64r2", "mips32r2", ()),
        ("mips32r2", "mips64", ("mips64",)),
        ("mips32r6", "mips32r2", ("mips32r2",)),  # release 6 took branch-likely and others away
        ("mips64r6", "mips32r6", ()),
        ("mips32r5", "mips32r6", ("mips32r6",)),
        ("armv5te", "armv5tej", ()),
        ("armv7-a", "armv6kz", ()),
        ("armv5te", "armv7-a", ("armv7-a",)),
        ("armv4", "armv4t", ("armv4t",)),
        ("armv8-a", "armv7-a", ()),
        ("x86-64", "x86-64-v3", ("x86-64-v3",)),
        ("x86-64-v4", "x86-64-v2", ()),
        ("sh4", "sh2a-or-sh4", ()),
        ("sh4-nofpu", "sh4", ("sh4",)),
        ("pa1.1", "pa2.0", ("pa2.0",)),
    ],
)
def test_levels(cpu: str, code: str, missing: tuple[str, ...]) -> None:
    assert lacking(Isa(cpu), Isa(code), full=False) == missing


def test_levels_of_different_machines_or_unknown_ones_say_nothing() -> None:
    assert lacking(UNKNOWN_ISA, Isa("mips32r2"), full=True) == ()
    assert lacking(Isa("mips32r2"), UNKNOWN_ISA, full=True) == ()
    assert lacking(Isa("something"), Isa("mips32r2"), full=True) == ()


@pytest.mark.parametrize(
    ("cpu", "code", "full", "missing"),
    [
        (Isa("armv7-a", ("vfpv3-d16",)), Isa("armv7-a", ("vfpv3", "neon")), True, ("vfpv3", "neon")),
        (Isa("armv7-a", ("vfpv3-d16",)), Isa("armv7-a", ("vfpv3", "neon")), False, ()),  # it may look at the CPU first
        (Isa("armv7-a", ("neon-vfpv4",)), Isa("armv7-a", ("vfpv4-d16", "neon", "fp16")), True, ()),
        (Isa("armv8-a"), Isa("armv7-a", ("neon-vfpv4", "idiv")), True, ()),
        (Isa("mips32r2", ("dspr2",)), Isa("mips32r2", ("dsp",)), True, ()),
        (Isa("mips64r2"), Isa("mips64r2", ("octeon+",)), False, ("octeon+",)),
        (Isa("mips64r2", ("octeon2",)), Isa("mips64r2", ("octeon",)), False, ()),
    ],
)
def test_extensions(cpu: Isa, code: Isa, full: bool, missing: tuple[str, ...]) -> None:  # noqa: FBT001  # a table's column
    assert lacking(cpu, code, full=full) == missing


@pytest.mark.parametrize(
    ("cpu", "code", "missing"),
    [
        ("rv64imac", "rv64gc", ("f", "d")),
        ("rv64gc", "rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0_zmmul1p0", ()),
        ("rv64i2p0_m2p0_a2p0_f2p0_d2p0", "rv64i2p1_m2p0_c2p0", ("c",)),  # versions do not count
        ("rv64gc", "rv64gcv_zba", ()),  # vectors may be used after a look at the CPU
    ],
)
def test_letters_of_riscv(cpu: str, code: str, missing: tuple[str, ...]) -> None:
    assert lacking(riscv_isa(cpu), riscv_isa(code), full=False) == missing


def test_vectors_count_against_a_cpu_that_was_named() -> None:
    assert lacking(riscv_isa("rv64gc"), riscv_isa("rv64gcv"), full=True) == ("v",)


def test_every_level_runs_itself_and_the_table_names_no_other() -> None:
    for level, directly in _LEVELS.items():
        assert level in levels_run(level)
        assert {*directly} <= _LEVELS.keys()


def test_every_level_of_mips_arm_and_superh_that_a_file_can_state_is_in_the_table() -> None:
    stated = {*ISA_LEVELS.values()}
    for row in MACHINES:
        if row.key in ("mips", "arm", "sh"):
            stated |= {isa.base for isa in row.isa_flags} | {isa.base for isa in row.isa_attributes}
    assert stated - {"", "sh5", "sh-dsp", "sh3-dsp", "sh4al-dsp", "armv8-r"} <= _LEVELS.keys()


def test_the_least_cpu_for_both() -> None:
    assert joined(Isa("mips32"), Isa("mips32r2", ("dsp",))) == Isa("mips32r2", ("dsp",))
    assert joined(Isa("mips32r2"), Isa("mips32")).base == "mips32r2"
