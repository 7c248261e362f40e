"""Whether segments can be mapped as they ask for: by bytes, and by the kernel itself."""

import os
import struct
import subprocess
from pathlib import Path

import pytest

from elfkit.abi.header import EM_PPC64, EM_X86_64, ET_EXEC
from elfkit.abi.segments import PF_R, PF_W, PF_X, PT_LOAD
from elfkit.checks.check import check
from elfkit.facts.mapping import Fault, mapping_fact
from elfkit.image.image import Image, load
from elfkit.image.source import Source
from tests.firmware.plants import FIXTURES

MACHINES = sorted(
    path for path in (FIXTURES / "machines").glob("*/*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
)
# p_flags p_offset p_vaddr p_filesz p_memsz p_align, of two segments and an entry point in the first
CODE, DATA = (PF_R | PF_X, 0, 0x400000, 0x1000, 0x1000, 0x1000), (PF_R | PF_W, 0x1000, 0x402000, 0x800, 0x900, 0x1000)
Load = tuple[int, int, int, int, int, int]


def program(*loads: Load, entry: int = 0x400100, e_phoff: int = 64, machine: int = EM_X86_64, flags: int = 0) -> bytes:
    """A 64-bit little-endian ET_EXEC with these PT_LOADs, byte by byte as gABI chapters 4 and 5 have it."""
    ident = b"\x7fELF\2\1\1" + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", ET_EXEC, machine, 1, entry, e_phoff, 0, flags, 64, 56, len(loads), 64, 0, 0)
    table = b"".join(
        struct.pack("<IIQQQQQQ", PT_LOAD, p_flags, offset, vaddr, vaddr, filesz, memsz, align)
        for p_flags, offset, vaddr, filesz, memsz, align in loads
    )
    return (ident + header + table).ljust(0x2000, b"\0")


def faults(content: bytes) -> list[Fault]:
    with Image(Source.of_bytes(content)) as image:
        return [place.fault for place in mapping_fact(image).value]


def test_sound_segments_have_no_fault() -> None:
    assert faults(program(CODE, DATA)) == []


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_linkers_make_has_no_fault(path: Path) -> None:
    with load(path) as image:
        assert mapping_fact(image).value == ()


def test_addresses_and_offsets_must_agree_within_a_page() -> None:
    flags, offset, vaddr, filesz, memsz, align = DATA
    assert faults(program(CODE, (flags, offset, vaddr + 8, filesz, memsz, align))) == [Fault.NOT_CONGRUENT]
    assert faults(program(CODE, (flags, offset, vaddr + 8, filesz, memsz, 8))) == [Fault.NOT_CONGRUENT]
    assert faults(program(CODE, (flags, offset, vaddr + 8, 0, memsz, align))) == []  # .bss alone: nothing is mapped


def test_segments_of_unlike_permissions_share_no_page() -> None:
    near: Load = (PF_R | PF_W, 0x1800, 0x401800, 0x800, 0x900, 0x1000)
    long: Load = (PF_R | PF_X, 0, 0x400000, 0x1700, 0x1700, 0x1000)
    assert faults(program(long, near)) == [Fault.SHARED_PAGE]
    assert faults(program(long, (long[0], *near[1:]))) == []
    assert faults(program(CODE, near)) == []


def test_segments_ascend() -> None:
    assert faults(program(DATA, CODE)) == [Fault.ORDER]
    assert faults(program(CODE, (*DATA[:2], 0x400000, *DATA[3:]))) == [Fault.ORDER]


def test_a_program_starts_in_code() -> None:
    for entry in (0, 0x402010, 0x500000):
        assert faults(program(CODE, DATA, entry=entry)) == [Fault.ENTRY]
    assert faults(program(CODE, DATA, entry=0x400001)) == []  # Thumb


def test_an_elfv1_program_names_a_descriptor_in_its_data() -> None:
    assert faults(program(CODE, DATA, entry=0x402010, machine=EM_PPC64, flags=1)) == []
    assert faults(program(CODE, DATA, entry=0x402010, machine=EM_PPC64, flags=2)) == [Fault.ENTRY]


def test_the_program_headers_are_loaded() -> None:
    table = program(CODE, DATA)[64:176]
    moved = program(CODE, DATA, e_phoff=0x1F00)
    assert faults(moved[:0x1F00] + table + moved[0x1F00 + len(table) :]) == [Fault.HEADERS]


def test_memory_has_an_end() -> None:
    for memsz in ((1 << 40) + 1, (1 << 64) - 0x402000 + 1):
        assert faults(program(CODE, (*DATA[:4], memsz, DATA[5]))) == [Fault.MEMORY]


def test_a_kernel_is_placed_by_physical_addresses() -> None:
    content = bytearray(program(DATA, CODE))
    struct.pack_into("<Q", content, 64 + 24, 0x1000000)  # p_paddr of the first
    assert faults(bytes(content)) == []


EXIT = bytes.fromhex("b83c000000 31ff 0f05".replace(" ", ""))  # mov eax, 60; xor edi, edi; syscall


def exit_code(place: Path, content: bytes | bytearray) -> int:
    """How the kernel's start of a program ends; -1 where it refuses it."""
    place.write_bytes(content)
    place.chmod(0o755)
    try:
        return subprocess.run([place], check=False, timeout=10).returncode
    except OSError:
        return -1


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the kernel must run x86-64 programs")
@pytest.mark.parametrize(
    ("loads", "entry", "fault"),
    [
        ((CODE, DATA), 0x400100, None),
        ((CODE, (*DATA[:2], DATA[2] + 8, *DATA[3:])), 0x400100, Fault.NOT_CONGRUENT),
        ((CODE, (*DATA[:2], DATA[2] + 8, *DATA[3:5], 8)), 0x400100, Fault.NOT_CONGRUENT),
        ((CODE, (*DATA[:2], DATA[2] + 8, *DATA[3:5], 0)), 0x400100, Fault.NOT_CONGRUENT),
        ((CODE, DATA), 0, Fault.ENTRY),
        ((CODE, DATA), 0x402010, Fault.ENTRY),
        ((CODE, (*DATA[:4], 1 << 46, DATA[5])), 0x400100, Fault.MEMORY),
    ],
    ids=["sound", "not congruent", "p_align 8", "p_align 0", "no entry", "entry in data", "64 TiB"],
)
def test_the_kernel_runs_what_has_no_fault_and_nothing_else(
    tmp_path: Path, loads: tuple[Load, ...], entry: int, fault: Fault | None
) -> None:
    content = bytearray(program(*loads, entry=entry))
    content[0x100 : 0x100 + len(EXIT)] = EXIT
    assert (exit_code(tmp_path / "program", content) == 0) is (fault is None)
    assert faults(bytes(content)) == ([fault] if fault else [])


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the kernel must run x86-64 programs")
def test_a_static_program_may_run_without_its_program_headers(tmp_path: Path) -> None:
    """They are for the loader; a static program's C library may look at them, and this one has none: a note."""
    table = program(CODE, DATA)[64:176]
    content = bytearray(program(CODE, DATA, e_phoff=0x1F00))
    content[0x1F00 : 0x1F00 + len(table)] = table
    content[0x100 : 0x100 + len(EXIT)] = EXIT
    assert exit_code(tmp_path / "program", content) == 0
    (finding,) = [found for found in check(tmp_path / "program").findings if found.rule == "EK605"]
    assert finding.severity.word == "note"
    assert "a static program's C library" in finding.message
