"""What notes say of the system that the file is made for: its oldest kernel, and what it may open at run time.

NT_GNU_ABI_TAG: LSB Core, "The .note.ABI-tag section"; NT_FDO_DLOPEN_METADATA: the UAPI group's "ELF dlopen metadata".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

from elfkit.abi.notes import (
    ELF_NOTE_OS_LINUX,
    NT_FDO_DLOPEN_METADATA,
    NT_GNU_ABI_TAG,
    OWNER_FDO,
    OWNER_GNU,
    note_name,
)
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.build_id import Note
from elfkit.image.image import Image

PRIORITIES = ("required", "recommended", "suggested")
RECOMMENDED = PRIORITIES[1]  # where a note names none
MOST_DLOPENS = 256  # of one file
MOST_SONAMES = 16  # of one feature
MOST_TEXT = 256  # of one name
MOST_NESTED = 16  # brackets in a row: json.loads goes one call deeper for each


NO_KERNEL: Fact[str | None] = Fact(None, Certainty.DERIVED)


class Dlopen(NamedTuple):
    """Libraries of which the file opens the first that is there, what for, and how much it needs one of them."""

    sonames: tuple[str, ...]
    feature: str
    priority: str

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {"sonames": list(self.sonames), "feature": self.feature, "priority": self.priority}


NO_DLOPENS: Fact[tuple[Dlopen, ...]] = Fact((), Certainty.DERIVED)


def kernel_fact(image: Image, notes: Iterable[Note]) -> Fact[str | None]:
    """The oldest Linux kernel that the file says it runs on ("3.2.0"); None where no note says so."""
    for note in notes:
        if note.type != NT_GNU_ABI_TAG or note.owner != OWNER_GNU or len(note.descriptor) < 16:
            continue
        form = "<4I" if image.layout.data == 1 else ">4I"
        system, major, minor, patch = struct.unpack_from(form, note.descriptor)
        if system == ELF_NOTE_OS_LINUX:
            text = f"{major}.{minor}.{patch}"
            return Fact(text, Certainty.STATED, (_proof(note, text),))
    return NO_KERNEL


def dlopens_fact(notes: Iterable[Note]) -> Fact[tuple[Dlopen, ...]]:
    """What the file says it opens with dlopen(3), in file order; evidence is each note that says so."""
    found: list[Dlopen] = []
    proofs: list[Evidence] = []
    for note in notes:
        if note.type == NT_FDO_DLOPEN_METADATA and note.owner == OWNER_FDO:
            here = _dlopens(note.descriptor)[: MOST_DLOPENS - len(found)]
            found += here
            proofs += [_proof(note, ", ".join(here[0].sonames))] if here else []
    return Fact(tuple(found), Certainty.STATED, tuple(proofs)) if found else NO_DLOPENS


def _proof(note: Note, value: str) -> Evidence:
    return Evidence(note_name(note.owner, note.type), note.offset, note.descriptor[:64], value)


def _dlopens(descriptor: bytes) -> list[Dlopen]:
    """Return what one note holds: a JSON list of objects; what is no such thing is passed over."""
    import json  # here: few files have such a note

    text = descriptor.rstrip(b"\0")
    if text.count(b"[") + text.count(b"{") > MOST_DLOPENS * 4 or b"[" * MOST_NESTED in text.replace(b" ", b""):
        return []
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(rows, list):
        return []
    return [found for row in rows if isinstance(row, dict) and (found := _dlopen(row)) is not None]


def _dlopen(row: dict[str, Any]) -> Dlopen | None:
    names = row.get("soname")
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list):
        return None
    sonames = tuple([name[:MOST_TEXT] for name in names[:MOST_SONAMES] if isinstance(name, str) and name])
    if not sonames:
        return None
    feature, priority = row.get("feature"), row.get("priority")
    named = feature[:MOST_TEXT] if isinstance(feature, str) else ""
    return Dlopen(sonames, named, priority if priority in PRIORITIES else RECOMMENDED)
