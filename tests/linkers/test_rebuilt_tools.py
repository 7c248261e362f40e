"""Tools work on the rebuilt library as on the original, and leave one that loads, links and still has its data."""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Final

from elftools.elf.elffile import ELFFile

import elfkit
from elfkit.rebuild.existing import table_trust
from tests.linkers.limited import ran, said
from tests.linkers.vendor import MAKERS, NATIVE, SONAME, SOURCES, X86_64, Form, Maker, State, Workshop, made_by

LONG: Final = "/opt/vendor/with/a/path/that/fits/into/no/old/string/table/" + 40 * "x"


def program(path: Path) -> tuple[list[tuple[object, ...]], list[bytes]]:
    """What the kernel and the loader make of a file: its segments, and the bytes of each PT_LOAD.

    Apart from the headers, which say where things lie in the file, and from zeros at the end of a PT_LOAD: the linker
    aligned it, no section has them, and strip takes them away.
    """
    raw = bytearray(path.read_bytes())
    elf = ELFFile(io.BytesIO(bytes(raw)))
    table = elf["e_phoff"]
    raw[: elf["e_ehsize"]] = bytes(elf["e_ehsize"])
    raw[table : table + elf["e_phnum"] * elf["e_phentsize"]] = bytes(elf["e_phnum"] * elf["e_phentsize"])
    segments: list[tuple[object, ...]] = []
    loads = []
    for segment in elf.iter_segments():
        sizes: tuple[object, ...] = (segment["p_filesz"], segment["p_memsz"])
        if segment["p_type"] == "PT_LOAD":
            sizes = (segment["p_memsz"],) if segment["p_flags"] & 2 else ()
            loads.append(bytes(raw[segment["p_offset"] :][: segment["p_filesz"]]).rstrip(b"\0"))
        segments.append((segment["p_type"], hex(segment["p_vaddr"]), segment["p_flags"], *sizes))
    return segments, loads


def works(library: Path, maker: Maker, workshop: Workshop) -> None:
    """Hold that the library serves the program linked long ago, and one that is linked now."""
    target, original = maker.target, workshop.library(maker, State.ORIGINAL)
    old = workshop.program(target, "bfd", Form.FIXED, original)
    truth = workshop.output(target, old, original)
    assert workshop.output(target, old, library) == truth
    new = library.parent / "program"
    workshop.link(target, "bfd", Form.FIXED, library, new)
    assert workshop.output(target, new, library) == truth


@made_by(MAKERS, binutils=("nm",))
def test_nm_shows_what_it_shows_of_the_original(maker: Maker, workshop: Workshop) -> None:
    """Names, versions, and the letters, which come from the section of each symbol."""
    original, rebuilt = (
        said(maker.target.binutil("nm"), "-D", workshop.library(maker, state))
        for state in (State.ORIGINAL, State.REBUILT)
    )
    assert " vendor_add@@VENDOR_1\n" in original
    assert rebuilt == original


@made_by(MAKERS, binutils=("strip",))
def test_strip_loses_no_loaded_byte(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    rebuilt, stripped = workshop.library(maker, State.REBUILT), tmp_path / SONAME
    assert ran(maker.target.binutil("strip"), rebuilt, "-o", stripped).said() == ""
    assert program(stripped) == program(workshop.library(maker, State.ORIGINAL))
    works(stripped, maker, workshop)


@made_by(NATIVE, "objcopy")
def test_objcopy_copies_it(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    rebuilt, copy = workshop.library(maker, State.REBUILT), tmp_path / SONAME
    said("objcopy", rebuilt, copy)
    assert program(copy) == program(rebuilt)
    works(copy, maker, workshop)


@made_by(NATIVE, "patchelf", "readelf")
def test_patchelf_sets_a_search_path(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    """One that is too long for the old string table: patchelf moves sections by their headers."""
    patched = tmp_path / SONAME
    shutil.copy(workshop.library(maker, State.REBUILT), patched)
    said("patchelf", "--set-rpath", LONG, patched)
    assert f"[{LONG}]" in said("readelf", "-d", patched)
    works(patched, maker, workshop)


@made_by(MAKERS)
def test_no_two_sections_bear_one_name(maker: Maker, workshop: Workshop) -> None:
    """patchelf numbers the symbols' sections anew by name: of two .bss it takes the first, for the data of both."""
    with workshop.library(maker, State.REBUILT).open("rb") as stream:
        rows = Counter(section.name for section in ELFFile(stream).iter_sections() if section["sh_size"])
    assert [name for name, count in rows.items() if count > 1] == []


@made_by(NATIVE, "gdb")
def test_gdb_stops_at_a_function_by_its_name(maker: Maker, workshop: Workshop) -> None:
    rebuilt = workshop.library(maker, State.REBUILT)
    executable = workshop.program(X86_64, "bfd", Form.PIE, workshop.library(maker, State.ORIGINAL))
    words = (
        "set startup-with-shell off",
        "set breakpoint pending on",
        f"set environment LD_LIBRARY_PATH {rebuilt.parent}",
        "break vendor_add",
        "run",
        "backtrace 2",
    )
    shown = said("gdb", "-nx", "-batch", *(part for word in words for part in ("-ex", word)), executable)
    assert re.search(rf"^Breakpoint 1, 0x\w+ in vendor_add \(\) from {re.escape(str(rebuilt))}$", shown, re.MULTILINE)
    assert re.search(r"^#1 .* in main \(\)$", shown, re.MULTILINE)


@made_by(NATIVE, "objdump")
def test_objdump_names_the_stubs_of_the_plt(maker: Maker, workshop: Workshop) -> None:
    original, rebuilt = (
        set(re.findall(r"^(\w+ <.*@plt>):$", said("objdump", "-d", workshop.library(maker, state)), re.MULTILINE))
        for state in (State.ORIGINAL, State.REBUILT)
    )
    assert original  # of mold's stubs not all
    assert rebuilt == original


@made_by(NATIVE)
def test_a_second_rebuild_finds_nothing_to_do(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    rebuilt, again = workshop.library(maker, State.REBUILT), tmp_path / SONAME
    before = rebuilt.read_bytes()
    elfkit.rebuild_sections(rebuilt, again)
    assert rebuilt.read_bytes() == before
    assert not again.exists() or again.read_bytes() == before


@made_by(NATIVE, "patchelf", "strip", "objcopy", "eu-strip")
def test_a_table_that_a_tool_wrote_needs_nothing(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    original = workshop.library(maker, State.ORIGINAL)
    commands = {
        "linked": ("cp",),
        "patched": ("patchelf", "--set-rpath", LONG, "--output", tmp_path / "patched"),
        "stripped": ("strip", "-o", tmp_path / "stripped"),
        "copied": ("objcopy", "--remove-section", ".comment", "--add-section", f"note={SOURCES / 'vendor.map'}"),
        "marked": ("objcopy", "--set-section-flags", ".comment=alloc"),
        "detached": ("objcopy", "--only-keep-debug"),
        "debug": ("eu-strip", "-o", tmp_path / "bare", "-f", tmp_path / "debug"),
    }
    for name, command in commands.items():
        into = () if tmp_path / name in command else (tmp_path / name,)
        said(*command, original, *into)
    for path in sorted(tmp_path.iterdir()):
        with elfkit.load(path) as image:
            assert table_trust(image) == (True, ""), path.name


@made_by(NATIVE[:1])
def test_relocations_that_are_not_put_together_need_nothing(maker: Maker, workshop: Workshop, tmp_path: Path) -> None:
    """DT_RELA points at the first of several sections."""
    compiled = workshop.library(maker, State.ORIGINAL).parents[2] / "vendor.o"
    script = f"-Wl,--version-script={SOURCES / 'vendor.map'}"
    said(maker.target.compiler, "-shared", "-Wl,-z,nocombreloc", script, compiled, "-o", tmp_path / "library")
    with (tmp_path / "library").open("rb") as stream:
        sections = [section for section in ELFFile(stream).iter_sections() if section["sh_type"] == "SHT_RELA"]
    assert len(sections) > 2
    with elfkit.load(tmp_path / "library") as image:
        assert table_trust(image) == (True, "")


@made_by(MAKERS, "readelf")
def test_readelf_has_no_warning(maker: Maker, workshop: Workshop) -> None:
    shown = ran("readelf", "-aW", workshop.library(maker, State.REBUILT))
    assert shown.errors == ""
    assert "corrupt" not in shown.said()


def lint(library: Path) -> set[str]:
    """What eu-elflint objects to, without the numbers of sections and symbols that a smaller .symtab would change."""
    shown = ran("eu-elflint", "--gnu-ld", library)
    return {re.sub(r"\[ *\d+\]", "[]", line) for line in (shown.output + shown.errors).splitlines()} - {"No errors"}


@made_by(MAKERS, "eu-elflint")
def test_elflint_has_no_new_objection(maker: Maker, workshop: Workshop) -> None:
    original, rebuilt = (lint(workshop.library(maker, state)) for state in (State.ORIGINAL, State.REBUILT))
    assert rebuilt - original == set()
