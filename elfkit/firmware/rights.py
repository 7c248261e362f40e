"""With whose rights a program runs: its set-id bits, and the capabilities its file carries (capabilities(7))."""

from __future__ import annotations

import os
import stat

from elfkit.firmware.customs import EXECUTABLE_MODE
from elfkit.firmware.tree import Member, Tree

CAPABILITIES = "security.capability"
# struct vfs_cap_data of linux/capability.h, little-endian: magic_etc, then permitted and inheritable for each 32 bits
WORD, PERMITTED = 4, (4, 12)


def set_id(mode: int) -> str:
    """Return which set-id bit of a mode gives rights: "set-uid", "set-gid", or "" for none."""
    if mode & stat.S_ISUID and mode & EXECUTABLE_MODE:
        return "set-uid"
    return "set-gid" if mode & stat.S_ISGID and mode & stat.S_IXGRP else ""


def file_capabilities(tree: Tree, member: Member) -> int:
    """Return the capabilities that a file gives to who starts it, as a mask; 0 where it has none or none can be read.

    An unpacked tree keeps them only where it was unpacked by root on a file system that stores them.
    """
    read = getattr(os, "getxattr", None)  # Linux alone has it
    if read is None or not member.mode & EXECUTABLE_MODE:
        return 0
    place = f"{tree.root}/{member.path}" if member.path in tree.by_path else member.path
    try:
        raw: bytes = read(place, CAPABILITIES, follow_symlinks=False)
    except (OSError, ValueError):
        return 0
    words = [int.from_bytes(raw[place : place + WORD], "little") for place in PERMITTED]
    return words[0] | words[1] << 32
