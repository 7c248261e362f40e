"""pyelftools over a tree: open every ELF file (by magic, links not followed), touch every tag of its PT_DYNAMIC.

Less than `elfkit check` or the LIEF loop does: no symbol is read.
"""

import os
import sys
from collections.abc import Iterator

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile


def elf_files(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = f"{folder}/{name}"
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    if file.read(4) == b"\x7fELF":
                        yield path


def main(root: str) -> None:
    files = tags = 0
    for path in elf_files(root):
        with open(path, "rb") as file:
            files += 1
            for segment in ELFFile(file).iter_segments():
                if isinstance(segment, DynamicSegment):
                    tags += sum(1 for _ in segment.iter_tags())
    print(f"{files} files, {tags} dynamic tags")


main(sys.argv[1])
