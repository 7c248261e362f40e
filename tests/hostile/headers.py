"""The fields of ELF headers as readelf prints them, held against elfkit's, for many files at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from elfkit.errors import FormatError
from elfkit.image.header import Header
from elfkit.image.image import load
from tests.real.readelf import readelf

NUMBERS: Final = {
    "Entry point address": "entry",
    "Start of program headers": "phoff",
    "Start of section headers": "shoff",
    "Flags": "flags",
    "Size of this header": "ehsize",
    "Size of program headers": "phentsize",
    "Number of program headers": "phnum",
    "Size of section headers": "shentsize",
    "Number of section headers": "shnum",
    "Section header string table index": "shstrndx",
    "Version": "version",
}
# Where readelf adds a number in brackets, that is the extended one: the first is the field.

WORDS: Final = {"Type": "type", "Machine": "machine"}
LINE: Final = re.compile(r"^  ([A-Z][^:]*): +(.*?) *$", re.MULTILINE)


class Differences:
    """What differs so far, and how many files readelf gave an answer for.

    readelf calls types and machines by names, and elfkit by numbers: each name must always stand for one number.
    """

    def __init__(self) -> None:
        self.compared = 0
        self.found: list[str] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def compare(self, paths: list[Path]) -> None:
        """Ask readelf about all files at once, and compare where both answer."""
        blocks = re.split(r"^File: (?=/)", readelf(paths, ("-hW",)), flags=re.MULTILINE)[1:]
        for block in blocks:
            name, _, said = block.partition("\n")
            self._compare(Path(name), dict(LINE.findall(said)))

    def _compare(self, path: Path, said: dict[str, str]) -> None:
        if "Section header string table index" not in said:  # its last line: what readelf gives up on has none
            return
        try:
            with load(path) as image:
                header = image.header
        except FormatError as error:
            if error.record != "e_ident":  # readelf guesses a class or byte order where the file has none
                self.found.append(f"{path.name}: readelf prints a header, elfkit refuses it: {error}")
            return
        self.compared += 1
        self.found += [f"{path.name}: {line}" for line in self.differing(header, said)]

    def differing(self, header: Header, said: dict[str, str]) -> list[str]:
        found = []
        for label, field in NUMBERS.items():
            digits = re.match(r"0x[0-9a-f]+|-?\d+", said[label])  # of 64-bit offsets readelf prints a sign
            if digits is None or int(digits[0], 0) & (1 << 64) - 1 != getattr(header, field):
                found.append(f"e_{field}: elfkit {getattr(header, field)}, readelf {said[label]}")
        for label, field in WORDS.items():
            number = getattr(header, field)
            told = re.search(r": (?:0x)?([0-9a-f]+)\)?$", said[label]) if "nknown" in said[label] else None
            known = self._numbers.setdefault((label, said[label]), number)
            if told is None and known != number:
                found.append(f"e_{field}: elfkit {number}, readelf {said[label]} as for {known}")
        bits, order = 32 * header.ident[4], ("little", "big")[header.ident[5] - 1]
        if said["Class"] != f"ELF{bits}" or order not in said["Data"]:
            found.append(f"e_ident: elfkit {bits} {order}, readelf {said['Class']} {said['Data']}")
        return found
