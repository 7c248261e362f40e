"""LIEF over a tree: parse every ELF file (by magic, links not followed), touch the names of its dynamic symbols.

``lief_loop.py ROOT`` parses as LIEF does by default; ``--lean`` leaves out everything but the dynamic symbols.
"""

import os
import sys
from collections.abc import Iterator

import lief


def elf_files(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = f"{folder}/{name}"
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    if file.read(4) == b"\x7fELF":
                        yield path


def config(arguments: list[str]) -> lief.ELF.ParserConfig:
    chosen = lief.ELF.ParserConfig()
    if "--lean" in arguments:
        chosen.parse_notes = False
        chosen.parse_overlay = False
        chosen.parse_relocations = False
        chosen.parse_symbol_versions = False
        chosen.parse_symtab_symbols = False
    return chosen


def main(arguments: list[str]) -> None:
    parsing = config(arguments)
    files = symbols = letters = 0
    for path in elf_files(arguments[0]):
        binary = lief.ELF.parse(path, parsing)
        if binary is None:
            continue
        files += 1
        for symbol in binary.dynamic_symbols:
            symbols += 1
            letters += len(symbol.name)
    print(f"{files} files, {symbols} symbols, {letters} letters")


main(sys.argv[1:])
