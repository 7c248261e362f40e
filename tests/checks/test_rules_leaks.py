"""EK112 and EK113: what another system, or the machine that built the tree, left in it."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_386, EM_AARCH64, EM_ARM
from elfkit.checks.check import check
from tests.checks.every_rule import checked, said
from tests.checks.judging import only, proved
from tests.checks.moded import HEXAGON
from tests.elfwriter import Elf
from tests.firmware.plants import X86_64, Content, asking, grow, leaked, program, router, static

# EK112


def windows(subsystem: int = 3, clr: int = 0) -> bytes:
    """A PE32+ file: MZ, e_lfanew, signature, COFF header, optional header as far as the CLR directory."""
    optional = struct.pack("<H66xH", 0x20B, subsystem).ljust(112 + 8 * 14, b"\0") + struct.pack("<II", clr, clr)
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20) + optional


MACOS = struct.pack("<IIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, 0, 0, 0) + bytes(64)
FAT = struct.pack(">II", 0xCAFEBABE, 2) + bytes(64)
FAT64 = struct.pack(">II", 0xCAFEBABF, 2) + bytes(64)
JAVA = struct.pack(">IHH", 0xCAFEBABE, 0, 65) + bytes(64)


def found(root: Path, files: dict[str, bytes], mode: int = 0o644) -> dict[str, str]:
    grow(root, router(dict(files)))
    for path in files:
        (root / path).chmod(mode)
    return {p: f.severity.word for f in check(root).findings if f.rule == "EK112" for p in f.paths}


@pytest.mark.parametrize(
    "content", [windows(), MACOS, MACOS[3::-1] + bytes(11) + b"\2", FAT, FAT64], ids=["pe", "64", "be", "fat", "fat64"]
)
def test_a_program_of_another_system_among_the_programs_is_told(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, {"usr/bin/x": content}) == {"usr/bin/x": "warning"}


def test_an_execute_bit_tells_of_it_anywhere(tmp_path: Path) -> None:
    assert found(tmp_path / "x", {"opt/app/x.node": MACOS}, 0o755) == {"opt/app/x.node": "warning"}
    assert found(tmp_path / "y", {"opt/app/x.node": MACOS}) == {}


def test_a_link_among_the_programs_tells_of_it_wherever_it_lies(tmp_path: Path) -> None:
    grow(tmp_path, router({"opt/x/tool": MACOS, "usr/share/y.exe": windows(), "usr/bin/y": "-> ../share/y.exe"}))
    grow(tmp_path, {"usr/bin/tool": "-> /opt/x/tool", "usr/share/z.exe": windows(), "usr/share/z": "-> z.exe"})
    told = {f.path: f for f in check(tmp_path).findings if f.rule == "EK112"}
    assert {*told} == {"opt/x/tool", "usr/share/y.exe"}
    assert told["opt/x/tool"].needed_by == ("usr/bin/tool",)
    assert told["opt/x/tool"].message.endswith("; the link usr/bin/tool leads to it")


FINE = {
    "a Java class": JAVA,
    "an EFI program": windows(subsystem=10),
    "a .NET assembly": windows(clr=8),
    "text that begins with MZ": b"MZ is how it begins",
    "MZ alone": b"MZ",
    "a DOS program": b"MZ" + bytes(200),
    "a cut Mach-O header": MACOS[:12],
    "a magic number and noise": MACOS[:4] + b"\xff" * 60,
}


@pytest.mark.parametrize("content", FINE.values(), ids=FINE.keys())
def test_what_only_begins_like_one_is_not_told(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, {"usr/bin/x": content}, 0o755) == {}


@pytest.mark.parametrize("path", ["usr/share/installer/x.exe", "boot/x.exe", "usr/lib/app/tests/x.exe"])
def test_windows_programs_are_data_in_some_places(tmp_path: Path, path: str) -> None:
    assert found(tmp_path, {path: windows()}, 0o755) == {}


def test_those_of_one_directory_are_one_finding_with_their_size(tmp_path: Path) -> None:
    files = {f"usr/lib/node/darwin/x{number}": MACOS for number in range(4)}
    assert len(found(tmp_path, files, 0o755)) == 4
    finding = only(check(tmp_path), "EK112")
    assert finding.size == 4 * len(MACOS)
    assert proved(tmp_path, finding.path, finding.evidence)


# EK113


def host_library(soname: str, *needed: str) -> Elf:
    return replace(asking(X86_64, "", needed), soname=soname.encode())


def test_the_leak_is_told_with_its_chain_and_the_size_of_all(tmp_path: Path) -> None:
    plan = router(
        {
            "opt/host/jq": leaked("libjq.so.1"),
            "opt/host/libjq.so.1.0": host_library("libjq.so.1", "libonig.so.5"),
            "opt/host/libonig.so.5": host_library("libonig.so.5"),
            "usr/bin/jq": "-> /opt/host/jq",
        }
    )
    report = checked(tmp_path, plan)
    finding = only(report, "EK113")
    assert finding.paths == ("opt/host/jq", "opt/host/libjq.so.1.0", "opt/host/libonig.so.5")
    assert finding.severity.word == "error"
    assert finding.message.endswith("; the link usr/bin/jq leads to it")
    assert finding.needed_by == ("opt/host/jq", "opt/host/libjq.so.1.0", "usr/bin/jq")
    assert finding.size == sum((tmp_path / path).stat().st_size for path in finding.paths)
    for other in finding.others:
        assert proved(tmp_path, other.path, other.evidence)
        assert "DT_NEEDED" in other.evidence[1].source
    assert said(tmp_path / "again", plan, "EK101") == {}


def test_the_chain_of_a_library_leads_up_to_what_is_started(tmp_path: Path) -> None:
    plan = router(
        {"opt/a/libx.so.1": host_library("libx.so.1"), "opt/b/jq": leaked("libx.so.1"), "bin/jq": "-> ../opt/b/jq"}
    )
    told = only(checked(tmp_path, plan), "EK113").message
    assert told.endswith("; opt/b/jq needs libx.so.1, the link bin/jq leads to it")


def test_libraries_that_need_each_other_end(tmp_path: Path) -> None:
    plan = router(
        {"opt/liba.so": host_library("liba.so", "libb.so"), "opt/libb.so": host_library("libb.so", "liba.so")}
    )
    assert len(only(checked(tmp_path, plan), "EK113").paths) == 2


def test_a_script_pulls_in_its_interpreter(tmp_path: Path) -> None:
    plan = router({"opt/host/perl": leaked(), "usr/bin/tool": b"#! /opt/host/perl -w\n"})
    finding = only(checked(tmp_path, plan), "EK113")
    assert "usr/bin/tool is a script for it" in finding.message
    assert proved(tmp_path, finding.path, finding.evidence)


@pytest.mark.parametrize("path", ["usr/bin/x", "lib/x", "lib64/x", "usr/lib/x86_64-linux-gnu/x", "opt/tool/bin/x"])
def test_where_programs_are_looked_for_nothing_need_pull_it(tmp_path: Path, path: str) -> None:
    assert said(tmp_path, router({path: leaked()}), "EK113") == {path: "error"}


def test_a_foreign_file_that_nothing_uses_is_only_foreign(tmp_path: Path) -> None:
    plan = router({"opt/node/prebuilds/linux-x64/node": leaked()})
    assert said(tmp_path, plan, "EK113") == {}
    assert said(tmp_path / "again", plan, "EK101") == {"opt/node/prebuilds/linux-x64/node": "error"}


def test_another_device_s_program_is_no_leak_of_a_build_host(tmp_path: Path) -> None:
    plan = router({"usr/bin/x": asking(Elf(elf_class=1, machine=EM_ARM), "/lib/ld-linux.so.3", ())})
    assert said(tmp_path, plan, "EK113") == {}
    assert said(tmp_path / "again", plan, "EK101") == {"usr/bin/x": "error"}


RELATIVES = {
    "i386 on x86-64": (X86_64, "/lib64/ld-linux-x86-64.so.2", Elf(elf_class=1, machine=EM_386)),
    "AArch64 on ARM": (Elf(elf_class=1, machine=EM_ARM), "/lib/ld-linux.so.3", Elf(machine=EM_AARCH64)),
}


@pytest.mark.parametrize(("base", "loader", "other"), RELATIVES.values(), ids=RELATIVES.keys())
def test_a_relative_of_the_cpu_is_no_leak(tmp_path: Path, base: Elf, loader: str, other: Elf) -> None:
    plan: dict[str, Content] = {"init": asking(base, loader, ()), loader[1:]: base}
    assert said(tmp_path, {**plan, "usr/bin/x": asking(other, "/lib/ld-other.so.1", ())}, "EK113") == {}


def test_a_healthy_tree_has_no_leak(tmp_path: Path) -> None:
    assert said(tmp_path, router({"usr/bin/x": program()}), "EK113") == {}


def test_one_file_under_a_root_is_judged_alike(tmp_path: Path) -> None:
    grow(tmp_path, router({"usr/bin/jq": leaked()}))
    report = check(tmp_path / "usr/bin/jq", root=tmp_path)
    assert only(report, "EK113").path == "usr/bin/jq"


BLOB = static(X86_64)


@pytest.mark.parametrize("path", ["boot/tool", "lib/firmware/host/tool"])
@pytest.mark.parametrize("pull", [{"usr/bin/tool": "-> /{}"}, {"usr/bin/tool": "#! /{}\n"}], ids=["link", "script"])
def test_among_firmware_too_what_a_link_or_a_script_uses_is_a_leak(
    tmp_path: Path, path: str, pull: dict[str, str]
) -> None:
    more = {name: text.format(path) for name, text in pull.items()}
    plan = router({path: BLOB, **{name: text if text[0] == "-" else text.encode() for name, text in more.items()}})
    report = checked(tmp_path, plan)
    assert only(report, "EK113").paths == (path,)
    assert only(report, "EK113").needed_by == ("usr/bin/tool",)
    assert "EK115" not in {finding.rule for finding in report.findings}


def test_a_link_from_firmware_to_firmware_is_another_name_for_a_driver(tmp_path: Path) -> None:
    plan = router({"lib/firmware/x-1.elf": BLOB, "lib/firmware/x.elf": "-> x-1.elf"})
    assert said(tmp_path, plan, "EK113") == {}
    assert said(tmp_path / "again", plan, "EK115") == {"lib/firmware/x-1.elf": "note"}


def test_a_dsp_s_firmware_stays_firmware_whatever_links_to_it(tmp_path: Path) -> None:
    plan = router(
        {"lib/firmware/x.elf": static(replace(X86_64, machine=HEXAGON)), "usr/bin/x": "-> /lib/firmware/x.elf"}
    )
    assert said(tmp_path, plan, "EK115") == {"lib/firmware/x.elf": "note"}


@pytest.mark.parametrize(("name", "rule"), [("bin/jq", "EK113"), ("jq", "EK101")])
def test_a_guest_of_a_build_host_s_machine_is_not_told_to_leave_the_image(tmp_path: Path, name: str, rule: str) -> None:
    grow(tmp_path, {f"guest/{name}": leaked()})
    report = check(tmp_path / "guest" / name, root=grow(tmp_path / "root", router()))
    finding = only(report, rule)
    assert "image" not in finding.fix
    assert "left" not in finding.message
    assert "in the tree needs" not in finding.message
