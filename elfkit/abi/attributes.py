"""Build attributes: who defines the tags of a subsection, and what form a tag's parameter has.

A section of attributes holds subsections, each of a vendor; of these the processor's own ("aeabi", "riscv") and "gnu"
mean something here (ARM-software/abi-aa addenda32, "Build Attributes"; binutils bfd/elf-attrs.c).
"""

from typing import NamedTuple

TAG_FILE, TAG_SECTION, TAG_SYMBOL = 1, 2, 3
TAG_COMPATIBILITY = 32

AEABI, GNU, RISCV, CSKY, ARC = "aeabi", "gnu", "riscv", "csky", "ARC"


class Vendor(NamedTuple):
    """What form the parameters of one vendor's tags have: a number (ULEB128), or text that a NUL ends."""

    name: str
    texts: frozenset[int]
    """Tags below ``parity_from`` that have text; the others there have a number."""
    parity_from: int
    """From this tag on, odd tags have text and even ones a number."""
    compatibility: bool
    """Tag 32 has a number and text."""
    source: str


VENDORS: tuple[Vendor, ...] = (
    Vendor(AEABI, frozenset({4, 5}), 33, compatibility=True, source="addenda32.rst:880-900"),
    Vendor(GNU, frozenset(), 0, compatibility=True, source="binutils bfd/elf-attrs.c gnu_obj_attrs_arg_type"),
    Vendor(RISCV, frozenset(), 0, compatibility=False, source="riscv-elf.adoc, Attributes"),
    Vendor(CSKY, frozenset({4, 5, 21}), 23, compatibility=True, source="binutils include/elf/csky.h:121-158"),
    Vendor(ARC, frozenset({7, 16, 17}), 19, compatibility=False, source="binutils bfd/elf32-arc.c, include/elf/arc.h"),
)
BY_NAME: dict[str, Vendor] = {vendor.name: vendor for vendor in VENDORS}


def parameter(vendor: Vendor, tag: int) -> tuple[bool, bool]:
    """Whether a tag has a number, and whether it has text; a tag may have both."""
    if vendor.compatibility and tag == TAG_COMPATIBILITY:
        return True, True
    text = bool(tag & 1) if tag >= vendor.parity_from else tag in vendor.texts
    return not text, text
