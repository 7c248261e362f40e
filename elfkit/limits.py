"""How much work one file may cause, whatever its bytes say.

Every count in an ELF file is a claim of whoever wrote it. Reading spends from a ``Budget``; when it is
spent, reads come back short, what was read stays, and the image says so with an anomaly.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The published limits, each per image unless it says otherwise; bytes or counts."""

    bytes_read: int = 256 << 20
    dynamic_entries: int = 65_536
    section_headers: int = 65_536
    lookup_steps: int = 8 << 20  # chain entries looked at for one call, over all names
    relocations: int = 8 << 20  # of one table whose entries are packed
    string_bytes: int = 4_096
    string_table_bytes: int = 65_536  # a larger table is read name by name
    link_hops: int = 40  # symlinks followed for one path, as the Linux kernel does
    config_bytes: int = 1 << 20  # of one text file of a tree (ld.so.conf, path files)
    config_includes: int = 64  # files one ld.so.conf may pull in


DEFAULT_LIMITS = Limits()


class Budget:
    """Bytes that may still be read of one image.

    >>> budget = Budget(10)
    >>> budget.spend(8), budget.spend(8), budget.exhausted
    (8, 2, True)
    """

    __slots__ = ("exhausted", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self.exhausted = False

    def spend(self, wanted: int) -> int:
        """Take up to ``wanted`` bytes from what is left and return how many were granted."""
        if wanted <= self.left:
            self.left -= wanted
            return wanted
        granted, self.left, self.exhausted = self.left, 0, True
        return granted
