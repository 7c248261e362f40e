"""The names that one image refers to and offers, out of its linkage: for rules that ask few images."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.abi.header import CLASS_OF_BITS, DATA_OF_ORDER
from elfkit.abi.sections import SHN_UNDEF
from elfkit.facts.facts import Facts
from elfkit.formats.layout import layout


class SymbolNames(NamedTuple):
    """Names of undefined and of defined dynamic symbols."""

    imported: frozenset[str]
    exported: frozenset[str]


def symbol_names(facts: Facts) -> SymbolNames | None:
    """Return the names of an image's dynamic symbols; None where its linkage was not asked for or is not whole."""
    linkage = facts.linkage
    if linkage is None or not linkage.whole or facts.elf_class.value not in CLASS_OF_BITS:
        return None
    record = layout(CLASS_OF_BITS[facts.elf_class.value], DATA_OF_ORDER[facts.data.value]).sym
    fields = list(record.codes)
    name, section = fields.index("st_name"), fields.index("st_shndx")
    whole = linkage.symbols[: len(linkage.symbols) // record.size * record.size]
    found: tuple[set[str], set[str]] = set(), set()
    for symbol in record.reader.iter_unpack(whole):
        end = linkage.strings.find(b"\0", symbol[name])
        text = linkage.strings[symbol[name] : end if end >= 0 else None]
        found[symbol[section] != SHN_UNDEF].add(text.decode("utf-8", "surrogateescape"))
    return SymbolNames(*map(frozenset, found))
