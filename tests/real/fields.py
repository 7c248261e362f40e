"""Every field of headers, program headers and dynamic entries, and every note, by readelf's words and by elfkit.

readelf calls types and machines by names and elfkit by numbers: each name must always stand for one number of one
machine. Each side gives rows of (field, value); a field that only one side has is a difference too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from elfkit.facts.build_id import all_notes
from elfkit.image.image import Image
from tests.hostile.headers import LINE, Differences

OPTIONS: Final = ("-hldnW",)
SEGMENT: Final = re.compile(
    r"^  (\S.*?) +" + r"0x([0-9a-f]+) " * 5 + r"([R ][W ][E ]) (0x)?([0-9a-f]+)$",
    re.MULTILINE,
)
DYNAMIC: Final = re.compile(r"^ 0x([0-9a-f]+) \((.*?)\)[ \t]*(.*)$", re.MULTILINE)
NOTE: Final = re.compile(r"^  (\S.*?|) *\t?0x([0-9a-f]{8})\t", re.MULTILINE)
FLAGS: Final = {4: "R", 2: "W", 1: "E"}
WORD: Final = (1 << 64) - 1


class Fields:
    """What differs, over many files."""

    def __init__(self) -> None:
        self.headers = Differences()
        self.compared = 0
        self._types: dict[tuple[int, str], int] = {}

    def differing(self, image: Image, said: str) -> Iterator[tuple[str, str]]:
        """Yield (field, what both say) of one file."""
        head = said.partition("\nProgram Headers:")[0]
        for line in self.headers.differing(image.header, dict(LINE.findall(head))):
            yield "Ehdr", line
        self.compared += 13
        yield from self._segments(image, said)
        yield from self._dynamic(image, said)
        yield from self._notes(image, said)

    def _segments(self, image: Image, said: str) -> Iterator[tuple[str, str]]:
        rows = SEGMENT.findall(said)
        for number, (row, segment) in enumerate(zip_longest(rows, image.segments)):
            self.compared += 8
            if row is None or segment is None:
                yield f"Phdr {number}", f"elfkit {segment}, readelf {row}"
                continue
            word, *numbers, flags, _, align = row
            own = (segment.offset, segment.vaddr, segment.paddr, segment.filesz, segment.memsz)
            shown = "".join([letter if segment.flags & bit else " " for bit, letter in FLAGS.items()])
            known = self._types.setdefault((image.header.machine, word), segment.type)
            if own != tuple(int(text, 16) for text in numbers) or known != segment.type or shown != flags:
                yield f"Phdr {number}", f"elfkit {segment}, readelf {row}"
            elif segment.align != int(align, 16):
                yield f"Phdr {number} p_align", f"elfkit {segment.align:#x}, readelf {align}"

    def _dynamic(self, image: Image, said: str) -> Iterator[tuple[str, str]]:
        rows = DYNAMIC.findall(said)
        entries = [*image.dynamic.entries, (0, 0)] if image.dynamic and image.dynamic.terminated else []
        for number, (row, entry) in enumerate(zip_longest(rows, entries)):
            self.compared += 2
            if (
                row is None
                or entry is None
                or int(row[0], 16) != entry[0] & WORD >> (0 if image.layout.word_size == 8 else 32)
            ):
                yield f"Dyn {number}", f"elfkit {entry}, readelf {row}"
                continue
            tag, value = entry
            text = re.search(r"\[(.*)\]$", row[2])
            digits = re.match(r"(0x[0-9a-f]+|\d+)(?: \(bytes\))?$", row[2])
            if text is not None:
                agreed = image.string(value) == text[1]
            else:
                agreed = digits is None or int(digits[1], 0) == value
            if not agreed:
                yield f"Dyn {number} ({row[1]})", f"elfkit {tag:#x} {value:#x}, readelf {row[2]}"

    def _notes(self, image: Image, said: str) -> Iterator[tuple[str, str]]:
        """Compare owner and size of every note; of object files readelf shows those of sections."""
        if not image.segments:
            return
        told = Counter((owner, int(size, 16)) for owner, size in NOTE.findall(said))
        own = Counter((note.owner.decode("latin-1"), len(note.descriptor)) for note in all_notes(image, []))
        self.compared += 2 * own.total()
        for owner in sorted({owner for owner, _ in (told - own) + (own - told)}):
            sizes = [sorted(size for name, size in side.elements() if name == owner) for side in (own, told)]
            yield f"note {owner}", f"elfkit {sizes[0]}, readelf {sizes[1]}"
