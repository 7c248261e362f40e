import os
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.firmware.needs import Outcome
from elfkit.firmware.platforms import Platform, Platforms, find_platforms
from elfkit.firmware.tree import read_tree
from tests.elfwriter import Elf, build
from tests.firmware.plants import (
    GLIBC,
    HARD,
    HARD_MUSL,
    MIPS,
    SOFT_MUSL,
    X86_64,
    Content,
    asking,
    fixture,
    grow,
    judged,
    leaked,
    library,
    program,
    router,
    static,
    tree_of,
)

LOADER = SOFT_MUSL[1:]


def platforms(root: Path, plan: dict[str, Content]) -> Platforms:
    return find_platforms(tree_of(root, plan))


def primary(root: Path, plan: dict[str, Content]) -> Platform:
    row = platforms(root, plan).primary
    assert row
    return row


def test_a_root_without_elf_files_has_no_platform(tmp_path: Path) -> None:
    found = platforms(tmp_path, {"etc/passwd": b"root", "sbin/init": b"#!/bin/sh\n"})
    assert (found.rows, found.primary, [*found]) == ((), None, [])


def test_libraries_alone_show_no_platform(tmp_path: Path) -> None:
    assert platforms(tmp_path, {"lib/libx.so": library()}).primary is None


def test_the_platform_of_pid_1_is_told_field_by_field(tmp_path: Path) -> None:
    row = primary(tmp_path, router())
    assert (row.machine, row.e_machine, row.elf_class, row.data, row.variant) == ("mips", 8, 32, "big", "o32")
    assert (row.float_abi, row.libc, row.interpreter, row.loader) == ("soft", "musl", SOFT_MUSL, LOADER)
    assert row.primary
    assert row.why == "PID 1, sbin/init"
    assert row.describe() == "MIPS 32-bit big-endian o32 soft-float musl"


def test_the_float_abi_is_proved_by_the_loader_s_own_bytes(tmp_path: Path) -> None:
    row = primary(tmp_path, router())
    (proof,) = row.float_evidence
    assert (proof.path, proof.source) == (LOADER, "PT_MIPS_ABIFLAGS fp_abi")
    assert proof.offset is not None
    assert (tmp_path / LOADER).read_bytes()[proof.offset : proof.offset + 1] == proof.raw == b"\x03"


def test_an_unmarked_loader_leaves_the_float_abi_to_the_program(tmp_path: Path) -> None:
    row = primary(tmp_path, {"sbin/init": program(), LOADER: replace(library(), fp_abi=None)})
    assert row.float_abi == "soft"
    assert row.float_evidence[0].path == "sbin/init"


@pytest.mark.parametrize(
    "links",
    [
        {"sbin/init": "-> ../bin/rc"},
        {"sbin/init": "-> /bin/rc"},
        {"sbin/init": "-> ../../../bin/rc"},
        {"sbin/init": "-> /etc/alternatives/init", "etc/alternatives/init": "-> ../../bin/rc"},
        {"sbin": "-> bin", "bin/init": "-> rc"},
        {"init": "-> bin/rc"},
        {"etc/preinit": "-> /bin/rc"},
        {"sbin/init": b"#!/bin/rc\n"},
        {"sbin/init": b"#!/bin/script\n", "bin/script": b"#! /bin/rc -x\n"},
        {"sbin/init": b"#!/bin/sh\n", "bin/sh": "-> rc"},
        {"sbin/init": "-> nowhere", "init": "-> bin/rc"},
        {"sbin/init": "-> init", "bin/busybox": "-> rc"},
        {"sbin/init": b"text", "bin/sh": "-> rc"},
    ],
    ids=str,
)
def test_pid_1_is_found_through_links_and_scripts(tmp_path: Path, links: dict[str, Content]) -> None:
    row = primary(tmp_path, {"bin/rc": program(), LOADER: library(), **links})
    assert row.why.startswith("PID 1, ")
    assert row.loader == LOADER


def test_scripts_that_interpret_each_other_end_the_search(tmp_path: Path) -> None:
    loop: dict[str, Content] = {"sbin/init": b"#!/init\n", "init": b"#!/sbin/init\n"}
    row = primary(tmp_path, {**loop, "bin/x": program(), LOADER: library()})
    assert row.why == "no PID 1; the loader of 1 programs"


def test_sbin_init_goes_before_busybox(tmp_path: Path) -> None:
    plan = router({"bin/busybox": program(interpreter=GLIBC), GLIBC[1:]: library()})
    assert [row.libc for row in platforms(tmp_path, plan)] == ["musl", "glibc"]


def test_a_library_named_like_pid_1_is_no_program(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"sbin/init": library(soname="init"), "bin/busybox": program(), LOADER: library()}
    assert primary(tmp_path, plan).why == "PID 1, bin/busybox"


def test_a_static_pid_1_shows_a_platform_without_a_loader(tmp_path: Path) -> None:
    row = primary(tmp_path, {"init": static()})
    assert (row.machine, row.interpreter, row.loader, row.libc) == ("mips", "", "", "none")
    assert row.describe() == "MIPS 32-bit big-endian o32 soft-float"


def test_beside_a_static_pid_1_the_dynamic_programs_have_a_platform_of_their_own(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"init": static(), "bin/x": program("libc.so"), LOADER: library()}
    tree = tree_of(tmp_path, plan)
    found = find_platforms(tree)
    assert [(row.loader, row.primary) for row in found] == [("", True), (LOADER, False)]
    dynamic = found.of(tree.by_path["bin/x"].facts, LOADER)
    assert dynamic
    assert dynamic.loader == LOADER


def test_beside_a_static_pid_1_a_library_that_tells_no_libc_belongs_to_the_loader_s_platform(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "init": static(),
        "bin/x": program("liba.so"),
        SOFT_MUSL[1:]: library(),
        "lib/liba.so": library("libb.so"),
    }
    tree, found, resolution = judged(tmp_path, plan)
    own = found.of(tree.by_path["lib/liba.so"].facts)
    assert own
    assert (own.loader, [row.loader for row in found]) == (LOADER, ["", LOADER])
    assert resolution.needs["lib/liba.so"][0].outcome is Outcome.MISSING


def test_a_pid_1_whose_loader_is_missing_still_tells_what_the_tree_is_for(tmp_path: Path) -> None:
    row = primary(tmp_path, {"sbin/init": program()})
    assert (row.machine, row.interpreter, row.loader) == ("mips", SOFT_MUSL, "")


def test_a_loader_of_another_machine_is_no_loader(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"sbin/init": program(), LOADER: replace(X86_64, soname=b"libc.so")}
    row = primary(tmp_path, plan)
    assert (row.machine, row.loader) == ("mips", "")


def test_without_pid_1_the_loader_of_most_programs_wins(tmp_path: Path) -> None:
    plan: dict[str, Content] = {f"usr/bin/x{number}": program() for number in range(3)}
    plan |= {f"usr/bin/y{number}": program(interpreter=GLIBC) for number in range(2)}
    plan |= {f"usr/lib/liby{number}.so": library("libc.so.6") for number in range(9)}
    found = platforms(tmp_path, {**plan, LOADER: library(), GLIBC[1:]: library()})
    assert [row.libc for row in found] == ["musl", "glibc"]
    assert found.rows[0].why == "no PID 1; the loader of 3 programs"


def test_pid_1_outweighs_any_number_of_other_programs(tmp_path: Path) -> None:
    plan = {f"usr/bin/x{number}": program(interpreter=GLIBC) for number in range(9)}
    assert primary(tmp_path, router({**plan, GLIBC[1:]: library()})).libc == "musl"


def test_musl_in_opt_lives_beside_glibc(tmp_path: Path) -> None:
    inner = "/opt/lib/ld-musl-mips-sf.so.1"
    plan: dict[str, Content] = {"sbin/init": program("libc.so.6", interpreter=GLIBC), GLIBC[1:]: library()}
    found = platforms(tmp_path, {**plan, "opt/bin/x": program(interpreter=inner), inner[1:]: library()})
    assert [(row.libc, row.loader, row.primary) for row in found] == [
        ("glibc", "lib/ld.so.1", True),
        ("musl", "opt/lib/ld-musl-mips-sf.so.1", False),
    ]
    assert found.rows[1].why == "the loader that opt/bin/x asks for"


def test_two_names_of_one_loader_are_one_platform(tmp_path: Path) -> None:
    plan = router({"lib/ld-other.so": f"-> {SOFT_MUSL}", "bin/x": program(interpreter="/lib/ld-other.so")})
    assert len(platforms(tmp_path, plan).rows) == 1


def test_a_leaked_program_brings_no_platform_though_its_loader_came_along(tmp_path: Path) -> None:
    loader = {"lib64/ld-linux-x86-64.so.2": replace(X86_64, soname=b"ld-linux-x86-64.so.2")}
    plan = router({**{f"usr/bin/x{number}": leaked("libc.so.6") for number in range(5)}, **loader})
    assert [row.machine for row in platforms(tmp_path, plan)] == ["mips"]


def test_the_other_byte_order_is_no_second_platform(tmp_path: Path) -> None:
    little = replace(MIPS, data=1)
    name = "/lib/ld-musl-mipsel-sf.so.1"
    plan = router({"bin/el": asking(little, name, ()), name[1:]: little})
    assert [row.data for row in platforms(tmp_path, plan)] == ["big"]


def test_the_other_class_of_a_family_is_a_second_platform(tmp_path: Path) -> None:
    wide = Elf(elf_class=2, data=2, machine=8, flags=0x80000007)
    name = "/lib/ld-musl-mips64-sf.so.1"
    plan = router({"bin/wide": asking(wide, name, ()), name[1:]: wide})
    assert [(row.elf_class, row.variant) for row in platforms(tmp_path, plan)] == [(32, "o32"), (64, "n64")]


def test_i386_lives_beside_x86_64(tmp_path: Path) -> None:
    names = {"/lib64/ld-linux-x86-64.so.2": X86_64, "/lib/ld-linux.so.2": Elf(elf_class=1, machine=3)}
    plan: dict[str, Content] = {name[1:]: base for name, base in names.items()}
    plan |= {f"bin/x{base.machine}": asking(base, name, ()) for name, base in names.items()}
    found = platforms(tmp_path, {**plan, "init": "-> bin/x62"})
    assert [(row.machine, row.elf_class) for row in found] == [("x86_64", 64), ("i386", 32)]


def test_an_image_belongs_to_the_platform_of_the_loader_it_gets(tmp_path: Path) -> None:
    plan = router({"opt/bin/x": program(interpreter=GLIBC), GLIBC[1:]: library(), "lib/libz.so": library("libc.so.6")})
    tree = tree_of(tmp_path, plan)
    found = find_platforms(tree)

    def libc_of(path: str, loader: str | None = None) -> str | None:
        row = found.of(tree.by_path[path].facts, loader)
        return row.libc if row else None

    assert libc_of("opt/bin/x", GLIBC[1:]) == "glibc"
    assert libc_of("lib/libz.so") == "glibc"  # by the C library it needs
    assert libc_of("sbin/init") == "musl"


def test_a_library_of_either_float_abi_goes_to_its_own(tmp_path: Path) -> None:
    both: dict[str, Content] = {
        "opt/x": program(interpreter=HARD_MUSL, fp_abi=HARD),
        HARD_MUSL[1:]: library(fp_abi=HARD),
    }
    tree = tree_of(
        tmp_path, router({**both, "lib/hard.so": library("libc.so", fp_abi=HARD), "lib/soft.so": library("libc.so")})
    )
    found = find_platforms(tree)
    rows = {name: found.of(tree.by_path[f"lib/{name}.so"].facts) for name in ("hard", "soft")}
    assert {name: row.float_abi for name, row in rows.items() if row} == {"hard": "hard", "soft": "soft"}


def test_an_image_of_another_machine_belongs_to_none(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, router({"bin/jq": leaked()}))
    assert find_platforms(tree).of(tree.by_path["bin/jq"].facts) is None


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("mips-soft", ("mips", 32, "big", "o32", "soft")),
        ("mips-hard", ("mips", 32, "big", "o32", "hard")),
        ("mipsel-soft", ("mips", 32, "little", "o32", "soft")),
        ("mipsn32", ("mips", 32, "big", "n32", "hard")),
        ("mips64el", ("mips", 64, "little", "n64", "hard")),
        ("arm-soft", ("arm", 32, "little", "eabi5", "soft")),
        ("arm-hard", ("arm", 32, "little", "eabi5", "hard")),
        ("aarch64", ("aarch64", 64, "little", "", "none")),
        ("x32", ("x86_64", 32, "little", "x32", "none")),
        ("riscv64", ("riscv", 64, "little", "", "hard")),
        ("loongarch64-soft", ("loongarch", 64, "little", "", "soft")),
        ("s390x", ("s390", 64, "big", "", "none")),
    ],
)
def test_real_programs_of_every_machine_show_their_platform(
    tmp_path: Path, folder: str, expected: tuple[str, int, str, str, str]
) -> None:
    grow(tmp_path, {"sbin/init": fixture(f"{folder}/hello")})
    row = find_platforms(read_tree(str(tmp_path))).primary
    assert row
    assert (row.machine, row.elf_class, row.data, row.variant, row.float_abi) == expected
    assert row.libc == "musl"


def test_the_json_of_a_platform_holds_no_empty_path(tmp_path: Path) -> None:
    shape = primary(tmp_path, {"init": static()}).to_dict()
    assert (shape["interpreter"], shape["loader"], shape["primary"]) == (None, None, True)
    assert shape["class"] == 32


def test_hard_links_of_a_loader_are_one_platform(tmp_path: Path) -> None:
    grow(tmp_path, router())
    os.link(tmp_path / LOADER, tmp_path / "lib/ld-extra.so")
    (tmp_path / "x").write_bytes(build(program(interpreter="/lib/ld-extra.so")))
    assert len(find_platforms(read_tree(str(tmp_path))).rows) == 1
