"""Programs of other operating systems: Mach-O (macOS) and PE (Windows), told by the bytes they begin with.

Sources: Apple's mach-o/loader.h and mach-o/fat.h; Microsoft's "PE Format"; the Java Virtual Machine Specification 4.1.
"""

from __future__ import annotations

from typing import NamedTuple

from elfkit.evidence import Evidence
from elfkit.image.source import Source

PE, MACH_O = "PE", "Mach-O"
MZ, PE_SIGNATURE = b"MZ", b"PE\0\0"
MACH_O_MAGICS = {
    b"\xfe\xed\xfa\xce": "big",
    b"\xfe\xed\xfa\xcf": "big",
    b"\xce\xfa\xed\xfe": "little",
    b"\xcf\xfa\xed\xfe": "little",
}
FAT_MAGICS = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")  # FAT_MAGIC, FAT_MAGIC_64
FOREIGN_HEADS = (MZ, *MACH_O_MAGICS, *FAT_MAGICS)

FILE_TYPES = range(1, 16)  # MH_OBJECT ... MH_GPU_DYLIB
FAT_ARCHITECTURES = range(1, 32)  # a Java class file has its version there, 45 or more
E_LFANEW, OPTIONAL_HEADER, SUBSYSTEM, CLR_DIRECTORY = 0x3C, 24, 68, 14
PE32_PLUS = 0x20B
DIRECTORIES = {0x10B: 96, PE32_PLUS: 112}  # where the data directories begin, by the optional header's magic
EFI_SUBSYSTEMS = range(10, 14)  # application, boot service driver, run-time driver, ROM


class Foreign(NamedTuple):
    """A program or library of another operating system: ``format`` is `PE` or `MACH_O`, ``mode`` its st_mode."""

    path: str
    format: str
    mode: int
    size: int
    evidence: Evidence


def foreign_program(path: str, source: Source) -> Foreign | None:
    """Return what a file that begins like one of another system is; None if it only begins so.

    None too for EFI programs (a kernel with an EFI stub is one) and .NET assemblies: firmware and Mono run them here.
    """
    head = source.view(0, 4)
    if head.startswith(MZ):
        proof, name = _windows(source), PE
    else:
        proof, name = _macos(source, head), MACH_O
    if proof is None:
        return None
    return Foreign(path, name, source.status.st_mode if source.status else 0, source.size, proof)


def _number(raw: bytes, offset: int, size: int, order: str = "little") -> int:
    part = raw[offset : offset + size]
    return int.from_bytes(part, "big" if order == "big" else "little")


def _windows(source: Source) -> Evidence | None:
    place = _number(source.view(E_LFANEW, 4), 0, 4)
    raw = source.view(place, 512)
    if not raw.startswith(PE_SIGNATURE):
        return None
    optional = raw[OPTIONAL_HEADER:]
    directories = DIRECTORIES.get(_number(optional, 0, 2))
    if directories is None or _number(optional, SUBSYSTEM, 2) in EFI_SUBSYSTEMS:
        return None
    if _number(optional, directories + 8 * CLR_DIRECTORY, 4):
        return None
    return Evidence("PE signature", place, PE_SIGNATURE, "PE")


def _macos(source: Source, head: bytes) -> Evidence | None:
    raw = source.view(0, 16)
    if head in FAT_MAGICS:
        known = _number(raw, 4, 4, "big") in FAT_ARCHITECTURES
    else:
        known = len(raw) == 16 and _number(raw, 12, 4, MACH_O_MAGICS[head]) in FILE_TYPES
    return Evidence("Mach-O magic", 0, head, head.hex()) if known else None
