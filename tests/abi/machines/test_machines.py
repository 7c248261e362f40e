import pytest

from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_ARM, EM_LOONGARCH, EM_RISCV, EM_SH
from elfkit.abi.machines import BY_NUMBER, MACHINES, Machine, abi_variant, flag_float, machine, machine_key
from elfkit.abi.machines.mips import FP_ABI
from tests.abi.pyelftools import witnessed

FLOATS = {"soft", "hard", "single", "quad", "any"}
# Placeholders, a second spelling of 168, and the number Alpha was given and never used.
NOT_OURS = {"EM_INTEL205", "EM_INTEL206", "EM_INTEL207", "EM_INTEL208", "EM_INTEL209", "EM_ECOG1", "EM_ALPHA"}

each = pytest.mark.parametrize("row", MACHINES, ids=lambda row: row.key)


def row_of(key: str) -> Machine:
    (row,) = (row for row in MACHINES if row.key == key)
    return row


@pytest.mark.parametrize("column", ["key", "e_machine", "elf_name"])
def test_no_two_machines_share_a_key_a_number_or_a_name(column: str) -> None:
    values = [getattr(row, column) for row in MACHINES]
    assert sorted({*values}) == sorted(values)


def test_every_number_that_pyelftools_knows_has_a_row_of_that_name() -> None:
    theirs = {name: number for name, number in witnessed("ENUM_E_MACHINE").items() if name not in NOT_OURS}
    assert len(theirs) > 170
    assert {name: BY_NUMBER[number].elf_name for name, number in theirs.items()} == {name: name for name in theirs}


@each
def test_a_row_names_its_machine_in_every_way_asked_for(row: Machine) -> None:
    assert row.key == row.key.lower()
    assert row.key.replace("_", "").isalnum()
    assert row.elf_name.startswith("EM_")
    assert row.title
    assert row.source
    assert 0 <= row.e_machine <= 0xFFFF


@each
def test_float_rows_can_match_and_contradict_no_other(row: Machine) -> None:
    assert not (row.float_flags and row.float_abi_none)
    for flags in row.float_flags:
        assert flags.value & ~flags.mask == 0
        assert flags.guard_value & ~flags.guard_mask == 0
        assert flags.float_abi in FLOATS
        assert flags.detail
        assert flag_float(row, flags.value | flags.guard_value) == flags


@each
def test_every_variant_is_reached_by_some_file(row: Machine) -> None:
    for variant in row.variants:
        assert variant.value & ~variant.mask == 0
        classes = [variant.elf_class] if variant.elf_class else [ELFCLASS32, ELFCLASS64]
        osabi = variant.osabi or 0
        assert {abi_variant(row, variant.value, elf_class, osabi) for elf_class in classes} == {variant.name}


@pytest.mark.parametrize(
    ("family", "keys"),
    [
        ("x86", {"i386", "x86_64", "iamcu"}),
        ("arm", {"arm", "aarch64"}),
        ("power", {"powerpc", "powerpc64"}),
        ("sparc", {"sparc", "sparc32plus", "sparc64"}),
        ("mips", {"mips", "mips_rs3_le"}),
        ("arc", {"arc", "arcompact"}),
    ],
)
def test_a_family_is_what_one_cpu_runs(family: str, keys: set[str]) -> None:
    assert {row.key for row in MACHINES if row.family == family} == keys


@pytest.mark.parametrize("key", ["hexagon", "bpf", "avr", "pru", "msp430", "xgate", "c6000", "amdgpu", "i8051", "none"])
def test_a_coprocessor_or_virtual_machine_is_never_the_cpu_of_a_device(key: str) -> None:
    assert not row_of(key).runs_linux


@pytest.mark.parametrize("key", ["mips", "arm", "aarch64", "powerpc", "riscv", "sh", "xtensa", "arc", "nios2", "csky"])
def test_a_cpu_that_linux_was_ported_to_may_be_the_cpu_of_a_device(key: str) -> None:
    assert row_of(key).runs_linux


def test_only_s390_and_alpha_have_hash_tables_of_eight_byte_words() -> None:
    assert {row.key for row in MACHINES if row.dt_hash_8byte} == {"s390", "s390_old", "alpha"}


def test_machines_without_a_float_abi_to_mix_are_the_settled_ones_and_two_that_use_general_registers() -> None:
    linux = {row.key for row in MACHINES if row.float_abi_none and row.runs_linux and "old" not in row.key}
    assert linux == {"aarch64", "i386", "x86_64", "s390", "alpha", "openrisc", "microblaze"}


def test_an_unmarked_stack_is_executable_on_the_machines_glibc_says() -> None:
    executable = {row.key for row in MACHINES if row.unmarked_stack_executable}
    assert executable >= {"alpha", "arm", "hppa", "i386", "m68k", "mips", "powerpc", "s390", "sh", "sparc", "x86_64"}
    assert not executable & {"aarch64", "riscv", "loongarch", "powerpc64", "ia64", "arc", "nios2", "csky"}


# e_flags as Debian's cross compilers wrote them
OBSERVED_VARIANTS = [
    ("mips", 0x70001007, ELFCLASS32, "o32"),
    ("mips", 0x80000007, ELFCLASS64, "n64"),
    ("mips", 0x80000027, ELFCLASS32, "n32"),
    ("mips", 0x90001407, ELFCLASS32, "o32"),
    ("mips", 0x00000007, ELFCLASS32, "o32"),
    ("mips", 0x00002000, ELFCLASS32, "o64"),
    ("mips", 0x00003000, ELFCLASS32, "eabi32"),
    ("mips", 0x00004000, ELFCLASS64, "eabi64"),
    ("arm", 0x05000200, ELFCLASS32, "eabi5"),
    ("arm", 0x05800400, ELFCLASS32, "eabi5"),
    ("arm", 0x04000002, ELFCLASS32, "eabi4"),
    ("arm", 0x00000016, ELFCLASS32, "oabi"),
    ("x86_64", 0, ELFCLASS32, "x32"),
    ("x86_64", 0, ELFCLASS64, ""),
    ("aarch64", 0, ELFCLASS32, "ilp32"),
    ("aarch64", 0, ELFCLASS64, ""),
    ("powerpc64", 1, ELFCLASS64, "elfv1"),
    ("powerpc64", 2, ELFCLASS64, "elfv2"),
    ("powerpc64", 0, ELFCLASS64, ""),
    ("riscv", 0x5, ELFCLASS64, ""),
    ("riscv", 0x9, ELFCLASS32, "rve"),
    ("powerpc", 0x8000, ELFCLASS32, ""),
]


@pytest.mark.parametrize(("key", "e_flags", "elf_class", "name"), OBSERVED_VARIANTS)
def test_the_variant_is_the_one_the_compiler_was_told(key: str, e_flags: int, elf_class: int, name: str) -> None:
    assert abi_variant(row_of(key), e_flags, elf_class) == name


OBSERVED_FLOATS = [
    (EM_ARM, 0x05000200, "soft"),
    (EM_ARM, 0x05000400, "hard"),
    (EM_ARM, 0x05800400, "hard"),
    (EM_ARM, 0x05000000, None),
    (EM_ARM, 0x05000600, None),
    (EM_ARM, 0x04000400, None),
    (EM_ARM, 0x00000200, None),
    (EM_RISCV, 0x1, "soft"),
    (EM_RISCV, 0x3, "single"),
    (EM_RISCV, 0x5, "hard"),
    (EM_RISCV, 0x7, "quad"),
    (EM_LOONGARCH, 0x41, "soft"),
    (EM_LOONGARCH, 0x42, "single"),
    (EM_LOONGARCH, 0x43, "hard"),
    (EM_LOONGARCH, 0x45, None),
    (EM_SH, 0x17, "hard"),
    (EM_SH, 0x8010, None),  # "SH4 without FPU" is any file that uses no floating point
    (EM_SH, 0x0, None),
    (8, 0x70001007, None),
    (20, 0x8000, None),
    (183, 0, None),
]


@pytest.mark.parametrize(("e_machine", "e_flags", "expected"), OBSERVED_FLOATS)
def test_flags_state_the_float_abi_or_nothing(e_machine: int, e_flags: int, expected: str | None) -> None:
    row = machine(e_machine)
    assert row
    stated = flag_float(row, e_flags)
    assert (stated.float_abi if stated else None) == expected


def test_the_fp_abi_table_of_mips_counts_as_its_loaders_do() -> None:
    assert [value for value, _ in FP_ABI] == ["any", "hard", "single", "soft", "hard", "hard", "hard", "hard"]
    assert [detail.split()[0] for _, detail in FP_ABI][4:] == ["FP_OLD_64", "FP_XX", "FP_64", "FP_64A"]


def test_a_number_nobody_registered_stays_a_number() -> None:
    assert machine(0x1234) is None
    assert machine_key(0x1234) == "em-4660"
    assert machine_key(8) == "mips"
