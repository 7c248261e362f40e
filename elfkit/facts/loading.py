"""What the file asks of its loader beyond the first standard: hash tables, packed relocations, static TLS.

gABI, "Dynamic Section" (DT_HASH, DT_RELR, DF_STATIC_TLS); LSB (DT_GNU_HASH); MIPS psABI (DT_MIPS_XHASH); bionic's
linker (DT_ANDROID_REL, DT_ANDROID_RELA, DT_ANDROID_RELR).
"""

from __future__ import annotations

from elfkit.abi.dynamic import (
    DF_STATIC_TLS,
    DT_ANDROID_REL,
    DT_ANDROID_RELA,
    DT_ANDROID_RELR,
    DT_FLAGS,
    DT_GNU_HASH,
    DT_HASH,
    DT_MIPS_XHASH,
    DT_RELR,
    DT_SYMTAB,
    DT_VERDEF,
)
from elfkit.abi.header import EM_MIPS
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image

SYSV_HASH, GNU_HASH, MIPS_XHASH = "sysv", "gnu", "mips-xhash"
RELR, ANDROID_RELR, ANDROID_REL, ANDROID_RELA = "DT_RELR", "DT_ANDROID_RELR", "DT_ANDROID_REL", "DT_ANDROID_RELA"
HASH_TABLES = ((DT_HASH, SYSV_HASH), (DT_GNU_HASH, GNU_HASH), (DT_MIPS_XHASH, MIPS_XHASH))
PACKED = (
    (DT_RELR, RELR),
    (DT_ANDROID_RELR, ANDROID_RELR),
    (DT_ANDROID_REL, ANDROID_REL),
    (DT_ANDROID_RELA, ANDROID_RELA),
)
ANDROID_MAGIC = b"APS2"  # bionic linker.cpp
NO: Fact[bool] = Fact(False, Certainty.DERIVED)
NONE: Fact[tuple[str, ...]] = Fact((), Certainty.DERIVED)
UNKNOWN_NAMES: Fact[tuple[str, ...]] = Fact((), Certainty.UNKNOWN)


def hash_tables_fact(image: Image) -> Fact[tuple[str, ...]]:
    """The symbol hash tables of the dynamic section: "sysv", "gnu", "mips-xhash".

    Unknown where there is no dynamic section or no symbol table that one could hash.
    """
    if image.dynamic is None or image.extent_of(image.dynamic.values.get(DT_SYMTAB, 0)) is None:
        return UNKNOWN_NAMES
    rows = _there(image, HASH_TABLES)
    return _told(image, [row for row in rows if row[0] != DT_MIPS_XHASH or image.header.machine == EM_MIPS])


def packed_relocations_fact(image: Image) -> Fact[tuple[str, ...]]:
    """The tags of the relocation tables in a compact form, which older loaders do not know."""
    packed = (DT_ANDROID_REL, DT_ANDROID_RELA)
    rows = _there(image, PACKED)
    return _told(image, [row for row in rows if row[0] not in packed or _is_packed(image, row[0])])


def _is_packed(image: Image, tag: int) -> bool:
    """Return whether a table begins as Android packs them: Solaris gives these tags another meaning."""
    extent = image.extent_of(image.dynamic.values.get(tag, 0)) if image.dynamic else None
    return extent is not None and image.source.view(extent.offset, len(ANDROID_MAGIC)) == ANDROID_MAGIC


def _there(image: Image, rows: tuple[tuple[int, str], ...]) -> list[tuple[int, str]]:
    """Return the rows whose tags stand in the dynamic section."""
    values = image.dynamic.values if image.dynamic else {}
    return [row for row in rows if row[0] in values]


def _told(image: Image, rows: list[tuple[int, str]]) -> Fact[tuple[str, ...]]:
    if not rows:
        return NONE
    proofs: list[Evidence] = []
    for tag, _ in rows:
        proofs += image.last_entry(tag)
    return Fact(tuple([name for _, name in rows]), Certainty.STATED, tuple(proofs))


def static_tls_fact(image: Image) -> Fact[bool]:
    """Whether the file says that its thread-local storage must be laid out at the start of the process."""
    values = image.dynamic.values if image.dynamic else {}
    if not values.get(DT_FLAGS, 0) & DF_STATIC_TLS:
        return NO
    return Fact(True, Certainty.STATED, image.last_entry(DT_FLAGS))


def versioned_fact(image: Image) -> Fact[bool]:
    """Whether the file defines symbol versions (DT_VERDEF)."""
    values = image.dynamic.values if image.dynamic else {}
    if DT_VERDEF not in values:
        return NO
    return Fact(True, Certainty.STATED, image.last_entry(DT_VERDEF))
