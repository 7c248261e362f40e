import pytest

from elfkit.abi.header import ELFCLASS32, ELFCLASS64
from elfkit.abi.interpreters import INTERPRETERS, STAND_INS, Interpreter, interpreter_rows, libc_of, musl_arch
from elfkit.abi.machines import BY_NUMBER, MACHINES, abi_variant, machine_key

LIBCS = {
    "glibc",
    "musl",
    "uclibc",
    "bionic",
    "hurd",
    "freebsd",
    "dragonfly",
    "netbsd",
    "openbsd",
    "fuchsia",
}
MUSL = [row for row in INTERPRETERS if row.libc == "musl"]

each = pytest.mark.parametrize("row", [*INTERPRETERS, *STAND_INS], ids=lambda row: f"{row.path} {row.machine}")


# The first part of a musl arch: e_machine, class, byte order when the name adds none, variant, float ABI likewise.
BASES = {
    "aarch64": (183, ELFCLASS64, "little", "", "none"),
    "aarch64_ilp32": (183, ELFCLASS32, "little", "ilp32", "none"),
    "arm": (40, ELFCLASS32, "little", "", "soft"),
    "armhf": (40, ELFCLASS32, "little", "", "hard"),
    "i386": (3, ELFCLASS32, "little", "", "none"),
    "x86_64": (62, ELFCLASS64, "little", "", "none"),
    "x32": (62, ELFCLASS32, "little", "x32", "none"),
    "loongarch64": (258, ELFCLASS64, "little", "", "hard"),
    "loongarch": (258, ELFCLASS64, "little", "", "hard"),
    "m68k": (4, ELFCLASS32, "big", "", "hard"),
    "microblaze": (189, ELFCLASS32, "big", "", "none"),
    "mips": (8, ELFCLASS32, "big", "o32", "hard"),
    "mips64": (8, ELFCLASS64, "big", "n64", "hard"),
    "mipsn32": (8, ELFCLASS32, "big", "n32", "hard"),
    "nios2": (113, ELFCLASS32, "little", "", "unknown"),
    "or1k": (92, ELFCLASS32, "big", "", "none"),
    "powerpc": (20, ELFCLASS32, "big", "", "hard"),
    "powerpc64": (21, ELFCLASS64, "big", "elfv2", "hard"),
    "riscv32": (243, ELFCLASS32, "little", "", "hard"),
    "riscv64": (243, ELFCLASS64, "little", "", "hard"),
    "s390": (22, ELFCLASS32, "big", "", "none"),
    "s390x": (22, ELFCLASS64, "big", "", "none"),
    "sh": (42, ELFCLASS32, "little", "", "hard"),
}
# What a name adds: byte order within its first part, floating point behind a hyphen.
ORDERS = {"el": "little", "le": "little", "eb": "big", "_be": "big"}
FLOATS = {"sf": "soft", "nofpu": "soft", "sp": "single"}


def by_grammar(arch: str) -> tuple[int, int, str, str, str]:
    """(e_machine, class, data, float ABI, variant) of a musl arch, read from its name part by part."""
    name, *tails = arch.replace("r6", "").split("-")
    order = next((mark for mark in ORDERS if name.replace(mark, "", 1) in BASES and mark in name), "")
    e_machine, elf_class, data, variant, default = BASES[name.replace(order, "", 1)]
    float_abi = next((FLOATS[tail] for tail in tails if tail in FLOATS), default)
    return e_machine, elf_class, ORDERS.get(order, data), float_abi, variant


@pytest.mark.parametrize("row", MUSL, ids=lambda row: row.path)
def test_a_musl_row_says_what_its_name_spells(row: Interpreter) -> None:
    stated = (row.e_machine, row.elf_class, row.data, row.float_abi, row.variant)
    assert stated == by_grammar(musl_arch(row.path))


def test_musl_s_mips_names_are_complete() -> None:
    spelled = {
        f"mips{base}{r6}{el}{sf}"
        for base in ("", "64", "n32")
        for r6 in ("", "r6")
        for el in ("", "el")
        for sf in ("", "-sf")
    }
    assert {musl_arch(row.path) for row in MUSL if row.e_machine == 8} == spelled


def test_no_two_rows_contradict_each_other() -> None:
    keys = [(row.path, row.e_machine, row.elf_class, row.data, row.libc, row.variant) for row in INTERPRETERS]
    assert len({*keys}) == len(keys)


def test_one_name_with_one_machine_class_and_byte_order_has_one_float_abi() -> None:
    stated: dict[tuple[str, int, int, str], set[str]] = {}
    for row in INTERPRETERS:
        stated.setdefault((row.path, row.e_machine, row.elf_class, row.data), set()).add(row.float_abi)
    assert [key for key, values in stated.items() if len(values) > 1] == []


@each
def test_every_machine_key_is_a_machine_s(row: Interpreter) -> None:
    assert row.machine == (machine_key(row.e_machine) if row.e_machine else "")
    assert row.machine in {"", *(machine.key for machine in MACHINES)}


@each
def test_every_column_speaks_the_settled_words(row: Interpreter) -> None:
    assert row.libc in LIBCS
    assert row.elf_class in {0, ELFCLASS32, ELFCLASS64}
    assert row.data in {"", "little", "big"}
    assert row.float_abi in {"soft", "hard", "single", "none", "unknown"}
    assert row.source


@each
def test_a_machine_without_a_float_abi_has_none_in_every_row(row: Interpreter) -> None:
    machine = BY_NUMBER.get(row.e_machine)
    if machine:
        assert machine.float_abi_none == (row.float_abi == "none")


@each
def test_a_variant_is_one_its_machine_knows(row: Interpreter) -> None:
    machine = BY_NUMBER.get(row.e_machine)
    known = {variant.name for variant in machine.variants} if machine else set()
    assert row.variant in {"", *known}


@each
def test_a_variant_that_the_class_alone_decides_is_given(row: Interpreter) -> None:
    machine = BY_NUMBER.get(row.e_machine)
    if machine and row.e_machine in {62, 183} and row.elf_class:
        assert row.variant == abi_variant(machine, 0, row.elf_class)


def test_a_name_shared_by_machines_gives_a_row_for_each() -> None:
    machines = {row.machine for row in interpreter_rows("/lib/ld.so.1")}
    assert {"mips", "powerpc", "s390", "m68k", "hppa", "microblaze"} <= machines
    assert {row.libc for row in interpreter_rows("/lib/ld-linux.so.2")} == {"glibc"}


@pytest.mark.parametrize(
    ("moved", "home"),
    [
        ("/opt/lib/ld-musl-mipsel-sf.so.1", "/lib/ld-musl-mipsel-sf.so.1"),
        ("/usr/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"),
        ("/nix/store/hash-glibc-2.40/lib/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"),
        ("/tools/lib64/ld.so.1", "/lib64/ld.so.1"),
    ],
)
def test_a_loader_moved_elsewhere_is_known_by_its_name(moved: str, home: str) -> None:
    assert interpreter_rows(moved) == interpreter_rows(home) != ()


def test_the_directory_decides_before_the_name_alone() -> None:
    assert {row.variant for row in interpreter_rows("/tools/lib32/ld.so.1")} == {"n32"}
    assert {row.variant for row in interpreter_rows("/tools/lib64/ld.so.1")} == {"n64"}


@pytest.mark.parametrize(
    ("path", "libc"),
    [
        ("/lib/ld-musl-mips-sf.so.1", "musl"),
        ("/lib/ld-musl-future.so.1", "musl"),
        ("/lib/ld-linux-future.so.9", "glibc"),
        ("/lib/ld-uClibc.so.0", "uclibc"),
        ("/lib/ld64-uClibc.so.1", "uclibc"),
        ("/lib/ld-uClibc-0.9.33.so", "uclibc"),
        ("/lib/ld.so.1", "glibc"),
        ("/system/bin/linker64", "bionic"),
        ("/libexec/ld-elf.so.1", "freebsd"),
        ("/usr/libexec/ld.elf_so", "netbsd"),
        ("/usr/libexec/ld.so", "openbsd"),
        ("/opt/diet/lib-mips/libdl.so", "dietlibc"),
        ("ld.so.1", "fuchsia"),
        ("/lib/libc.so", "unknown"),
        ("", "unknown"),
        ("/", "unknown"),
        ("/lib/ld-musl-mips.so.1\udcff", "musl"),
    ],
)
def test_a_name_tells_its_libc(path: str, libc: str) -> None:
    assert libc_of(path) == libc


def test_a_name_met_under_two_libcs_is_taken_for_the_one_a_device_has() -> None:
    assert {row.libc for row in interpreter_rows("/lib/ld.so.1")} == {"glibc", "hurd"}
    assert libc_of("/lib/ld.so.1") == "glibc"


def test_a_stand_in_never_speaks_for_what_a_program_asked_for() -> None:
    assert {row.libc for row in STAND_INS} == {"musl"}
    for row in STAND_INS:
        assert libc_of(row.path) == "glibc"


@pytest.mark.parametrize(
    ("path", "arch"),
    [
        ("/lib/ld-musl-mipsel-sf.so.1", "mipsel-sf"),
        ("/opt/lib/ld-musl-sh-nofpu-fdpic.so.1", "sh-nofpu-fdpic"),
        ("/lib/ld-linux.so.2", ""),
        ("/lib/ld-musl-mips.so", ""),
    ],
)
def test_musl_s_name_of_the_platform_stands_in_its_loader_s(path: str, arch: str) -> None:
    assert musl_arch(path) == arch
