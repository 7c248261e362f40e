"""What may meet in one process, against the table of linux arch/mips/kernel/elf.c and glibc's loaders."""

import pytest

from elfkit.abi.compatibility import FPU_MODES, common_modes, floats_meet, variants_meet
from elfkit.abi.machines.mips import FP_MODES

# {single, soft, fr0, fr1, fre} of glibc's dl-machine-reject-phdr.h (static const struct abi_req reqs[], none_req)
KERNEL = {
    "any": "11111",
    "double": "00101",
    "single": "10000",
    "soft": "01000",
    "old-64": "00000",
    "xx": "00111",
    "64": "00010",
    "64a": "00011",
    "unknown": "11101",
}


def test_the_modes_are_those_of_kernel_and_glibc() -> None:
    assert {name: "".join(str(modes >> bit & 1) for bit in range(5)) for name, modes in FPU_MODES.items()} == KERNEL
    assert {*FP_MODES, "unknown"} == {*FPU_MODES}


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        *[("xx", other, True) for other in ("double", "64", "64a", "any", "unknown", "xx")],
        *[("soft", other, False) for other in ("double", "single", "xx", "64", "64a")],
        ("double", "64", False),
        ("double", "64a", True),
        ("unknown", "64", False),
        ("unknown", "64a", True),
        ("old-64", "any", False),
    ],
)
def test_pairs_of_fpu_modes(one: str, other: str, meet: bool) -> None:  # noqa: FBT001  # a table's column
    assert bool(common_modes([one, other])) is meet
    assert bool(common_modes([other, one])) is meet


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("soft", "hard", False),
        ("single", "hard", False),
        ("soft", "soft", True),
        ("any", "hard", True),
        ("none", "soft", True),
        ("unknown", "hard", True),
    ],
)
def test_pairs_of_float_abis(one: str, other: str, meet: bool) -> None:  # noqa: FBT001  # a table's column
    assert floats_meet(one, other) is floats_meet(other, one) is meet


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("o32", "n32", False),
        ("elfv1", "elfv2", False),
        ("eabi5", "oabi", False),
        ("eabi5", "fdpic", False),
        ("eabi4", "eabi5", True),
        ("", "elfv2", True),
        ("osabi-v3", "osabi-v4", False),
    ],
)
def test_pairs_of_variants(one: str, other: str, meet: bool) -> None:  # noqa: FBT001  # a table's column
    assert variants_meet(one, other) is variants_meet(other, one) is meet
