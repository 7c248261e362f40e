"""The operating system that a file's notes name: Linux and its kernel, Android, the BSDs.

NT_GNU_ABI_TAG: LSB Core, "The .note.ABI-tag section"; Android: bionic libc/arch-common/bionic/crtbrand.S and the NDK's
crtbrand.S; FreeBSD: lib/csu/common/crtbrand.S; NetBSD: lib/csu/common/sysident.S; OpenBSD: lib/csu/crt0.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from elfkit.abi.notes import (
    ELF_NOTE_OS_NAMES,
    NT_ANDROID_TYPE_IDENT,
    NT_FREEBSD_ABI_TAG,
    NT_GNU_ABI_TAG,
    NT_NETBSD_IDENT,
    NT_OPENBSD_IDENT,
    OWNER_ANDROID,
    OWNER_FREEBSD,
    OWNER_GNU,
    OWNER_NETBSD,
    OWNER_OPENBSD,
    note_name,
)
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.facts.build_id import Note

WORD = 4
NDK_TEXT = 64  # bytes of the NDK's version, and again of its build number


def _gnu(words: tuple[int, ...], _: bytes) -> tuple[str, str]:
    if len(words) < 4:
        return "", ""
    return f"{ELF_NOTE_OS_NAMES.get(words[0], f'system {words[0]}')} {'.'.join(map(str, words[1:4]))}", "or later"


def _android(words: tuple[int, ...], descriptor: bytes) -> tuple[str, str]:
    ndk = descriptor[WORD : WORD + NDK_TEXT].partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return f"Android API {words[0]}", f"NDK {ndk}" if ndk else ""


def _freebsd(words: tuple[int, ...], _: bytes) -> tuple[str, str]:
    return f"FreeBSD {words[0] // 100000}", f"__FreeBSD_version {words[0]}"


def _netbsd(words: tuple[int, ...], _: bytes) -> tuple[str, str]:
    return f"NetBSD {words[0] // 100000000}.{words[0] // 1000000 % 100}", f"__NetBSD_Version__ {words[0]}"


def _openbsd(_: tuple[int, ...], __: bytes) -> tuple[str, str]:
    return "OpenBSD", ""


READERS: dict[tuple[bytes, int], Callable[[tuple[int, ...], bytes], tuple[str, str]]] = {
    (OWNER_ANDROID, NT_ANDROID_TYPE_IDENT): _android,
    (OWNER_FREEBSD, NT_FREEBSD_ABI_TAG): _freebsd,
    (OWNER_NETBSD, NT_NETBSD_IDENT): _netbsd,
    (OWNER_OPENBSD, NT_OPENBSD_IDENT): _openbsd,
    (OWNER_GNU, NT_GNU_ABI_TAG): _gnu,
}


def system_fact(notes: Iterable[Note], *, little: bool) -> Fact[str | None]:
    """The system that a file says it is made for ("Linux 3.2.0", "Android API 21"); None where no note says so."""
    for note in notes:
        read = READERS.get((note.owner, note.type))
        count = min(len(note.descriptor) // WORD, 4)
        if read is None or not count:
            continue
        words = struct.unpack_from(f"{'<' if little else '>'}{count}I", note.descriptor)
        value, detail = read(words, note.descriptor)
        if value:
            proof = Evidence(note_name(note.owner, note.type), note.offset, note.descriptor[:64], value)
            return Fact(value, Certainty.STATED, (proof,), detail)
    return Fact(None, Certainty.DERIVED)
