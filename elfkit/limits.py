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
    relocations: int = 2 << 20  # of one table whose entries are packed, or that write where they may not
    linkage_bytes: int = 64 << 20  # of one table of symbols, names or relocations kept for binding
    rebuilt_bytes: int = 1 << 30  # of a file whose sections are looked for: all of it is read, holes too
    string_bytes: int = 4_096
    string_table_bytes: int = 65_536  # a larger table is read name by name
    link_hops: int = 40  # symlinks followed for one path, as the Linux kernel does
    config_bytes: int = 1 << 20  # of one text file of a tree (ld.so.conf, path files)
    config_includes: int = 64  # files the ld.so.conf of a tree may pull in
    config_names: int = 1 << 20  # names of a tree compared with include patterns, over all of them
    search_places: int = 1 << 20  # places looked at for needed libraries, over all names of a tree
    path_elements: int = 1 << 17  # of RPATH and RUNPATH, over all images of a tree
    start_steps: int = 8 << 20  # images and needs walked through, over all starts in a tree
    tree_linkage_bytes: int = 1 << 30  # of all tables of a tree that are kept for binding
    name_words: int = 1 << 27  # eight bytes each: of all symbol names of a tree, spelled out
    bind_steps: int = 1 << 28  # symbols looked for in images, over all starts in a tree
    bind_pairs: int = 1 << 22  # symbols that some start may lack, over all starts in a tree
    platforms: int = 64  # loaders of a tree that are told apart
    pulls: int = 1 << 16  # reasons kept why misfits of a tree are there, beyond the first eight of each


DEFAULT_LIMITS = Limits()
MEANINGS = {
    "bytes_read": "bytes read of one file",
    "dynamic_entries": "entries read of one dynamic section",
    "section_headers": "section headers read of one file",
    "lookup_steps": "entries of hash chains looked at for one look-up, over all its names",
    "relocations": "relocations unpacked of one table, or counted that write where they may not",
    "rebuilt_bytes": "bytes of a file that may be given section headers",
    "string_bytes": "bytes of one name",
    "string_table_bytes": "bytes of a string table that is read at once",
    "link_hops": "symbolic links followed for one path",
    "config_bytes": "bytes read of one text file of a tree",
    "config_includes": "files that the ld.so.conf of a tree includes",
    "config_names": "names of a tree compared with the patterns of its ld.so.conf",
    "search_places": "places of a tree looked at for needed libraries",
    "path_elements": "elements of RPATH and RUNPATH in a tree",
    "start_steps": "images and needs walked through for all starts in a tree",
    "platforms": "loaders of a tree that are told apart",
    "pulls": "reasons kept why misfits of a tree are there",
    "linkage_bytes": "bytes of one table of symbols, names or relocations kept for binding",
    "tree_linkage_bytes": "bytes of such tables of all images of a tree",
    "name_words": "words of eight bytes of all symbol names of a tree",
    "bind_steps": "symbols looked for in images, over all starts in a tree",
    "bind_pairs": "symbols that some start may lack, over all starts in a tree",
}


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
