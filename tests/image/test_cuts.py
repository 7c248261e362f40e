"""Every record cut at every length: a refusal or an anomaly, and never silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

import elfkit
from elfkit.errors import FormatError
from elfkit.facts.facts import Facts
from tests.elfwriter import Elf, build
from tests.image.proofs import FIXTURES, concluded, unproven
from tests.image.samples import every_layout, sample

FEW = (
    "mips-soft/hello.noshdr",
    "mipsn32el/libgreet.so",
    "mips64/libgreet.noshdr.so",
    "arm-hard/hello.noshdr",
    "x86_64/libgreet.so",
    "s390x/libgreet.so",
    "riscv32/hello.noshdr",
    "aarch64/static",
    "x86_64/greet.o",
    "mips-soft/greet.o",
)


def promised(path: Path) -> int:
    """The last byte that the headers of a sound file promise, as pyelftools reads them."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        header = elf.header
        ends = [
            header.e_ehsize,
            header.e_phoff + header.e_phnum * header.e_phentsize,
            header.e_shoff + header.e_shnum * header.e_shentsize,
        ]
        loads = [segment.header for segment in elf.iter_segments() if segment.header.p_type == "PT_LOAD"]
        return max(int(end) for end in ends + [load.p_offset + load.p_filesz for load in loads])


def after_cut(content: bytes, size: int) -> Facts | None:
    """The facts of the first `size` bytes; None where they are refused as too short."""
    try:
        facts = concluded(content[:size])
    except FormatError as error:
        refusal = error
    else:
        assert unproven(content[:size], facts) == []
        return facts
    assert refusal.offset <= size
    assert refusal.record in ("Ehdr", "e_ident")
    return None


def silent_cuts(content: bytes, end: int) -> list[int]:
    """The lengths at which nothing tells that the file goes no further."""
    return [size for size in range(end) if (facts := after_cut(content, size)) is not None and not facts.anomalies]


@every_layout
def test_every_record_cut_at_every_length_is_refused_or_an_anomaly(elf_class: int, data: int) -> None:
    content = sample(elf_class, data).data
    assert silent_cuts(content, len(content)) == []
    assert concluded(content).anomalies == ()


@every_layout
def test_a_file_without_section_headers_is_no_less_promised(elf_class: int, data: int) -> None:
    content = build(Elf(elf_class=elf_class, data=data, interpreter=b"/lib/ld.so.1", needed=(b"libc.so",), gnu="gnu"))
    assert silent_cuts(content, len(content)) == []


@every_layout
def test_exactly_what_ends_inside_the_elf_header_is_refused(elf_class: int, data: int) -> None:
    content = sample(elf_class, data).data
    refused = [size for size in range(len(content)) if after_cut(content, size) is None]
    assert refused == list(range((52, 64)[elf_class - 1]))


@pytest.mark.parametrize("name", FEW)
def test_every_real_file_cut_at_every_length_is_refused_or_an_anomaly(name: str) -> None:
    path = FIXTURES / name
    assert silent_cuts(path.read_bytes(), promised(path)) == []


@pytest.mark.parametrize("name", FEW)
def test_a_cut_file_never_gives_more_symbols_than_fit_in_it(name: str) -> None:
    content = (FIXTURES / name).read_bytes()
    entry = {1: 16, 2: 24}[content[4]]
    for size in range(64, len(content), 7):
        with elfkit.load(content[:size]) as image:
            table = elfkit.symbols(image)
            assert len(table.names) == len(table) <= size // entry
