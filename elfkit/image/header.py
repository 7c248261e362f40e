"""The ELF header as a value (gABI, "ELF Header")."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import EI_CLASS, EI_DATA, EI_VERSION, ELF_MAGIC, EV_CURRENT
from elfkit.errors import FormatError
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.formats.layout import Layout, layout
from elfkit.image.source import Source

IDENT_BYTES = 16
MOST_BYTES = 64  # of an ELF header, that of ELFCLASS64


class Header(NamedTuple):
    """The fields of Ehdr, named without their ``e_``; ``raw`` are its bytes, the proof of each."""

    ident: bytes
    type: int
    machine: int
    version: int
    entry: int
    phoff: int
    shoff: int
    flags: int
    ehsize: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int
    raw: bytes


def _layout(ident: bytes) -> Layout:
    """Return the layout that e_ident asks for; FormatError if this is no ELF file or the ident is unusable."""
    if ident[:4] != ELF_MAGIC:
        if ELF_MAGIC.startswith(ident[:4]):
            raise FormatError(0, "e_ident", f"not an ELF file: it has {len(ident)} bytes")
        raise FormatError(0, "e_ident", "not an ELF file: it does not begin with 7f 45 4c 46")
    if len(ident) < IDENT_BYTES:
        raise FormatError(len(ident), "Ehdr", f"the file ends after {len(ident)} bytes, inside e_ident")
    elf_class, data = ident[EI_CLASS], ident[EI_DATA]
    if elf_class not in (1, 2):
        raise FormatError(EI_CLASS, "e_ident", f"EI_CLASS is {elf_class}, neither 1 (32 bits) nor 2 (64 bits)")
    if data not in (1, 2):
        raise FormatError(EI_DATA, "e_ident", f"EI_DATA is {data}, neither 1 (little-endian) nor 2 (big-endian)")
    return layout(elf_class, data)


class Opened(NamedTuple):
    """A file whose ELF header is read: what every further reader begins with."""

    source: Source
    layout: Layout
    header: Header


def read_header(source: Source) -> Opened:
    """Return the file with its header; FormatError if it is no ELF file or ends inside the header."""
    raw = source.view(0, MOST_BYTES)
    records = _layout(raw[:IDENT_BYTES])
    record = records.ehdr
    raw = raw[: record.size]
    if len(raw) < record.size:
        raise FormatError(len(raw), "Ehdr", f"the file ends after {len(raw)} of {record.size} header bytes")
    return Opened(source, records, Header._make((*record.reader.unpack(raw), raw)))


def header_evidence(opened: Opened, field: str) -> Evidence:
    """Return the bytes of one header field (named as in the specification, ``e_flags``) as evidence."""
    offset, size = opened.layout.ehdr.spans[field]
    header = opened.header
    return Evidence(field, offset, header.raw[offset : offset + size], getattr(header, field[2:]))


def header_anomalies(opened: Opened) -> list[Anomaly]:
    """Return what the header says against the gABI, short of making the file unreadable."""
    header, records = opened.header, opened.layout
    found = []

    def wrong(field: str, expected: int, evidence: Evidence | None = None) -> None:
        proof = evidence or header_evidence(opened, field)
        found.append(Anomaly(Damage.IDENT, proof, f"{proof.source} is {proof.value}, not {expected}", f"{expected}"))

    if header.ident[EI_VERSION] != EV_CURRENT:
        version = header.ident[EI_VERSION]
        wrong("e_ident", EV_CURRENT, Evidence("EI_VERSION", EI_VERSION, bytes([version]), version))
    if header.version != EV_CURRENT:
        wrong("e_version", EV_CURRENT)
    if header.ehsize != records.ehdr.size:
        wrong("e_ehsize", records.ehdr.size)
    if header.phnum and header.phentsize != records.phdr.size:
        wrong("e_phentsize", records.phdr.size)
    return found
