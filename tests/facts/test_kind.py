"""The ten kinds, each told by the file's own bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elfkit.abi.dynamic import DT_DEBUG, DT_FLAGS_1, DT_MIPS_RLD_MAP, DT_MIPS_RLD_MAP_REL
from elfkit.abi.header import EM_MIPS, ET_CORE, ET_DYN, ET_EXEC, ET_REL
from elfkit.evidence import Certainty, Fact
from elfkit.facts.kind import Kind
from tests.elfwriter import Elf, Sect, build, patch, write
from tests.image.proofs import concluded, unproven
from tests.image.samples import every_layout

LOADER = b"/lib/ld.so.1"
THIS_MODULE = b".gnu.linkonce.this_module"
PIE_FLAG = (DT_FLAGS_1, 0x08000001)


def kind_of(content: bytes) -> Fact[Kind]:
    kind = concluded(content).kind
    assert unproven(content, kind) == []
    return kind


KINDS = {
    "a program of a fixed address": (Elf(type=ET_EXEC, interpreter=LOADER), "executable", "derived"),
    "a program that says DF_1_PIE": (Elf(interpreter=LOADER, tags=(PIE_FLAG,)), "pie", "stated"),
    "a program with DT_DEBUG": (Elf(interpreter=LOADER, tags=((DT_DEBUG, 0),)), "pie", "derived"),
    "a program that nothing marks": (Elf(interpreter=LOADER), "pie", "guessed"),
    "a program with its own loader": (Elf(type=ET_EXEC, dynamic=False), "static", "derived"),
    "DF_1_PIE and nobody to load it": (Elf(tags=(PIE_FLAG,)), "static-pie", "stated"),
    "DT_DEBUG and nobody to load it": (Elf(tags=((DT_DEBUG, 0),)), "static-pie", "derived"),
    "a library": (Elf(soname=b"libgreet.so"), "shared", "derived"),
    "a library without a name": (Elf(), "shared", "guessed"),
    "a library that can be started": (Elf(interpreter=LOADER, soname=b"libc.so.6"), "shared", "derived"),
    "an object": (Elf(type=ET_REL, dynamic=False, sections=(Sect(b".text"),)), "relocatable", "stated"),
    "a module": (Elf(type=ET_REL, dynamic=False, sections=(Sect(THIS_MODULE),)), "module", "derived"),
    "a core": (Elf(type=ET_CORE, dynamic=False), "core", "stated"),
    "a type that nobody registered": (Elf(type=0xFE55), "unknown", "unknown"),
}


@every_layout
@pytest.mark.parametrize("name", KINDS)
def test_the_kind_is_told_by_the_bytes_alone(elf_class: int, data: int, name: str) -> None:
    elf, kind, certainty = KINDS[name]
    content = build(replace(elf, elf_class=elf_class, data=data))
    found = kind_of(content)
    assert (found.value.value, found.certainty.value) == (kind, certainty)
    assert found.evidence[0].source == "e_type"


def test_every_kind_has_a_case_here() -> None:
    tested = {kind for _, kind, _ in KINDS.values()} | {"debug-only"}
    assert tested == {kind.value for kind in Kind}


@pytest.mark.parametrize("tag", [DT_MIPS_RLD_MAP, DT_MIPS_RLD_MAP_REL])
def test_on_mips_the_debuggers_map_marks_a_program(tag: int) -> None:
    assert kind_of(build(Elf(machine=EM_MIPS, interpreter=LOADER, tags=((tag, 0),)))).value is Kind.PIE
    assert kind_of(build(Elf(machine=EM_MIPS, tags=((tag, 0),)))).value is Kind.STATIC_PIE
    assert kind_of(build(Elf(tags=((tag, 0),)))).value is Kind.SHARED  # the number means something else there


@every_layout
def test_a_file_whose_code_was_taken_out_is_debug_only(elf_class: int, data: int) -> None:
    """As objcopy --only-keep-debug leaves it: the headers describe, the file holds nothing."""
    built = write(Elf(elf_class, data, type=ET_EXEC, interpreter=LOADER))
    for name in ("PT_LOAD", "PT_LOAD code", "PT_INTERP", "PT_DYNAMIC"):
        built = built.also(name, "p_filesz", 0)
    found = kind_of(built.data)
    assert (found.value, found.certainty) == (Kind.DEBUG_ONLY, Certainty.DERIVED)
    assert found.evidence[0].source == "PT_LOAD p_filesz"


def test_a_file_whose_code_sections_hold_nothing_is_debug_only() -> None:
    """As eu-strip leaves it: program headers of the original, whose bytes the file does not have."""
    nobits = Sect(b".text", type=8, flags=6)
    built = write(Elf(type=ET_DYN, sections=(nobits,))).also("PT_LOAD code", "p_filesz", 0x10000)
    assert kind_of(built.data).value is Kind.DEBUG_ONLY


def test_a_truncated_program_is_no_debug_file() -> None:
    built = write(Elf(type=ET_EXEC, sections=(Sect(b".text", flags=6),)))
    assert kind_of(built.patched("PT_LOAD code", "p_filesz", 0x10000)).value is Kind.STATIC


def test_a_program_whose_code_is_all_of_it_zero_is_no_debug_file() -> None:
    """Memory without file bytes beside a segment that has them: a boot loader's, not a debugger's."""
    built = write(Elf(type=ET_EXEC, interpreter=LOADER))
    assert kind_of(built.patched("PT_LOAD code", "p_filesz", 0)).value is Kind.EXECUTABLE


def test_the_name_of_a_modules_section_may_be_the_end_of_another() -> None:
    """GNU ld stores ".rela.gnu.linkonce.this_module" and lets the section's own name begin inside it."""
    built = write(Elf(type=ET_REL, dynamic=False, sections=(Sect(b".rela" + THIS_MODULE), Sect(b".text"))))
    start = built.blobs["shstrtab"][0]
    inside = built.data.index(THIS_MODULE, start)
    content = built.patched("Shdr 3", "sh_name", inside - start)
    found = kind_of(content)
    assert found.value is Kind.MODULE
    assert found.evidence[1] == ("section name", inside, THIS_MODULE, THIS_MODULE.decode(), "")


def test_the_relocations_of_such_a_section_alone_make_no_module() -> None:
    content = build(Elf(type=ET_REL, dynamic=False, sections=(Sect(b".rela" + THIS_MODULE),)))
    assert kind_of(content).value is Kind.RELOCATABLE


def test_an_object_with_damaged_section_headers_is_still_an_object() -> None:
    built = write(Elf(type=ET_REL, dynamic=False, sections=(Sect(THIS_MODULE),)))
    assert kind_of(built.patched("Ehdr", "e_shentsize", 0)).value is Kind.RELOCATABLE
    assert kind_of(patch(built.data, built.blobs["shstrtab"][0], b"\xff" * 11)).value is Kind.MODULE
