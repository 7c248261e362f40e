"""What the elements of RPATH and RUNPATH stand for: "$" tokens expanded as a loader's row says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from elfkit.abi.header import CLASS_OF_BITS
from elfkit.abi.library_dirs import LEGACY_HWCAPS, machine_rows
from elfkit.abi.loaders import Loader
from elfkit.firmware.platforms import Platform
from elfkit.firmware.tree import Member

TOKEN = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def abi_of(platform: Platform) -> tuple[int, int, str, str, str]:
    """Return what the rows of `library_dirs` are chosen by."""
    elf_class = CLASS_OF_BITS.get(platform.elf_class, 0)
    return platform.e_machine, elf_class, platform.data, platform.variant, platform.float_abi


class Tokens:
    """Expands the tokens of one loader for one platform.

    ``stated`` are the directories that the loader's own bytes name, libc's own first: that tells $LIB, which is the
    last part of it (DL_DST_LIB in elf/Makefile), or Debian's "lib/<triplet>".
    """

    def __init__(self, row: Loader, platform: Platform, stated: tuple[str, ...] = ()) -> None:
        self.row = row
        rows = machine_rows(*abi_of(platform)) if row.machine_dirs else ()
        self._libs = [f"lib/{triplet}" for found in rows for triplet in found.triplets]
        self._libs += [posixpath.basename(found.slibdir) for found in rows]
        if not self._libs:
            self._libs = ["lib64" if platform.elf_class == 64 else "lib"]
        if stated:
            own = [lib for lib in self._libs if stated[0].endswith(f"/{lib}")]
            self._libs = own[:1] or [posixpath.basename(stated[0])]

    def voids(self, path: str) -> bool:
        """Return whether one token in it makes the loader ignore a whole search path."""
        return self.row.unknown_token_voids_path and not _tokens(path) <= set(self.row.tokens)

    def expanded(self, element: str, origin: str) -> list[str]:
        """Return the directories that one element of a search path stands for; none for one only a device knows.

        Neither does an element with $ORIGIN stand for any where ``origin`` is "", not known.
        """
        if "$" not in element:
            return [element] if element else []
        return [] if "PLATFORM" in _tokens(element) else self._replaced(element, origin, "")

    def by_cpu(self, element: str, origin: str) -> Iterator[tuple[str, str]]:
        """Yield what an element with $PLATFORM may stand for, each with the CPU that makes it so."""
        if "$" in element and "PLATFORM" in _tokens(element):
            for name in sorted(LEGACY_HWCAPS):
                for place in self._replaced(element, origin, name):
                    yield place, name

    def _replaced(self, element: str, origin: str, cpu: str) -> list[str]:
        names = _tokens(element)
        if "ORIGIN" in names and not origin:
            return []
        if not names <= set(self.row.tokens) or (self.row.token_leads and not element.startswith("$ORIGIN")):
            return []
        libs = self._libs if "LIB" in names else [""]
        values = [{"ORIGIN": origin, "LIB": lib, "PLATFORM": cpu} for lib in libs]
        return [TOKEN.sub(lambda hit, v=value: v[hit[1] or hit[2]], element) for value in values]  # type: ignore[misc]


def unplaced_elements(member: Member) -> list[str]:
    """Return the elements of an image's own search path of which it depends on its place where they lead."""
    if member.placed:
        return []
    paths = [path for path in (member.facts.rpath.value, member.facts.runpath.value) if path]
    return [element for path in paths for element in path.split(":") if "ORIGIN" in _tokens(element)]


def _tokens(text: str) -> set[str]:
    return {braced or bare for braced, bare in TOKEN.findall(text)}
